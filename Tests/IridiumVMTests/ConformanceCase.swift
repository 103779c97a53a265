import Foundation
import Testing

/// One case of `Specs/vm-cases`, as its README describes it.
struct ConformanceCase: Decodable, CustomTestStringConvertible, Sendable {
    let name: String
    let input: Input
    let expected: Expected
    let compare: [String]
    let quirk: Bool
    let binding: String?

    var testDescription: String { name }

    /// A `free` case may be decided otherwise; it must neither trap nor hang.
    var isBinding: Bool { !quirk || binding != "free" }

    enum Input: Sendable {
        case source(String)
        case image([UInt8])
        case steps(code: [UInt8], count: Int, setup: [String: SetupValue])
    }

    enum SetupValue: Decodable, Sendable {
        case number(Double)
        case hex([UInt8])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .hex(try decodeHex(container.decode(String.self)))
            }
        }

        var number: Double? { if case .number(let value) = self { value } else { nil } }
    }

    struct Expected: Decodable, Sendable {
        let assembled: String?
        let assemblyErrors: [ExpectedError]?
        let events: [ExpectedEvent]?
        let noStopWithin: Int?
        let instructions: Int?
        let registers: [String: Int32]?
        let floatRegisters: [String: ExpectedFloat]?
        let equalFlag: Bool?
        let remainder: Int32?
        let loopCounter: Int?
        let heap: ExpectedHeap?
        let stack: [Int32]?
        let output: String?
        let stopCode: UInt32?
        let pc: Int?
    }

    struct ExpectedError: Decodable, Sendable {
        let `class`: String
        let message: String?
    }

    struct ExpectedEvent: Decodable, Sendable {
        let event: String
        let code: UInt32?
    }

    struct ExpectedHeap: Decodable, Sendable {
        let length: Int
        let nonzero: [String: UInt8]
    }

    struct ExpectedFloat: Decodable, Sendable {
        let value: Double

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            value =
                switch try? container.decode(String.self) {
                case "nan": .nan
                case "inf": .infinity
                case "-inf": -.infinity
                default: try container.decode(Double.self)
                }
        }
    }
}

extension ConformanceCase.Input: Decodable {
    private enum Key: String, CodingKey {
        case kind, text, hex, code, steps, setup
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        switch try container.decode(String.self, forKey: .kind) {
        case "source": self = .source(try container.decode(String.self, forKey: .text))
        case "image":
            self = .image(try decodeHex(container.decode(String.self, forKey: .hex)))
        case "steps":
            self = .steps(
                code: try decodeHex(container.decode(String.self, forKey: .code)),
                count: try container.decode(Int.self, forKey: .steps),
                setup: try container.decodeIfPresent(
                    [String: ConformanceCase.SetupValue].self, forKey: .setup) ?? [:])
        case let kind:
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: container, debugDescription: "unknown kind \(kind)")
        }
    }
}

/// The cases of all files but the shell sessions, in the order of the file names.
func conformanceCases() throws -> [ConformanceCase] {
    struct File: Decodable {
        let cases: [ConformanceCase]
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let folder = specsFolder().appendingPathComponent("vm-cases")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return try files.filter { $0.hasSuffix(".json") && $0 != "shell.json" }.sorted().flatMap {
        file in
        try decoder.decode(
            File.self, from: Data(contentsOf: folder.appendingPathComponent(file))
        ).cases
    }
}

/// `Specs` of this package, found from this file.
func specsFolder() -> URL {
    URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Specs")
}

struct NotHex: Error {}

func decodeHex(_ text: String) throws -> [UInt8] {
    let digits = Array(text)
    guard digits.count.isMultiple(of: 2) else { throw NotHex() }
    return try stride(from: 0, to: digits.count, by: 2).map { index in
        guard let byte = UInt8(String(digits[index...index + 1]), radix: 16) else { throw NotHex() }
        return byte
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
