import MembershipWire
import Testing

/// Names: one spelling, nothing that could forge a line of a log.
struct NodeAliasTests {
    @Test(arguments: [
        "a", "Z", "7", "n1", "prod-eu1.db_3", "a-", "a..b",
        "123e4567-e89b-12d3-a456-426614174000", String(repeating: "x", count: 63),
    ])
    func `a legal name is taken as it is`(text: String) throws {
        let alias = try NodeAlias(parsing: text)
        #expect(alias.text == text)
        #expect(alias.description == text)
        #expect(NodeAlias(bytes: Array(text.utf8)) == alias)
        #expect(NodeAlias.suggestion(for: text) == alias)
    }

    @Test(
        arguments: [
            ("", .empty),
            (String(repeating: "x", count: 64), .tooLong(bytes: 64)),
            ("-a", .illegalCharacter(position: 1, character: "-")),
            (".a", .illegalCharacter(position: 1, character: ".")),
            ("_a", .illegalCharacter(position: 1, character: "_")),
            ("a b", .illegalCharacter(position: 2, character: " ")),
            ("a/b", .illegalCharacter(position: 2, character: "/")),
            ("a\nb", .illegalCharacter(position: 2, character: "\n")),
            ("a\r\nb", .illegalCharacter(position: 2, character: "\r\n")),
            ("a\u{0}", .illegalCharacter(position: 2, character: "\u{0}")),
            ("b\u{FC}ro", .illegalCharacter(position: 2, character: "\u{FC}")),
            ("bu\u{308}ro", .illegalCharacter(position: 2, character: "u\u{308}")),
            ("\u{430}b", .illegalCharacter(position: 1, character: "\u{430}")),
        ] as [(String, NodeAliasError)])
    func `an illegal name is refused with its reason`(text: String, error: NodeAliasError) {
        #expect(throws: error) { try NodeAlias(parsing: text) }
        #expect(NodeAlias(bytes: Array(text.utf8)) == nil)
    }

    @Test func `text and bytes agree on every two-byte name`() {
        for first in UInt8.min...127 {
            for second in UInt8.min...127 {
                let text = String(decoding: [first, second], as: UTF8.self)
                let parsed = try? NodeAlias(parsing: text)
                guard parsed != NodeAlias(bytes: [first, second]) else { continue }
                Issue.record("\(first) \(second)")
            }
        }
        #expect(NodeAlias(bytes: [97, 0x80]) == nil)
    }

    @Test func `an error shows invisible characters by their number`() {
        func described(_ character: Character) -> String {
            NodeAliasError.illegalCharacter(position: 2, character: character).description
        }
        #expect(described("\u{1B}").contains("U+001b"))
        #expect(described("\u{202E}").contains("U+202e"))
        #expect(described(" ").contains("a space"))
        #expect(described("/").contains("\"/\""))
        #expect(NodeAliasError.tooLong(bytes: 70).description.contains("70"))
    }

    @Test(arguments: [
        ("my node", "my-node"), ("-x", "x"), ("a\u{FC}b", "a-b"),
        (String(repeating: "y", count: 80), String(repeating: "y", count: 63)),
    ])
    func `a suggestion is what is left with dashes`(text: String, suggestion: String) {
        #expect(NodeAlias.suggestion(for: text)?.text == suggestion)
    }

    @Test func `nothing is suggested for nothing`() {
        #expect(NodeAlias.suggestion(for: "") == nil)
        #expect(NodeAlias.suggestion(for: "--") == nil)
    }

    @Test func `names are ordered by their bytes`() throws {
        let names = try ["b", "B", "a", "10", "9"].map { try NodeAlias(parsing: $0) }
        #expect(names.sorted().map(\.text) == ["10", "9", "B", "a", "b"])
    }
}
