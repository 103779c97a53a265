/// The register machine: a value that runs programs.
///
/// Program bytes go in, a budget goes in, an outcome comes out. The machine has no clock, prints
/// nowhere and starts nothing: text waits in it until its owner takes it, events carry no time, and
/// `run(atMost:)` returns after its budget whatever the program does. Copying a machine copies its
/// whole state; running the copy leaves the original alone.
///
///     var machine = Machine(id: "n1", image: bytes)
///     repeat {
///         let outcome = machine.run(atMost: 100_000)
///         print(machine.takeOutput(), terminator: "")
///     } while machine.isRunning
///
/// No program, however hostile, makes it trap, exceed `Limits`, or run past its budget: what cannot
/// be done is a `Crash`, and a crash leaves the machine as it was before the instruction.
///
/// Specs/VM.md, section 1.
public struct Machine: Sendable {
    /// The machine's identifier, given by the owner. The documents use a UUID, version 4.
    public let id: String
    /// A name for people.
    public var alias: String?

    /// The program: a whole image, or the bare words of a prompt.
    public private(set) var program: [UInt8] = []
    /// What PRTS prints from: the data part of a loaded image.
    public internal(set) var readOnlyData: [UInt8] = []
    /// The byte of `program` at which the next instruction starts. May point anywhere, also below 0:
    /// outside the program it means that the next step stops.
    public var programCounter = 0

    /// The integer registers, `Limits.registers` of them.
    public internal(set) var registers = [Int32](repeating: 0, count: Limits.registers)
    /// The float registers, as many.
    public internal(set) var floatRegisters = [Double](repeating: 0, count: Limits.registers)
    /// Set by every comparison; read by JMPE and DJMPE.
    public var equalFlag = false
    /// What the last division left over, with the sign of the dividend.
    public var remainder: Int32 = 0
    /// Jumps LOOP will still take, 0 to 65,535.
    public var loopCounter: UInt16 = 0

    var heap = Heap()
    /// Stack entries; those at `stackDepth` and above are spare room.
    var stackStorage: [Int32] = []
    var stackDepth = 0
    var frames = Frames()

    /// Events since the machine was made, oldest first, at most `Limits.events`.
    public private(set) var events: [Event] = []
    /// Instructions executed since the machine was made.
    public internal(set) var instructionsExecuted = 0
    /// True from the start of `run` until the program stops: out of budget is still running.
    public private(set) var isRunning = false

    var output: [UInt8] = []
    /// Bytes PRTS had to look at since the output was last taken; at least `output.count`.
    var outputWork = 0
    /// The program decoded, made when it first runs.
    var decoded: DecodedProgram?

    /// A machine without a program.
    public init(id: String, alias: String? = nil) {
        self.id = id
        self.alias = alias
    }

    /// A machine with an image loaded. Nothing is checked before it runs.
    public init(id: String, alias: String? = nil, image: [UInt8]) {
        self.init(id: id, alias: alias)
        load(image: image)
    }

    /// Replaces the program by `image` and puts the program counter at its code.
    ///
    /// The stack, text not yet taken and a run in progress are dropped. Registers, heap, flags and
    /// events stay. A wrong header is reported by `run`, as the documents have it.
    public mutating func load(image: [UInt8]) {
        replaceProgram(with: image)
        guard let entry = Image.entryPoint(of: program) else { return }
        programCounter = entry
        readOnlyData = Array(program[Image.headerBytes..<min(entry, program.count)])
    }

    /// Replaces the program by bare words at address 0, without a header: what a prompt starts with.
    public mutating func load(words: [UInt8], readOnlyData: [UInt8] = []) {
        replaceProgram(with: words)
        self.readOnlyData = readOnlyData
    }

    /// Appends instructions to the program. Returns the address of the first, or nil, with nothing
    /// changed, where the program would become longer than `Limits.programBytes`.
    public mutating func append(words: [UInt8]) -> Int? {
        guard words.count <= Limits.programBytes - program.count else { return nil }
        let address = program.count
        program += words
        decoded = nil
        return address
    }

    /// Forgets the program, its data and the stack. Registers and heap stay.
    public mutating func clearProgram() {
        replaceProgram(with: [])
    }

    /// Sets the integer registers to 0. The float registers stay, as the documents have it.
    public mutating func clearRegisters() {
        for number in registers.indices { registers[number] = 0 }
    }

    /// The text printed since this was last called. A paused program (`outputFull`) can go on.
    public mutating func takeOutput() -> String {
        defer {
            output.removeAll(keepingCapacity: false)
            outputWork = 0
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Starts a run: notes the event and puts the program counter at the code. Returns the crash of
    /// a program without a header.
    mutating func start() -> Stop? {
        note(.start)
        guard program.count <= Limits.programBytes else {
            return .crashed(
                Crash(
                    kind: .limit, address: 0,
                    message:
                        "cannot run the program: it is longer than \(Limits.programBytes) bytes"))
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
        // The byte past the limit is kept as the sign of it: `run` reports it.
        program = Array(bytes.prefix(Limits.programBytes + 1))
        readOnlyData = []
        programCounter = 0
        clearStack()
        output = []
        outputWork = 0
        isRunning = false
        decoded = nil
    }
}
