import Foundation
import MembershipCore
import MembershipSimulator

/// A short run of the simulator, told: what it shows, the command, and what that prints.
///
/// ```
/// A member is killed.
///
/// The member that probes it next gets no ack ...
///
/// iridium simulate run --nodes 4 --seconds 16 --only 0 --faults "10s kill n3"
/// ----
///     0.000000 n0     starts
/// ```
/// The file is what a person reads and reviews; `scripts/update-stories` writes the last part anew.
struct Story: Sendable {
    let file: URL
    let prose: String
    let command: String
    /// What the command printed when the story was last written.
    let transcript: String

    struct Malformed: Error {
        let file: String
        let problem: String
    }

    private static let rule = "----\n"

    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Stories")

    static let files: [URL] = {
        let all = try? FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: nil)
        return (all ?? []).filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }
    }()

    init(at file: URL) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        let parts = text.components(separatedBy: Self.rule)
        let head = parts[0].split(separator: "\n", omittingEmptySubsequences: false)
        guard let line = head.last(where: { !$0.isEmpty }), line.hasPrefix("iridium simulate run ")
        else {
            throw Malformed(
                file: file.lastPathComponent,
                problem: "the last line before ---- is no 'iridium simulate run ...'")
        }
        self.file = file
        command = String(line)
        prose = String(parts[0].dropLast(line.utf8.count + 1))
        transcript = parts.dropFirst().joined(separator: Self.rule)
    }

    /// What the command prints now.
    func play() throws -> String {
        let options = try Self.options(of: command)
        let lines = Lines()
        let output = SimulateCommand.Output(line: { lines.add($0) })
        let result = try SimulateCommand.run(options, to: output)
        return lines.all.map { $0 + "\n" }.joined() + (result.isGood ? "" : "(exit code 1)\n")
    }

    func write(_ transcript: String) throws {
        let text = prose + command + "\n" + Self.rule + transcript
        try text.write(to: file, atomically: true, encoding: .utf8)
    }

    // MARK: The command line

    /// The options of `simulate run` that stories use.
    private static func options(of command: String) throws -> SimulateCommand.RunOptions {
        var options = SimulateCommand.RunOptions()
        var settings: [String] = []
        var words = words(of: command).dropFirst(3)
        while let option = words.popFirst() {
            if option == "--traffic" {
                options.showsTraffic = true
                continue
            }
            guard let value = words.popFirst() else {
                throw Malformed(file: command, problem: "\(option) without a value")
            }
            switch option {
            case "--nodes": options.nodes = Int(value) ?? 0
            case "--seed": options.seed = UInt64(value) ?? 0
            case "--seconds": options.duration = .seconds(Int(value) ?? 0)
            case "--from": options.shownFrom = .seconds(Int(value) ?? 0)
            case "--loss": options.loss = Probability(percent: UInt32(value) ?? 0)
            case "--faults": options.faults = value
            case "--only": options.hosts = Set(value.split(separator: ",").compactMap { Int($0) })
            case "--set": settings.append(value)
            default: throw Malformed(file: command, problem: "no story uses \(option) yet")
            }
        }
        options.changes = try ConstantChanges(parsing: settings, for: [.lan])
        return options
    }

    /// Split at spaces, except between double quotes.
    private static func words(of command: String) -> [String] {
        command.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .flatMap { index, part in
                index.isMultiple(of: 2)
                    ? part.split(separator: " ").map(String.init) : [String(part)]
            }
    }
}
