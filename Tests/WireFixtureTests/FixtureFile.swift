/// One file of `Specs/fixtures/`: cases in Wycheproof's manner, made by the independent
/// implementation in `scripts/wire`, and reproduced here.
import Foundation
import MembershipWire
import Testing

/// What all cases have.
protocol FixtureCase: Decodable, Sendable {
    var id: String { get }
    var result: String { get }
    /// Why it is refused, by the names of Specs/Wire.md, section 7; empty if it is valid.
    var reason: String { get }
}

extension FixtureCase {
    var isValid: Bool { result == "valid" }
}

struct FixtureFile<Case: FixtureCase>: Decodable {
    let name: String
    let cases: [Case]

    private struct Content: Decodable {
        let numberOfCases: Int
        let cases: [Case]
    }

    init(_ name: String) throws {
        let url = fixtureFolder.appending(path: name + ".json")
        let content = try JSONDecoder().decode(Content.self, from: Data(contentsOf: url))
        #expect(content.cases.count == content.numberOfCases)
        #expect(!content.cases.isEmpty)
        self.name = name
        cases = content.cases
    }

    init(from decoder: any Decoder) throws { throw CocoaError(.coderInvalidValue) }
}

let fixtureFolder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Specs/fixtures")

/// The bytes that a fixture spells in hexadecimal; records an issue and gives none if it is something
/// else.
func bytes(_ text: String) -> [UInt8] {
    let digits = text.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
    guard digits.count.isMultiple(of: 2), !digits.contains(nil) else {
        Issue.record("not hexadecimal: \(text)")
        return []
    }
    return stride(from: 0, to: digits.count, by: 2).map {
        (digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0)
    }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { hexadecimal(UInt64($0), digits: 2) }.joined()
}

/// The big-endian number in at most eight bytes.
func number(_ text: String) -> UInt64 { bytes(text).reduce(0) { $0 << 8 | UInt64($1) } }

func octets<T: Octets>(_ text: String, as type: T.Type = T.self) -> T {
    guard let octets = T(bytes: bytes(text)) else {
        Issue.record("not \(T.byteCount) bytes: \(text)")
        return T()
    }
    return octets
}
