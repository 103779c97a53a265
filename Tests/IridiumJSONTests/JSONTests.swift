import IridiumJSON
import TestRandom
import Testing

@Suite struct JSONTests {
    @Test func `what is written is read back as it was`() throws {
        let json: JSON = [
            "schema": "iridium.test/1", "text": "a \"quoted\"\n\u{1} ü", "none": .null,
            "yes": .bool(true), "count": .integer(-7), "share": .number(0.31),
            "list": [.integer(1), "b"],
        ]
        #expect(try JSONReader.parse(json.line.utf8) == json)
        #expect(!json.line.contains("\n"))
    }

    @Test func `keys keep their order`() {
        let json: JSON = ["z": .integer(1), "a": .integer(2)]
        #expect(json.line == #"{"z":1,"a":2}"#)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.", "+1", "nul", "\"\\x\"", "\"\\ud800\"",
        "\"open", "{} {}", "\"\u{7}\"", "--1", "1e", "1.e5", "-01", ".5", "1e999", "[1 2]",
        "\"\\u12\"",
    ])
    func `what is no JSON is refused`(text: String) {
        #expect(throws: JSONReader.Failure.self) { try JSONReader.parse(text.utf8) }
    }

    @Test(arguments: [0x00, 0x08, 0x0B, 0x0C, 0x0E, 0x1F, 0x85, 0xA0] as [UInt8])
    func `white space is four characters and no other`(byte: UInt8) {
        #expect((try? JSONReader.parse(Array(" \t\r\n1 \t\r\n".utf8))) == .integer(1))
        #expect(throws: JSONReader.Failure.self) { try JSONReader.parse([byte, 0x31]) }
        #expect(throws: JSONReader.Failure.self) { try JSONReader.parse([0x31, byte]) }
        #expect(throws: JSONReader.Failure.self) {
            try JSONReader.parse(Array("[1,".utf8) + [byte] + Array("2]".utf8))
        }
    }

    @Test(arguments: ["-0", "-0.0", "-0e0", "-0E+5"])
    func `negative zero keeps its sign`(text: String) throws {
        let json = try JSONReader.parse(text.utf8)
        #expect(json.double?.sign == .minus)
        #expect(json.integer == 0)
        #expect(json.line == "-0")
    }

    @Test(arguments: ["0", "0.0", "0e0"])
    func `zero has no sign`(text: String) throws {
        #expect(try JSONReader.parse(text.utf8).line == "0")
    }

    @Test func `depth has a bound`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONReader.Failure.self) { try JSONReader.parse(deep.utf8) }
    }

    @Test func `surrogate pairs become one character`() throws {
        #expect(try JSONReader.parse(#""\ud83d\ude00""#.utf8) == "😀")
    }

    @Test func `random bytes are never more than an error`() {
        var generator = ReplayableRandom()
        let alphabet = Array("{}[]\",:0123456789eE+-.\\untrfalse \n".utf8) + [0, 0x80, 0xFF]
        for _ in 0..<20_000 {
            let length = Int.random(in: 0..<24, using: &generator)
            let bytes = (0..<length).compactMap { _ in alphabet.randomElement(using: &generator) }
            if let json = try? JSONReader.parse(bytes) {
                // 1e2 is written as 100: the same number, another case.
                #expect(
                    (try? JSONReader.parse(json.line.utf8))?.line == json.line,
                    "\(bytes), \(generator)")
            }
        }
    }
}
