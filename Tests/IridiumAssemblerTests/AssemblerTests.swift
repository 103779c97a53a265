import IridiumAssembler
import IridiumVM
import Testing

/// Encoding, symbols, what a prompt needs, and the way back.
struct AssemblerTests {
    private func words(_ code: String) throws -> [UInt8] {
        try Assembler.assemble(".data\n.code\n" + code).code
    }

    @Test func `every mnemonic can be written and gives its number`() throws {
        for row in Opcode.table {
            let operands: String
            switch row.form {
            case .none: operands = ""
            case .register, .registerCount: operands = "$1"
            case .twoRegisters: operands = "$1 $2"
            case .threeRegisters: operands = "$1 $2 $3"
            case .registerNumber, .registerImmediate, .registerUnsigned: operands = "$1 #2"
            case .number, .address: operands = "#2"
            }
            let code = try words("\(row.opcode.name) \(operands)")
            #expect(code.count == 4)
            #expect(code[0] == row.number)
        }
    }

    @Test(
        arguments: [
            ("load $1 #65535", [0, 1, 255, 255]),
            ("load $1 #-5", [0, 1, 255, 255, 39, 1, 255, 251]),
            ("load $1 #65536", [0, 1, 0, 1, 39, 1, 0, 0]), ("lui $1 #-1", [39, 1, 255, 255]),
            ("shl $0 #4", [33, 0, 4, 0]), ("shl $0 $4", [33, 0, 4, 0]), ("shr $7", [34, 7, 0, 0]),
            ("NOT $1 $2", [38, 1, 2, 0]), ("cloop #65535", [40, 255, 255, 0]),
            ("load$0#1inc$0", [0, 0, 0, 1, 18, 0, 0, 0]),
            ("load ; a\n$ ; b\n0 # ; c\n7", [0, 0, 0, 7]),
        ] as [(String, [UInt8])])
    func `an instruction becomes its bytes`(_ source: String, _ bytes: [UInt8]) throws {
        #expect(try words(source) == bytes)
    }

    @Test func `symbols stand in order with their offsets, as the listing shows them`() throws {
        let assembly = try Assembler.assemble(
            ".data\na: .integer #1\nb: .asciiz 'x'\n.code\nc: load $0 #-1\nd: hlt")
        #expect(assembly.symbols.symbols.map(\.name) == ["a", "b", "c", "d"])
        #expect(assembly.symbols.symbols.map(\.offset) == [0, 4, 74, 82])
        #expect(SymbolTable().listing == "[]")
        var table = SymbolTable()
        table.declare(Symbol(name: "x", offset: 80, kind: .code))
        #expect(
            table.listing == """
                [
                    Symbol {
                        name: "x",
                        offset: Some(
                            80,
                        ),
                        symbol_type: Label,
                    },
                ]
                """)
    }

    // MARK: Prompt

    @Test func `a line of a prompt is assembled for its place, with the symbols there are`() throws
    {
        var old = SymbolTable()
        old.declare(Symbol(name: "old", offset: 100, kind: .code))
        let line = try Assembler.assembleLine(
            "x: inc $0 load $1 @x load $2 @old", at: 12, symbols: old)
        #expect(line.words == [18, 0, 0, 0, 0, 1, 0, 12, 0, 2, 0, 100])
        #expect(line.symbols.symbols == [Symbol(name: "x", offset: 12, kind: .code)])
        let both = old.merged(with: line.symbols)
        let again = try Assembler.assembleLine("x: load $0 @x", at: 24, symbols: both)
        #expect(again.words == [0, 0, 0, 24])
    }

    @Test func `the name of a label has a bound`() throws {
        let longest = String(repeating: "x", count: Assembler.longestName)
        let line = try Assembler.assembleLine("\(longest): nop", at: 0, symbols: SymbolTable())
        #expect(line.symbols.symbols.count == 1)
        let failure = try #require(throws: AssemblyFailure.self) {
            try Assembler.assembleLine("\(longest)x: nop", at: 0, symbols: SymbolTable())
        }
        #expect(
            failure.errors.map(\.message) == [
                "There was an error parsing the code: the name of a label has at most 255 bytes, found 256"
            ])
        let file = ".data\n.code\n\(longest)x: hlt\n"
        #expect(throws: AssemblyFailure.self) { try Assembler.assemble(file) }
    }

    @Test(arguments: ["", "   \t", "; nothing"])
    func `a line without instructions gives no words`(_ line: String) throws {
        #expect(try Assembler.assembleLine(line, at: 0, symbols: SymbolTable()).words.isEmpty)
    }

    @Test func `a directive at a prompt is one error that says so`() throws {
        for line in [".data", ".code", "s: .asciiz 'x'", ".frob"] {
            let failure = try #require(throws: AssemblyFailure.self) {
                try Assembler.assembleLine(line, at: 0, symbols: SymbolTable())
            }
            #expect(failure.errors.count == 1)
            #expect(failure.errors[0].message.contains("directive"))
        }
    }

    // MARK: Disassembler

    @Test func `an image becomes a source one can read`() throws {
        let source = """
            .data
            data0: .asciiz 'hi'
            data3: .integer #-2
            .code
            prts @data0
            load $0 #7
            at83: dec $0
            neq $0 $1
            djmpe @at83
            hlt

            """
        let image = try Assembler.assemble(source).image
        #expect(Disassembler.disassemble(image) == source)
    }

    @Test func `what no source can stand for becomes a comment`() throws {
        let image = Image(readOnlyData: [0xFF], code: [100, 0, 0, 0, 5, 0, 0, 1, 20, 0, 69, 0, 7])
        let text = try #require(Disassembler.disassemble(image.bytes))
        #expect(
            text == """
                .data
                ; ff at data 0 is no constant
                .code
                ; 64000000 at 69 is no instruction of the assembler's
                ; 05000001 at 73 is no instruction of the assembler's
                djmpe #69
                ; 07 at the end is no whole instruction

                """)
        #expect(Disassembler.disassemble([1, 2, 3]) == nil)
    }
}
