/// Access to a machine from outside, to inspect it and to set it up. Every number is checked; none
/// traps.
extension Machine {
    /// Sets an integer register. Returns false for a number above 31.
    @discardableResult
    public mutating func setRegister(_ number: Int, to value: Int32) -> Bool {
        guard registers.indices.contains(number) else { return false }
        registers[number] = value
        return true
    }

    /// Sets a float register. Returns false for a number above 31.
    @discardableResult
    public mutating func setFloatRegister(_ number: Int, to value: Double) -> Bool {
        guard floatRegisters.indices.contains(number) else { return false }
        floatRegisters[number] = value
        return true
    }

    /// Length of the heap in bytes.
    public var heapLength: Int { heap.length }

    /// The heap bytes that are not zero, by ascending address. Complexity: O(bytes written).
    public var nonzeroHeapBytes: [(address: Int, byte: UInt8)] { heap.nonzero }

    /// One byte of the heap; nil outside it.
    public func heapByte(at address: Int) -> UInt8? { heap.byte(at: address) }

    /// Sets one byte of the heap. Returns false outside it.
    @discardableResult
    public mutating func setHeapByte(_ value: UInt8, at address: Int) -> Bool {
        heap.setByte(value, at: address)
    }

    /// The stack, bottom first. CALL leaves two entries on it: the return address and bp.
    public var stack: [Int32] { Array(stackStorage.prefix(stackDepth)) }

    /// Pushes one value. Returns false if the stack is full.
    @discardableResult
    public mutating func push(_ value: Int32) -> Bool {
        guard makeStackRoom(for: 1) else { return false }
        stackStorage[stackDepth] = value
        stackDepth += 1
        frames.stackPointer += 1
        return true
    }

    /// Empties the stack and forgets the calls in progress.
    public mutating func clearStack() {
        stackStorage = []
        stackDepth = 0
        frames = Frames()
    }

    /// Makes room above the top entry. Returns false if the stack would pass its limit.
    mutating func makeStackRoom(for entries: Int) -> Bool {
        let needed = stackDepth + entries
        guard needed <= bounds.stackEntries else { return false }
        guard needed > stackStorage.count else { return true }
        let newCount = min(bounds.stackEntries, max(64, needed, 2 * stackStorage.count))
        stackStorage += [Int32](repeating: 0, count: newCount - stackStorage.count)
        return true
    }
}

/// The bookkeeping of CALL and RET.
///
/// `stackPointer` counts what PUSH and POP did, and `basePointer` is its value at the last CALL.
/// Each CALL in progress has two more entries on the stack. So a frame begins at
/// `basePointer + 2 * callDepth`, and RET can drop what the routine pushed and did not pop.
struct Frames: Equatable, Sendable {
    var stackPointer = 0
    var basePointer = 0
    var callDepth = 0

    /// The depth of the stack at which RET finds its two entries.
    func returnDepth(current: Int) -> Int {
        callDepth > 0 ? basePointer + 2 * callDepth : current
    }
}
