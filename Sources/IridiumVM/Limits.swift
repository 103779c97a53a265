/// The resources that a program may use. Each bound is named once, here.
public enum Limits {
    /// Registers in each of the two files.
    public static let registers = 32
    /// Heap of a fresh machine, in bytes.
    public static let initialHeapBytes = 64
    /// The heap never grows past this: 64 MiB.
    public static let heapBytes = 64 << 20
    /// The stack never holds more 32-bit entries than this.
    public static let stackEntries = 2_097_152
    /// The longest program, header included: 16 MiB.
    public static let programBytes = 16 << 20
    /// Bytes of printed text that wait for the owner. A program that would pass the limit pauses
    /// until the owner has taken the text; a single string longer than this is a crash.
    public static let outputBytes = 1 << 20
    /// Number of events kept; the oldest is dropped first.
    public static let events = 1024
}

/// The memory that one machine may use. An owner that serves strangers gives its machines less.
public struct MachineBounds: Hashable, Sendable {
    /// The longest heap in bytes, 0 to `Limits.heapBytes`.
    public let heapBytes: Int
    /// The most 32-bit entries on the stack, 0 to `Limits.stackEntries`.
    public let stackEntries: Int
    /// The longest program in bytes, header included, 0 to `Limits.programBytes`.
    public let programBytes: Int

    /// Bounds above those of `Limits`, or below 0, become the nearest allowed ones.
    public init(heapBytes: Int, stackEntries: Int, programBytes: Int) {
        self.heapBytes = min(max(0, heapBytes), Limits.heapBytes)
        self.stackEntries = min(max(0, stackEntries), Limits.stackEntries)
        self.programBytes = min(max(0, programBytes), Limits.programBytes)
    }

    /// All that `Limits` allows.
    public static let full = MachineBounds(
        heapBytes: Limits.heapBytes, stackEntries: Limits.stackEntries,
        programBytes: Limits.programBytes)
}
