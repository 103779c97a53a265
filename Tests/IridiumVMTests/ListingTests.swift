import IridiumAssembler
import IridiumJSON
import IridiumVM
import Testing

/// What others print of a machine: the JSON of its state, and the REPL's listings.
struct ListingTests {
    @Test func `the state of a machine is one line of JSON with its keys in order`() throws {
        let source = """
            .data
            s: .asciiz 'a"b'
            .code
            prts @s
            load $0 #3
            setm $0 $0
            push $0
            loadf64 $1 #1
            divf64 $1 $2 $3
            subf64 $3 $3 $4
            subf64 $2 $3 $5
            loadf64 $6 #10
            divf64 $1 $6 $7
            cloop #9
            eq $1 $2
            hlt
            """
        var machine = Machine(id: "json", image: try Assembler.assemble(source).image)
        _ = machine.run(atMost: 100)
        let zeros = String(repeating: ",0", count: 31)
        let floats =
            #"0.0,1.0,0.0,"inf","nan","-inf",10.0,0.1"# + String(repeating: ",0.0", count: 24)
        #expect(
            machine.stateJSON(output: machine.takeOutput())
                == #"{"schema":"iridium.machine/1","events":[{"event":"Start"},"#
                + #"{"event":"GracefulStop","code":0}],"instructions":13,"registers":[3"# + zeros
                + #"],"float_registers":["# + floats + #"],"equal_flag":true,"remainder":0,"#
                + #""loop_counter":9,"heap":{"length":64,"nonzero":{"3":3}},"stack":[3],"#
                + #""output":"a\"b","crash":null}"#)
    }

    @Test func `a crash is told in the state with its place and its sentence`() throws {
        var machine = Machine(
            id: "json", image: try Assembler.assemble(".data .code div $0 $1 $2").image)
        _ = machine.run(atMost: 100)
        let json = machine.stateJSON(output: "")
        #expect(json.contains(#""events":[{"event":"Start"},{"event":"Crash","code":4}]"#))
        #expect(
            json.hasSuffix(
                #""crash":{"code":4,"address":68,"message":"cannot divide 0 ($0) by $1: it is 0"}}"#
            ))
    }

    @Test func `registers and program are listed one a line`() {
        var machine = Machine(id: "list")
        machine.setRegister(0, to: -1)
        #expect(
            machine.registerListing
                == "[\n    -1,\n" + String(repeating: "    0,\n", count: 31) + "]")
        #expect(machine.programListing == "[]")
        _ = machine.append(words: [5, 0, 0, 0])
        #expect(machine.programListing == "[\n    5,\n    0,\n    0,\n    0,\n]")
    }

    @Test func `events are listed as the documents print them`() {
        #expect(
            Event.gracefulStop(code: 3).listing(at: "now", applicationID: "id") == """
                VMEvent {
                    event: GracefulStop {
                        code: 3,
                    },
                    at: now,
                    application_id: id,
                }
                """)
        #expect(Event.start.listing(at: "t", applicationID: "i").contains("    event: Start,\n"))
    }

    @Test func `a quoted string stays on its line`() {
        #expect(DebugListing.quoted("a\"\\\n\r\n\t\u{1B}é") == #""a\"\\\n\r\n\t\u{1b}é""#)
    }
}
