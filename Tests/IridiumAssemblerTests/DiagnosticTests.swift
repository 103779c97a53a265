import IridiumAssembler
import IridiumJSON
import IridiumVM
import Testing

/// What the assembler says of a source that is wrong.
struct DiagnosticTests {
    private func failure(of source: String) throws -> AssemblyFailure {
        try #require(throws: AssemblyFailure.self) { try Assembler.assemble(source) }
    }

    private func code(_ lines: String) -> String { ".data\n.code\n\(lines)\nhlt\n" }

    @Test func `a misspelt mnemonic is told with its place and the nearest name`() throws {
        #expect(
            try failure(of: code("\tlaod $0 #1")).rendered(file: "hello.iasm") == """
                hello.iasm:3:2: error: An non-opcode was found in an opcode field \
                [NonOpcodeInOpcodeField]
                    \tlaod $0 #1
                    \t^~~~
                    help: 'laod' is no instruction; did you mean 'load'?

                """)
    }

    @Test func `all errors of a source are told at once, in its order`() throws {
        let failure = try failure(
            of: """
                .data
                s: .asciiz #4
                .integer #4
                .code
                inc @x
                add $0, $1, $2
                s: load $0 @nowhere
                jmpp $0
                djmpe #70000
                """)
        #expect(
            failure.errors.map { "\($0.line):\($0.column) \($0.error.className)" } == [
                "2:12 ParseError", "3:1 StringConstantDeclaredWithoutLabel", "5:5 ParseError",
                "6:7 ParseError", "7:1 SymbolAlreadyDeclared", "7:12 SymbolNotFound",
                "8:1 NonOpcodeInOpcodeField", "9:7 ParseError",
            ])
    }

    @Test(arguments: [
        ("load $32 #1", "there is no such register: expected $0 to $31", 3, 6),
        (
            "load $0 #2147483648",
            "the number does not fit 32 bits: expected -2147483648 to 2147483647", 3, 9
        ),
        ("load $0 # x", "expected digits after '#', found 'x'", 3, 9),
        ("load $0", "load takes operands $a #n or $a @label, found 1", 3, 1),
        ("hlt $0", "hlt takes no operands, found 1", 3, 5),
        ("add $0 #1 $2", "expected a register, found the number #1", 3, 8),
        ("add $0 $1 $2 $3", "add takes operands $a $b $c, found 4", 3, 14),
        ("shl $0 #256", "expected a count from 0 to 255, found 256", 3, 8),
        ("load $0 'text'", "expected a label or a number, found a string", 3, 9),
        ("load $0 #1.5", "expected a label, an instruction or a directive, found '.'", 3, 11),
        ("cloop #-40000", "expected a number from -32768 to 65535, found -40000", 3, 7),
        ("x: y: nop", "expected an instruction after the label, found another label", 3, 4),
        ("nop 'abc", "the string has no closing quote", 3, 5),
    ])
    func `a parse error says what was expected and what was found`(
        _ line: String, _ text: String, _ lineNumber: Int, _ column: Int
    ) throws {
        let first = try #require(try failure(of: code(line)).errors.first)
        #expect(first.message == "There was an error parsing the code: \(text)")
        #expect(first.line == lineNumber)
        #expect(first.column == column)
    }

    @Test func `one slip costs one message`() throws {
        for line in ["load $0 #1.5", "add $0, $1, $2", "my_label: nop", "???", "load $99 #1"] {
            #expect(try failure(of: code(line)).errors.count == 1, "\(line)")
        }
    }

    @Test func `a label before any section is told as such, and nothing else is`() throws {
        let failure = try failure(of: "a: load $0 #4\n.code\nload $1 @a\nhlt\n")
        #expect(failure.errors.map(\.error) == [.noSegmentDeclarationFound(instruction: 0)])
        #expect(failure.errors[0].message.hasSuffix("Instruction # was 0:"))
    }

    @Test func `columns count characters, and carets stand below them`() throws {
        let text = try failure(of: ".data\ns: .asciiz 'é世' #3\n.code\n").rendered(file: "f")
        #expect(text.hasPrefix("f:2:17: error: "))
        #expect(text.contains("\n    s: .asciiz 'é世' #3\n                    ^~\n"))
    }

    @Test func `what controls a terminal is not repeated to it`() throws {
        let text = try failure(of: code("\u{1B}[31m nop")).rendered(file: "f")
        #expect(!text.unicodeScalars.contains("\u{1B}"))
    }

    @Test func `bytes that are no UTF-8 are one error`() throws {
        let failure = try #require(throws: AssemblyFailure.self) {
            try Assembler.assemble(bytes: Array(".data\n; ".utf8) + [0xFF] + Array("\n.code".utf8))
        }
        #expect(failure.errors.map(\.line) == [2])
        #expect(failure.errors.map(\.column) == [3])
    }

    @Test func `a source with very many errors tells the first and counts the rest`() throws {
        let failure = try failure(of: code(String(repeating: "frob\n", count: 1000)))
        #expect(failure.errors.count == AssemblyFailure.mostErrors)
        #expect(failure.omitted == 900)
        #expect(failure.rendered(file: "f").hasSuffix("f: 900 more errors\n"))
    }

    @Test func `errors as JSON have class, message, line and column`() throws {
        #expect(
            try failure(of: code("load $0 @x")).json
                == #"{"schema":"iridium.assembly/1","errors":[{"class":"SymbolNotFound","#
                + #""message":"This symbol was never declared: x","line":3,"column":9}]}"#)
    }

    @Test func `a jump to a label that is not meant so is assembled with a warning`() throws {
        let assembly = try Assembler.assemble(code("jmp @x\nx: jmpe @x"))
        #expect(Array(assembly.code.prefix(8)) == [6, 0, 72, 0, 15, 0, 72, 0])
        #expect(assembly.warnings.map(\.line) == [3, 4])
        #expect(assembly.warnings.allSatisfy { $0.severity == .warning && $0.help != nil })
    }

    @Test func `names are compared as bytes`() throws {
        // Both spell the same letter: one scalar, or a letter and a combining mark, which is none.
        let assembly = try Assembler.assemble(code("\u{E9}: nop\n\u{C9}: nop"))
        #expect(assembly.symbols.symbols.map(\.offset) == [68, 72])
    }
}
