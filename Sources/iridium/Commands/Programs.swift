import ArgumentParser
import IridiumAssembler
import IridiumNode
import IridiumShell
import IridiumVM

/// `iridium run`: a program with more said about it.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a program and exit with its stop code.")

    /// How the machine's state is shown at the end.
    enum State: String, ExpressibleByArgument { case json }

    @Argument(help: "A program: source or image.") var file: String

    @Option(help: "Stop after so many instructions, and exit with 75.")
    var steps: Int?

    @Option(help: "Print the machine's whole state instead of its registers: json.")
    var state: State?

    @OptionGroup var output: OutputOptions

    func run() throws {
        if let steps, steps < 0 {
            throw IridiumError.badValue(
                option: "--steps", value: "\(steps)", expected: "a number of instructions")
        }
        try Execution(
            path: file, steps: steps, showsState: state != nil,
            isJSON: output.json || state != nil
        ).run()
    }
}

/// `iridium asm`.
struct Assemble: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "asm", abstract: "Assemble a source into an image.")

    @Argument(help: "The source.") var file: String

    @Option(name: [.customShort("o"), .customLong("output")], help: "The image to write.")
    var image: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let assembly = try ProgramFile.assemble(
            try ProgramFile.read(file), path: file, isJSON: output.json)
        do throws(SystemCall.Failure) {
            try SystemCall.replace(image, with: assembly.image, mode: 0o644)
        } catch {
            throw IridiumError.cannotWrite(
                path: image, reason: error.description, purpose: "the image would be written there",
                option: "-o IMAGE in another place")
        }
        guard output.json else { return }
        let json: JSON = [
            "schema": "iridium.image/1", "image": .string(image),
            "bytes": JSON(assembly.image.count), "code": JSON(assembly.code.count),
            "data": JSON(assembly.readOnlyData.count), "warnings": JSON(assembly.warnings.count),
        ]
        StandardOutput.write(json.line + "\n")
    }
}

/// Programs as files: an image as it is, anything else is source.
enum ProgramFile {
    static func read(_ path: String) throws(IridiumError) -> [UInt8] {
        guard !SystemCall.isDirectory(path) else {
            throw .cannotRead(path: path, reason: "it is a directory")
        }
        do throws(SystemCall.Failure) {
            return try SystemCall.read(
                path, limit: max(Assembler.longestSource, Limits.programBytes))
        } catch {
            throw .cannotRead(path: path, reason: error.description)
        }
    }

    /// Warnings go to standard error; errors too, or as JSON to standard output, and the exit is 65.
    static func assemble(
        _ source: [UInt8], path: String, isJSON: Bool
    ) throws -> Assembly {
        do throws(AssemblyFailure) {
            let assembly = try Assembler.assemble(bytes: source)
            for warning in assembly.warnings where !isJSON {
                StandardError.write(warning.rendered(file: Layout.printable(path)) + "\n")
            }
            return assembly
        } catch {
            guard !isJSON else {
                StandardOutput.write(error.json + "\n")
                throw ProcessExit(.badInput)
            }
            StandardError.write(error.rendered(file: Layout.printable(path)))
            let count = error.errors.count + error.omitted
            throw IridiumError.badProgram(
                path: path, problem: Layout.count(count, "error", "errors"))
        }
    }

    static func image(_ path: String, isJSON: Bool) throws -> [UInt8] {
        let bytes = try read(path)
        guard !Image.isLikely(bytes) else { return bytes }
        return try assemble(bytes, path: path, isJSON: isJSON).image
    }
}

/// A program run from the command line, to its end or for so many instructions.
struct Execution {
    let path: String
    let steps: Int?
    let showsState: Bool
    let isJSON: Bool

    private static let slice = 4_000_000
    /// Text collected for `--state json`; what is printed beyond it is dropped.
    private static let mostCollected = 16 << 20

    /// Prints what the program prints, then its registers or its state; ends the process with the
    /// stop code.
    func run() throws {
        let image = try ProgramFile.image(path, isJSON: isJSON)
        var machine = Machine(id: MachineID.random(), image: image)
        var collected = ""
        var left = steps
        var stop: Stop?
        while stop == nil, left != 0 {
            let outcome = machine.run(atMost: min(Self.slice, left ?? .max))
            left = left.map { $0 - outcome.instructions }
            let text = machine.takeOutput()
            if showsState {
                let room = max(0, Self.mostCollected - collected.utf8.count)
                collected += String(decoding: text.utf8.prefix(room), as: UTF8.self)
            } else if !StandardOutput.write(text) {
                // Whom it was printed for has gone; a program may print for ever.
                throw ProcessExit(.other)
            }
            if case .stopped(let reason) = outcome.reason { stop = reason }
        }
        if showsState {
            StandardOutput.write(machine.stateJSON(output: collected) + "\n")
        } else {
            StandardOutput.write(machine.registerListing + "\n")
        }
        guard let stop else {
            StandardError.write("iridium: stopped after \(steps ?? 0) instructions\n")
            throw ProcessExit(.timedOut)
        }
        if case .crashed(let crash) = stop, !showsState {
            StandardError.write("iridium: \(path) crashed (code \(crash.code)): \(crash.message)\n")
        }
        throw ProcessExit(code: Int32(clamping: stop.code))
    }
}
