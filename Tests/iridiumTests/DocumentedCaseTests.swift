import Foundation
import Testing

/// The machine's cases of Specs/vm-cases, and its shell sessions, against the built program: files
/// and a pipe go in, JSON, exit codes and lines come out.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DocumentedCaseTests {
    private let folder = Folder()

    @Test func `the conformance cases hold on the command line`() async throws {
        let cases = try documented().compactMap { $0.value["cases"]?.list }.flatMap { $0 }
        var tried = 0
        for item in cases {
            guard let input = item["input"], let bytes = input.program else { continue }
            let name = item["name"]?.text ?? ""
            let steps = item["expected"]?["no_stop_within"]?.number.map { Int($0) }
            let path = try folder.write(bytes: bytes)
            let result = try await Program.run(
                ["run", path, "--state", "json", "--steps", "\(steps ?? 10_000_000)"])
            #expect(result.status >= 0, "\(name) ended by a signal")
            tried += 1
            guard item["binding"]?.text != "free" else { continue }
            let printed = try JSONDecoder().decode(Value.self, from: Data(result.output.utf8))
            for field in item["compare"]?.list ?? [] {
                let key = field.text ?? ""
                let expected = item["expected"]?[key] ?? .null
                switch key {
                case "assembly_fails", "assembly_errors":
                    #expect(result.status == 65, "\(name)")
                    let classes = printed["errors"]?.list?.map { $0["class"]?.text }
                    let wanted = expected.list?.map { $0["class"]?.text }
                    #expect(classes?.isEmpty == false && classes == (wanted ?? classes), "\(name)")
                case "assembled":
                    let image = path + ".image"
                    #expect(try await Program.run(["asm", path, "-o", image]).status == 0)
                    let made = FileManager.default.contents(atPath: image) ?? Data()
                    #expect(Array(made) == expected.text.flatMap(bytesOfHex), "\(name)")
                case "no_stop_within":
                    #expect(result.status == 75, "\(name)")
                    #expect(printed["instructions"] == expected, "\(name)")
                case "events":
                    let events = printed["events"]?.list ?? []
                    #expect(matches(events, expected.list ?? []), "\(name): \(events)")
                    #expect(events.last?["code"] == .number(Double(result.status)), "\(name)")
                case "registers", "float_registers":
                    let values = (0..<32).map { expected["\($0)"] ?? .number(0) }
                    #expect(printed[key] == .list(values), "\(name): \(key)")
                default: #expect(printed[key] == expected, "\(name): \(key)")
                }
            }
        }
        #expect(tried > 100)
    }

    /// The sessions that show repaired behaviour are played in the tests of the shell.
    @Test func `the shell sessions go as documented in a pipe`() async throws {
        let sessions = try documented()["shell.json"]?["sessions"]?.list ?? []
        var played = 0
        for session in sessions where session["quirk"] == .bool(false) {
            let name = session["name"]?.text ?? ""
            var paths = ["{MISSING}": folder.path + "/missing"]
            for (placeholder, text) in session["files"]?.object ?? [:] {
                paths[placeholder] = try folder.write(
                    bytes: Array((text.text ?? "").utf8), extension: "iasm")
            }
            let program = try Program(["--data-root-dir", folder.path, "-P", "0"])
            for step in session["steps"]?.list ?? [] {
                if let input = step["input"]?.text {
                    program.type((paths[input] ?? input) + "\n")
                }
                for expected in (step["output"]?.text ?? "").split(
                    separator: "\n", omittingEmptySubsequences: false
                ).dropLast() {
                    let line = await program.nextLine() ?? ""
                    #expect(agrees(line, with: String(expected)), "\(name): \(line)")
                    // What is added to a failed join stands after the documents' text.
                    guard line == "Could not connect to cluster!" else { continue }
                    #expect(await program.nextLine()?.contains("[IR-04]") == true)
                    for _ in ["why", "try"] { _ = await program.nextLine() }
                }
            }
            let end = await program.finish()
            #expect(end.output == "", "\(name)")
            #expect(Double(end.status) == session["exit_status"]?.number, "\(name)")
            played += 1
        }
        #expect(played >= 7)
    }

    // MARK: What is compared

    /// Start, then the stop; a crash without a code may have any but 0.
    private func matches(_ events: [Value], _ expected: [Value]) -> Bool {
        events.count == expected.count
            && zip(events, expected).allSatisfy { event, expected in
                event["event"] == expected["event"]
                    && (expected["code"] == nil
                        ? event["code"] != .number(0) : event["code"] == expected["code"])
            }
    }

    /// Up to a time or an identifier, and to the system's own words for an error.
    private func agrees(_ line: String, with expected: String) -> Bool {
        if expected.hasPrefix("There was an error opening that file:") {
            return line.hasPrefix("There was an error opening that file:")
        }
        guard let cut = ["{TIME}", "{UUID}"].compactMap({ expected.range(of: $0) }).first else {
            return line == expected
        }
        return line.hasPrefix(expected[..<cut.lowerBound])
    }

    /// The files of Specs/vm-cases by name.
    private func documented() throws -> [String: Value] {
        let folder = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Specs/vm-cases")
        var files: [String: Value] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where name.hasSuffix(".json") {
            files[name] = try JSONDecoder().decode(
                Value.self, from: Data(contentsOf: folder.appendingPathComponent(name)))
        }
        return files
    }
}

/// JSON of any shape, to compare.
private enum Value: Decodable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([Value])
    case object([String: Value])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([Value].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: Value].self))
        }
    }

    var number: Double? { if case .number(let value) = self { value } else { nil } }
    var text: String? { if case .text(let value) = self { value } else { nil } }
    var list: [Value]? { if case .list(let value) = self { value } else { nil } }
    var object: [String: Value]? { if case .object(let value) = self { value } else { nil } }

    subscript(key: String) -> Value? { object?[key] }

    /// The file that a case's input stands for; nil for code without a header.
    var program: [UInt8]? {
        switch self["kind"]?.text {
        case "source": self["text"]?.text.map { Array($0.utf8) }
        case "image": self["hex"]?.text.flatMap(bytesOfHex)
        default: nil
        }
    }
}

private func bytesOfHex(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map { UInt8(Character(UnicodeScalar($0)).hexDigitValue ?? 0) }
    guard digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

extension Folder {
    /// Writes a file under a name of its own; returns its path.
    fileprivate func write(bytes: [UInt8], extension suffix: String = "program") throws -> String {
        let file = "\(path)/\(UUID().uuidString).\(suffix)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }
}
