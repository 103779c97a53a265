/// The register machine: a value that runs programs.
///
/// Program bytes and a budget go in, an outcome comes out. The machine has no clock, prints nowhere
/// and starts nothing: text waits in it until its owner takes it, and events carry no time.
/// `run(atMost:)` returns after its budget, whatever the program does. A copy of a machine has all
/// of its state; running the copy leaves the original alone.
///
///     var machine = Machine(id: "n1", image: bytes)
///     repeat {
///         let outcome = machine.run(atMost: 100_000)
///         print(machine.takeOutput(), terminator: "")
///     } while machine.isRunning
///
/// No program, however hostile, makes it trap, exceed its `bounds`, or run past its budget. An
/// instruction that cannot be executed is a `Crash`, and a crash leaves the machine as it was
/// before the instruction.
///
/// Specs/VM.md, section 1.
public struct Machine: Sendable {
    /// The machine's identifier, chosen by the owner. The documents use a UUID, version 4.
    public let id: String
    /// A name for people.
    public var alias: String?
    /// The memory that it may use.
    public let bounds: MachineBounds

    /// The program: a whole image, or the bare words of a prompt.
    public private(set) var program: [UInt8] = []
    /// The data part of a loaded image, from which PRTS prints.
    public internal(set) var readOnlyData: [UInt8] = []
    /// The byte of `program` at which the next instruction starts. It may be any number, also below
    /// 0: outside the program it makes the next step stop.
    public var programCounter = 0

    /// The integer registers, `Limits.registers` of them.
    public internal(set) var registers = [Int32](repeating: 0, count: Limits.registers)
    /// The float registers, also `Limits.registers` of them.
    public internal(set) var floatRegisters = [Double](repeating: 0, count: Limits.registers)
    /// Set by every comparison; read by JMPE and DJMPE.
    public var equalFlag = false
    /// The remainder of the last division, with the sign of the dividend.
    public var remainder: Int32 = 0
    /// Number of jumps that LOOP will still take, 0 to 65,535.
    public var loopCounter: UInt16 = 0

    var heap = Heap()
    /// Stack entries; those from index `stackDepth` on are spare room.
    var stackStorage: [Int32] = []
    var stackDepth = 0
    var frames = Frames()

    /// Events since the machine was made, oldest first, at most `Limits.events`.
    public private(set) var events: [Event] = []
    /// Instructions executed since the machine was made.
    public internal(set) var instructionsExecuted = 0
    /// True from the start of `run` until the program stops. A program out of budget is still
    /// running.
    public private(set) var isRunning = false

    var output: [UInt8] = []
    /// Bytes that PRTS has looked at since the output was last taken; at least `output.count`.
    var outputWork = 0
    /// The decoded program, made on the first run.
    var decoded: DecodedProgram?

    /// A machine without a program.
    public init(id: String, alias: String? = nil, bounds: MachineBounds = .full) {
        self.id = id
        self.alias = alias
        self.bounds = bounds
    }

    /// A machine with an image loaded. Nothing is checked before it runs.
    public init(id: String, alias: String? = nil, image: [UInt8]) {
        self.init(id: id, alias: alias)
        load(image: image)
    }

    /// Replaces the program by `image` and puts the program counter at its code.
    ///
    /// The stack, text that was not taken yet and a run in progress are dropped. Registers, heap,
    /// flags and events stay. `run` reports a wrong header, as the documents require.
    public mutating func load(image: [UInt8]) {
        replaceProgram(with: image)
        guard let entry = Image.entryPoint(of: program) else { return }
        programCounter = entry
        readOnlyData = Array(program[Image.headerBytes..<min(entry, program.count)])
    }

    /// Replaces the program by bare words at address 0, without a header: a prompt starts like
    /// this.
    public mutating func load(words: [UInt8], readOnlyData: [UInt8] = []) {
        replaceProgram(with: words)
        self.readOnlyData = readOnlyData
    }

    /// Appends instructions to the program. Returns the address of the first; nil, with nothing
    /// changed, if the program would become longer than `bounds.programBytes`.
    public mutating func append(words: [UInt8]) -> Int? {
        guard words.count <= bounds.programBytes - program.count else { return nil }
        let address = program.count
        program += words
        decoded = nil
        return address
    }

    /// Clears the program, its data and the stack. Registers and heap stay.
    public mutating func clearProgram() {
        replaceProgram(with: [])
    }

    /// Sets the integer registers to 0. The float registers stay, as the documents require.
    public mutating func clearRegisters() {
        for number in registers.indices { registers[number] = 0 }
    }

    /// Returns the text printed since the last call. A paused program (`outputFull`) can then go
    /// on.
    public mutating func takeOutput() -> String {
        defer {
            output.removeAll(keepingCapacity: false)
            outputWork = 0
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Starts a run: notes the event and puts the program counter at the code. Returns a crash if
    /// the program has no header.
    mutating func start() -> Stop? {
        note(.start)
        guard program.count <= bounds.programBytes else {
            return .crashed(
                Crash(
                    kind: .limit, address: 0,
                    message:
                        "cannot run the program: it is longer than \(bounds.programBytes) bytes"))
        }
        guard let entry = Image.entryPoint(of: program) else {
            return .crashed(
                Crash(
                    kind: .header, address: 0,
                    message:
                        "cannot run the program: it does not begin with an EPIE header of 68 bytes")
            )
        }
        programCounter = entry
        isRunning = true
        return nil
    }

    /// Ends a run.
    mutating func finish(with stop: Stop) {
        isRunning = false
        note(stop.event)
    }

    private mutating func note(_ event: Event) {
        if events.count >= Limits.events { events.removeFirst() }
        events.append(event)
    }

    private mutating func replaceProgram(with bytes: [UInt8]) {
        // One byte past the limit is kept as a sign of the excess, and `run` reports it.
        program = Array(bytes.prefix(bounds.programBytes + 1))
        readOnlyData = []
        programCounter = 0
        clearStack()
        output = []
        outputWork = 0
        isRunning = false
        decoded = nil
    }
}
