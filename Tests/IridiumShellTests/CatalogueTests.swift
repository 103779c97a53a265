import Foundation
import IridiumJSON
import IridiumShell
import MembershipWire
import Testing

@Suite struct CatalogueTests {
    @Test(arguments: IridiumError.samples)
    func `a message says what, with its number, and what to try`(_ message: IridiumError) {
        #expect(message.text.hasPrefix("iridium: \(message.what) [\(message.code.text)]\n"))
        #expect(message.advice?.isEmpty == false)
        #expect(message.what.last != "." && message.why?.last != ".")
        #expect(!message.what.contains("\n"))
        #expect(message.explained.contains(message.code.text))
    }

    @Test func `a message is a row with a number of its own and a sample`() throws {
        let rows = try ["Cluster", "Files", "Commands"].map { name in
            let path = "Sources/IridiumShell/Messages/IridiumError+\(name).swift"
            return try String(contentsOf: repository.appending(path: path), encoding: .utf8)
        }
        let declared = rows.joined().matches(of: /package static (?:func|var) \w+/).count
        #expect(declared == IridiumError.samples.count)
        #expect(Set(IridiumError.samples.map(\.code)).count == declared)
    }

    @Test func `no message advises to delete anything`() {
        for message in IridiumError.samples {
            let advice = message.advice ?? ""
            #expect(!advice.contains("rm ") && !advice.contains("delete"))
        }
    }

    @Test func `each port is changed by its own option`() {
        for (purpose, option) in [
            (IridiumError.ListeningPurpose.cluster, "-P 2245"), (.remotePrompt, "-p 2245"),
        ] {
            let error = IridiumError.cannotListen(
                Endpoint(.v4(0x7F00_0001), port: 2244), transport: "tcp", for: purpose,
                reason: "the address is already in use", holder: nil)
            #expect(error.advice == "another port: \(option)")
        }
    }

