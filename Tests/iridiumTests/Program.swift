import Foundation
import Testing

/// The built program, run as its users run it: with a data root of its own, and bounded in time.
final class Program {
    /// What a run came to.
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Beside the bundle that these tests are in.
    static let path: String = {
        #if os(Linux)
            let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            // Swift's own runner loads the bundle; then the bundle's path is an argument.
            let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own ?? ""
        #else
            let bundle =
                Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath ?? ""
        #endif
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().path + "/iridium"
    }()

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let errors = Pipe()
    private var heard = ""
    private var isHeard = true

    /// Starts the program, or another one; `environment` is added to an empty one.
    init(
        _ arguments: [String], environment: [String: String] = [:], executable: String = path
    ) throws {
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        var all = environment
        for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
            if let value = ProcessInfo.processInfo.environment[name] { all[name] = value }
        }
        process.environment = all
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// Runs to the end with this input.
    static func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:],
        executable: String = path
    ) async throws -> Result {
        let program = try Program(arguments, environment: environment, executable: executable)
        program.type(input)
        return await program.finish()
    }

    func type(_ text: String) { try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Nobody reads its output any more.
    func stopListening() {
        isHeard = false
        try? output.fileHandleForReading.close()
    }

    /// The next line of output; nil at its end.
    func nextLine() async -> String? {
        while !heard.contains("\n") {
            let handle = output.fileHandleForReading
            let more = await aside { handle.availableData }
            guard !more.isEmpty else { return nil }
            heard += String(decoding: more, as: UTF8.self)
        }
        let lines = heard.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        heard = lines.count > 1 ? String(lines[1]) : ""
        return String(lines[0])
    }

    /// The next line that contains `text`; nil at the end of output.
    func nextLine(containing text: String) async -> String? {
        while let line = await nextLine() {
            if line.contains(text) { return line }
        }
        return nil
    }

    /// The code of the next message on standard error: "IR-02"; nil at its end.
    func nextComplaint() async -> String? {
        let handle = errors.fileHandleForReading
        var said = ""
        while true {
            let more = await aside { handle.availableData }
            guard !more.isEmpty else { return nil }
            said += String(decoding: more, as: UTF8.self)
            guard let range = said.range(of: "[IR-"), said[range.upperBound...].contains("]") else {
                continue
            }
            return "IR-" + said[range.upperBound...].prefix { $0 != "]" }
        }
    }

    /// Ends the input and waits.
    func finish() async -> Result {
        try? input.fileHandleForWriting.close()
        let (output, errors, process) = (output, errors, Unwatched(process))
        let (said, isHeard) = (heard, isHeard)
        return await aside {
            let complaints = Reader(errors.fileHandleForReading)
            let text = isHeard ? output.fileHandleForReading.readDataToEndOfFile() : Data()
            process.value.waitUntilExit()
            return Result(
                status: process.value.terminationReason == .exit
                    ? process.value.terminationStatus : -process.value.terminationStatus,
                output: said + String(decoding: text, as: UTF8.self), errors: complaints.text)
        }
    }

    /// Blocking work on a thread of its own, so that no task waits behind it.
    private func aside<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: body()) }.start()
        }
    }

    /// A value that one thread at a time uses.
    private struct Unwatched<Value>: @unchecked Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    /// Reads one pipe while another is read.
    private final class Reader: @unchecked Sendable {
        private let done = DispatchSemaphore(value: 0)
        private var bytes = Data()

        init(_ handle: FileHandle) {
            Thread {
                self.bytes = handle.readDataToEndOfFile()
                self.done.signal()
            }.start()
        }

        var text: String {
            done.wait()
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

extension Program.Result: Sendable {}

/// A fresh folder with a short path, removed when nobody holds it any more.
final class Folder: Sendable {
    let path: String

    init() {
        path = "/tmp/ir-" + UUID().uuidString.prefix(8).lowercased()
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file; returns its path.
    func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }
}

/// The text of a key in a line of JSON.
func value(_ key: String, in line: String) -> String? {
    let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    return object?[key] as? String
}
