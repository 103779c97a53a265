import IridiumAssembler
import IridiumVM
import Testing

struct DiagnosticTests {
    @Test func `a misspelt mnemonic is told with its place and the nearest name`() throws {
        let source = ".data\n.code\n\tlaod $0 #1\nhlt\n"
        let failure = try #require(throws: AssemblyFailure.self) {
            try Assembler.assemble(source)
        }
        #expect(
            failure.rendered(file: "hello.iasm") == """
                hello.iasm:3:2: error: An non-opcode was found in an opcode field \
                [NonOpcodeInOpcodeField]
                    \tlaod $0 #1
                    \t^~~~
                    help: 'laod' is no instruction; did you mean 'load'?

                """)
    }
}