    @Test func `who cannot listen is told what would help`() {
        let error = { (port: UInt16, remedy: IridiumError.ListeningRemedy) in
            IridiumError.cannotListen(
                Endpoint(.v4(0x0A09_0807), port: port), transport: "udp", for: .cluster,
                reason: "-", holder: nil, remedy: remedy
            )
        }
        #expect(error(0, .otherAddress([.v4(0x0A00_0007)])).why == "this host has 10.0.0.7")
        #expect(
            error(0, .otherAddress([.v4(0x0A00_0007)])).advice
                == "an address of this host: -H 10.0.0.7")
        #expect(error(0, .otherAddress([])).advice == "an address of this host: -H 127.0.0.1")
        #expect(error(80, .higherPort).advice == "a port from 1024: -P 2254")
    }

    @Test func `an agent that has a data root of its own is stopped by naming it`() {
        let holder = IridiumError.Holder(text: "process 1, \"-\"", node: "n1", dataRoot: "/d d")
        let taken = IridiumError.cannotListen(
            Endpoint(.v4(0x7F00_0001), port: 2254), transport: "tcp", for: .cluster, reason: "-",
            holder: holder)
        let locked = IridiumError.nameLocked("n1", path: "/d d/run/n1.sock", dataRoot: "/d d")
        for error in [taken, locked] {
            let command = "iridium leave --agent n1 --data-root-dir '/d d'"
            #expect(error.advice?.hasSuffix(command) == true)
        }
    }

    @Test func `an address without a port is advertised with the port that the node gets`() {
        let error = IridiumError.cannotAdvertise(
            .v4(0), candidates: [], suggestion: Endpoint(.v4(0x0A00_0007), port: 0))
        #expect(error.advice == "--advertise 10.0.0.7")
    }

    @Test func `a message is shown in three lines`() {
        #expect(
            IridiumError.sample("IR-01")?.text == """
                iridium: cannot listen on 127.0.0.1:2254 (udp): the address is already in use [IR-01]
                  why: process 8402, "iridium agent --name n1", holds it
                  try: another port: -P 2255, or stop that node: iridium leave --agent n1

                """)
        #expect(
            IridiumError.sample("IR-40")?.text == """
                iridium: !join_cluster needs a host and a port [IR-40]
                  usage: !join_cluster HOST PORT      for example: !join_cluster localhost 2254

                """)
    }

    @Test(arguments: [
        ("IR-02", 77), ("IR-03", 78), ("IR-04", 69), ("IR-05", 78), ("IR-07", 78), ("IR-10", 77),
        ("IR-11", 77), ("IR-28", 77), ("IR-12", 64), ("IR-13", 64), ("IR-14", 64), ("IR-15", 68),
        ("IR-16", 76), ("IR-18", 73), ("IR-19", 71), ("IR-20", 78), ("IR-24", 78), ("IR-25", 2),
        ("IR-26", 69), ("IR-30", 64), ("IR-33", 64), ("IR-42", 69), ("IR-44", 75), ("IR-01", 69),
    ])
    func `a failure has the documented exit code`(_ code: String, _ exit: Int) {
        #expect(IridiumError.sample(code)?.exit?.rawValue == Int32(exit))
    }

    @Test func `warnings and notes end nothing`() {
        let severities = ["IR-08", "IR-17"].map { IridiumError.sample($0)?.severity }
        #expect(severities == [.warning, .note])
    }

    @Test func `a name is told which of its characters is wrong`() throws {
        let text = try #require(IridiumError.sample("IR-12")?.text)
        #expect(text.contains("\"bad name!\" cannot be a node name"))
        #expect(text.contains("character 4 is a space; allowed: a-z A-Z 0-9 . _ -, at most 63"))
        #expect(text.hasSuffix("--node-alias bad-name\n"))
    }

    @Test(arguments: [
        ("::1:2254", "[::1]:2254"), ("::1", "[::1]:2254"), ("1:2:x", "[ADDRESS]:PORT"),
        ("::1:9", "[::1]:9 or [::1:9]:2254"),
    ])
    func `an address without brackets is written with them`(_ text: String, _ meant: String) {
        #expect(IridiumError.ambiguousAddress(text).advice == "write \(meant)")
    }

    @Test func `JSON has all parts in a fixed order`() throws {
        let json = IridiumError.sample("IR-02")?.json
        #expect(
            json == #"{"schema":"iridium.error/1","code":"IR-02","exit":77,"#
                + #""what":"n1 (10.0.0.5:2254) refused us: it does not have our key 3f9a21c0","#
                + #""why":"the nodes were given different key files, "#
                + #"or the key was rotated and this node is not known there","#
                + #""try":"compare with \"iridium keys id FILE\" on both hosts"}"#)
        for message in IridiumError.samples {
            let object = try JSONSerialization.jsonObject(with: Data(message.json.utf8))
            #expect((object as? [String: Any])?["code"] as? String == message.code.text)
        }
    }

    @Test func `text from elsewhere cannot move the cursor`() {
        let text = IridiumError.hostNotFound("a\u{1B}[2J\nb\u{202E}", noAnswer: false).text
        #expect(text.contains("\"a\\u{1b}[2J\\u{a}b\\u{202e}\""))
    }

    @Test(arguments: [
        ("IR-04", 4 as CatalogueNumber), ("ir-4", 4), ("40", 40),
    ])
    func `a number can be written in several ways`(_ text: String, _ code: CatalogueNumber) {
        #expect(IridiumError.sample(text)?.code == code)
    }

    @Test(arguments: ["", "IR-", "IR-06", "IR--1", "99999999999999999999", "IR-4x"])
    func `what is no number of a message is none`(_ text: String) {
        #expect(IridiumError.sample(text) == nil)
    }

    /// To bring the file up to date after a change: `IRIDIUM_WRITE_SPECS=1 swift test`, then read the
    /// difference.
    @Test(arguments: [
        ("messages", IridiumError.markdownTable), ("commands", ShellMarkdown.commandTable),
        ("exit codes", ShellMarkdown.exitTable),
    ])
    func `the tables in Specs are those of the code`(_ name: String, _ table: String) throws {
        let file = repository.appending(path: "Specs/Shell.md")
        let start = "<!-- \(name): from the code -->\n"
        let end = "<!-- end -->"
        var text = try String(contentsOf: file, encoding: .utf8)
        let begin = try #require(text.range(of: start))
        let stop = try #require(text.range(of: end, range: begin.upperBound..<text.endIndex))
        if ProcessInfo.processInfo.environment["IRIDIUM_WRITE_SPECS"] != nil {
            text.replaceSubrange(begin.upperBound..<stop.lowerBound, with: table)
            try text.write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(text[begin.upperBound..<stop.lowerBound] == table)
        }
    }
}
