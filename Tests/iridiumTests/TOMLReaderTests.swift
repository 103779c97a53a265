import Testing

@testable import iridium

/// The part of TOML that a file of settings needs.
@Suite struct TOMLReaderTests {
    private func entries(_ text: String) throws -> [TOMLReader.Entry] {
        try TOMLReader.read(Array(text.utf8))
    }

    private func fault(_ text: String) -> TOMLReader.Fault? {
        do throws(TOMLReader.Fault) {
            _ = try TOMLReader.read(Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test func `values, comments, lists over lines and a table are read with their lines`() throws {
        let read = try entries(
            """
            # an agent
            bind = "10.0.0.7:2254" # here
            threads=1_000
            lifelines = true\r
            seed = [ # two
              "a:1",
              'b\\:2', # a comma may follow
            ]

            [tags]
            role = "d\\u00e9\\"b\\""
            "a b" = ""
            """)
        #expect(
            read == [
                .init(table: nil, key: "bind", value: .text("10.0.0.7:2254"), line: 2),
                .init(table: nil, key: "threads", value: .integer(1_000), line: 3),
                .init(table: nil, key: "lifelines", value: .boolean(true), line: 4),
                .init(table: nil, key: "seed", value: .list(["a:1", "b\\:2"]), line: 5),
                .init(table: "tags", key: "role", value: .text("dé\"b\""), line: 11),
                .init(table: "tags", key: "a b", value: .text(""), line: 12),
            ])
        #expect(try entries("").isEmpty)
        #expect(try entries("# only a comment").isEmpty)
    }

    @Test(
        arguments: [
            ("a = 1\na = 2", 2, "appears twice"), ("[t]\n[t]", 2, "appears twice"),
            ("a", 1, "not followed by ="), ("a =", 1, "has no value"), ("= 1", 1, "beginning"),
            ("a = x", 1, "neither a whole number"), ("a = 1.5", 1, "neither a whole number"),
            ("a = 01", 1, "neither a whole number"), ("a = 1__0", 1, "neither a whole number"),
            ("a = 9223372036854775808", 1, "neither a whole number"),
            ("a = \"x", 1, "has no end"), ("\na = \"x\ny\"", 2, "has no end"),
            ("a = \"\"\"x\"\"\"", 1, "several lines"), ("a = \"\\x\"", 1, "no escape"),
            ("a = \"\\uD800\"", 1, "no character"), ("a = \"\\u12\"", 1, "hexadecimal"),
            ("a = \"\u{7}\"", 1, "control character"), ("a = [1]", 1, "not in quotes"),
            ("a = [\n\"x\"", 1, "no ]"), ("a = [\"x\" \"y\"]", 1, "comma is missing"),
            ("a = {}", 1, "{…}"), ("a.b = 1", 1, "dots"), ("[[a]]", 1, "[[…]]"),
            ("[a", 1, "no ]"), ("[]", 1, "beginning"), ("a = 1 b = 2", 1, "after the value"),
            ("a = true false", 1, "after the value"), ("\u{1B}[31m = 1", 1, "beginning"),
        ])
    func `what is not understood is refused with its line`(
        text: String, line: Int, problem: String
    ) throws {
        let found = try #require(fault(text))
        #expect(found.line == line)
        #expect(found.problem.contains(problem), "\(found.problem)")
        #expect(!found.problem.contains("\u{1B}"))
    }

    @Test func `bytes that are no UTF-8 are refused`() {
        #expect(throws: TOMLReader.Fault.self) { try TOMLReader.read([0x61, 0xFF]) }
    }

    @Test func `every beginning and every changed byte of a file is read or refused`() {
        let file = Array("a = \"x\\u00e9\"\nb = [ 'c', ]\r\n[t]\nd = -1 # é".utf8)
        for count in 0...file.count { _ = try? TOMLReader.read(Array(file.prefix(count))) }
        for index in file.indices {
            for byte in [UInt8(0), 0x0A, 0x22, 0x5B, 0x5C, 0x5D, 0x75, 0xFF] {
                var changed = file
                changed[index] = byte
                _ = try? TOMLReader.read(changed)
            }
        }
    }
}
