import ArgumentParser
import IridiumAssembler
import IridiumJSON
import IridiumNode
import IridiumShell
import IridiumVM
import MembershipWire
import SystemPackage

/// `iridium run`: a program, with more options and output.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a program and exit with its stop code.")

    /// The format of the machine's state at the end.
    enum State: String, ExpressibleByArgument { case json }

    @Argument(help: "A program: source or image; - reads standard input.") var file: String

    @Option(help: "Stop after this many instructions, and exit with 75.")
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
            path: file, steps: steps, isJSON: output.json || state != nil
        ).run()
    }
}

/// `iridium asm`.
struct Assemble: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "asm", abstract: "Assemble a source into an image.")

    @Argument(help: "The source; - reads standard input.") var file: String

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: "The image to write; - writes it to standard output.")
    var image: String

    @Flag(help: "Replace an existing file that is not an image, even the source itself.")
    var force = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        guard image != "-" || !output.json else {
            throw ValidationError("-o - writes the image itself, which --json cannot hold")
        }
        let assembly = try ProgramFile.assemble(
            try ProgramFile.read(file), path: file, isJSON: output.json)
        try ImageFile.write(assembly.image, to: image, mayReplace: force)
        guard output.json else { return }
        let json: JSON = [
            "schema": "iridium.image/1", "image": .string(image),
            "bytes": JSON(assembly.image.count), "code": JSON(assembly.code.count),
            "data": JSON(assembly.readOnlyData.count), "warnings": JSON(assembly.warnings.count),
        ]
        try StandardOutput.write(json.line + "\n")
    }
}

/// The file for an image.
enum ImageFile {
    /// Replaces an earlier image; replaces any other file only if `mayReplace`, because it may be
    /// the source.
    static func write(
        _ image: [UInt8], to path: String, mayReplace: Bool
    ) throws(IridiumError) {
        guard path != "-" else {
            try StandardOutput.write(image)
            return
        }
        guard mayReplace || isFree(path) else {
            throw .alreadyExists(path: path, overwrite: "--force")
        }
        do throws(Errno) {
            // A device stays: the image for /dev/null must not replace the device.
            if SystemCall.isDeviceOrPipe(path) {
                try SystemCall.write(image, into: path)
            } else {
                try SystemCall.replace(
                    path, with: image, permissions: [.ownerReadWrite, .groupRead, .otherRead])
            }
        } catch {
            throw .cannotWrite(
                path: path, reason: error.text, purpose: "the image would be written there",
                option: "-o IMAGE in another place")
        }
    }

    /// Whether writing there loses nothing: no file, an empty one, an image, or a device.
    private static func isFree(_ path: String) -> Bool {
        guard SystemCall.exists(path), !SystemCall.isDirectory(path),
            !SystemCall.isDeviceOrPipe(path)
        else { return true }
        guard let start = try? SystemCall.beginning(of: path, count: Image.magic.count) else {
            return false
        }
        return start.isEmpty || start == Image.magic
    }
}

/// Programs as files: an image as it is; any other file is source.
enum ProgramFile {
    private static let longest = max(Assembler.longestSource, Limits.programBytes)

    /// The bytes of a file; "-" is standard input.
    static func read(_ path: String) throws(IridiumError) -> [UInt8] {
        guard path == "-" || !SystemCall.isDirectory(path) else {
            throw .cannotRead(path: path, reason: "it is a directory")
        }
        let bytes: [UInt8]
        do throws(Errno) {
            bytes =
                path == "-"
                ? try FileDescriptor.standardInput.readToEnd(limit: longest)
                : try SystemCall.read(path, limit: longest)
        } catch {
            throw .cannotRead(path: path, reason: error.text)
        }
        // The assembler quotes the lines that it cannot read.
        guard !SecretContent.isLikely(bytes) else { throw .holdsSecret(path: path) }
        return ByteOrderMark.dropped(from: bytes)
    }

    /// Warnings go to standard error. Errors do too, or to standard output as JSON, and the exit
    /// code is 65.
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
                try StandardOutput.write(error.json + "\n")
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

/// A program run from the command line, to its end or for a number of instructions.
struct Execution {
    let path: String
    let steps: Int?
    /// Whether to show the machine's whole state as JSON instead of its registers.
    let isJSON: Bool

    private static let slice = 4_000_000
    /// Text collected for JSON; text beyond it is dropped.
    private static let mostCollected = 16 << 20

    /// Prints the program's output, then its registers or its state, and ends the process with the
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
            if isJSON {
                let room = max(0, Self.mostCollected - collected.utf8.count)
                collected += String(decoding: text.utf8.prefix(room), as: UTF8.self)
            } else if try !StandardOutput.write(text) {
                // The reader of the output has gone, and a program may print for ever.
                throw ProcessExit(.other)
            }
            if case .stopped(let reason) = outcome.reason { stop = reason }
        }
        if isJSON {
            try StandardOutput.write(machine.stateJSON(output: collected) + "\n")
        } else {
            try StandardOutput.write(machine.registerListing + "\n")
        }
        guard let stop else {
            StandardError.write("iridium: stopped after \(steps ?? 0) instructions\n")
            throw ProcessExit(.timedOut)
        }
        if case .crashed(let crash) = stop, !isJSON {
            StandardError.write("iridium: \(path) crashed (code \(crash.code)): \(crash.message)\n")
        }
        throw ProcessExit(code: Int32(clamping: stop.code))
    }
}
