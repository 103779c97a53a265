import Foundation
import Testing

/// `iridium demo` from outside, in a pipe: each line is typed when the one before has had its effect.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DemoTests {
    private let folder = Folder()

    private func demo(_ arguments: [String] = []) throws -> Program {
        // Whatever is written by default would be written here.
        try Program(
            ["demo"] + arguments,
            environment: [
                "HOME": folder.path, "STATE_DIRECTORY": folder.path + "/state",
                "RUNTIME_DIRECTORY": folder.path + "/run",
            ])
    }

    @Test func `members are killed, restarted, paused and cut off, and come back`() async throws {
        let demo = try demo(["--nodes", "4"])
        demo.type("!cluster_members\n")
        #expect(await demo.nextLine(containing: "4 alive, 0 suspect") != nil)
        demo.type("!demo kill n3\n")
        #expect(await demo.nextLine(containing: "Killed n3: its sockets are closed") != nil)
        #expect(await demo.nextLine(containing: "] n3 is dead (3 alive)") != nil)
        demo.type("!demo kill n3\n")
        #expect(await demo.nextLine(containing: "it was killed (!demo restart n3") != nil)
        demo.type("!demo restart n3\n")
        let restarted = await demo.nextLine(containing: "Restarted n3 on 127.0.0.1:")
        #expect(restarted?.contains("the same member, incarnation ") == true)
        demo.type("!demo pause n2\n")
        #expect(await demo.nextLine(containing: "Paused n2") != nil)
        #expect(await demo.nextLine(containing: "] n2 is dead (") != nil)
        demo.type("!demo ls\n")
        #expect(await demo.nextLine(containing: "n1 SEES  DEMO") != nil)
        #expect(await demo.nextLine()?.hasSuffix("this session") == true)
        #expect(await demo.nextLine()?.contains("dead     paused") == true)
        demo.type("!demo resume n2\n")
        #expect(await demo.nextLine(containing: "] n2 joined from 127.0.0.1:") != nil)
        demo.type("!demo partition n1,n2\n")
        #expect(await demo.nextLine(containing: "Split: n1, n2 on one side, n3, n4 on") != nil)
        // Which of the two is buried first is open.
        for _ in 1...2 { #expect(await demo.nextLine(containing: " is dead (") != nil) }
        demo.type("!demo heal\n")
        for _ in 1...2 { #expect(await demo.nextLine(containing: " joined from ") != nil) }
        demo.type("!demo kill n1\n")
        #expect(await demo.nextLine(containing: "to n1: it is this session [IR-40]") != nil)
        demo.type("!demo kill n9\n")
        #expect(
            await demo.nextLine(containing: "cannot find \"n9\": the members are n1 to n4") != nil)
        demo.type("!demo partition n1,n2,n3,n4\n")
        #expect(await demo.nextLine(containing: "leaves no member on the other side") != nil)
        demo.type("!quit\n")
        let end = await demo.finish()
        #expect(end.output.hasSuffix("Farewell! Have a great day!\n"))
        #expect(end.errors == "")
        #expect(end.status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a demo that is told to end does so, with a member paused and one killed`(signal: Int32)
        async throws
    {
        let demo = try demo(["--nodes", "3", "--profile", "lan"])
        demo.type("!demo pause n2\n!demo kill n3\n!demo loss 50%\n")
        #expect(await demo.nextLine(containing: "From now on 50% of all datagrams") != nil)
        demo.signal(signal)
        let end = await demo.finish()
        #expect(end.status == 0)
        #expect(end.errors == "")
    }

    @Test(arguments: [
        (["--nodes", "1"], "--nodes cannot be \"1\" [IR-31]"),
        (["--nodes", "33"], "it takes 2 to 32"), (["--profile", "x"], "it takes lan, wan, local"),
    ])
    func `a demo that cannot be says why`(_ arguments: [String], _ said: String) async throws {
        let result = try await Program.run(["demo"] + arguments)
        #expect(result.errors.contains(said))
        #expect(result.status == 64)
    }

    @Test func `the largest demo forms`() async throws {
        let demo = try demo(["--nodes", "32"])
        demo.type("!cluster_members\n")
        #expect(await demo.nextLine(containing: "32 alive, 0 suspect") != nil)
        #expect(await demo.finish().status == 0)
    }
}
