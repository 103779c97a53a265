import IridiumJSON
import MembershipSimulator
import Testing

@Suite struct ReportTests {
    private static func report(_ faults: String, nodes: Int = 6) throws -> JSON {
        var options = SimulateCommand.RunOptions()
        options.nodes = nodes
        options.faults = faults
        options.wantsReport = true
        let result = try SimulateCommand.run(options, to: SimulateCommand.Output(line: { _ in }))
        return try JSONReader.parse(try #require(result.report).utf8)
    }

    private static func elements(_ json: JSON?) -> [JSON] {
        guard case .array(let elements)? = json else { return [] }
        return elements
    }

    @Test func `a report says what was done and which host noticed it`() throws {
        let report = try Self.report("5s kill n2; 7s update n4; 12s message n3")
        #expect(report["schema"]?.text == RunReport.schema)
        #expect(report["passed"]?.boolean == true)
        let deeds = Self.elements(report["faults"]).compactMap { $0["what"]?.text }
        for deed in ["kill", "update", "message"] { #expect(deeds.contains(deed)) }
        let events = Self.elements(report["events"])
        func observers(_ kind: String, of member: String) -> Set<String> {
            Set(
                events.filter { $0["event"]?.text == kind && $0["member"]?.text == member }
                    .compactMap { $0["observer"]?.text })
        }
        #expect(observers("failed", of: "n2") == ["n0", "n1", "n3", "n4", "n5"])
        #expect(observers("updated", of: "n4").isSuperset(of: ["n0", "n1", "n3", "n5"]))
        // A dead host notices nothing.
        #expect(observers("message", of: "n3").isSuperset(of: ["n0", "n1", "n4", "n5"]))
        #expect(!observers("message", of: "n3").contains("n2"))
    }

    @Test func `a fault that lasts has an end, and one of the network no node`() throws {
        let faults = Self.elements(
            try Self.report("6s pause n3 for 1s; 8s loss 10% for 2s")["faults"])
        let loss = try #require(faults.first { $0["what"]?.text == "loss 10 %" })
        #expect(loss["node"] == .null)
        #expect(loss["at_ms"]?.double == 8_000)
        #expect(loss["until_ms"]?.double == 10_000)
        let ofThird = faults.filter { $0["node"]?.text == "n3" }.compactMap { $0["what"]?.text }
        #expect(ofThird == ["start", "pause", "resume"])
    }

    @Test func `each host has as many samples as there were moments`() throws {
        let samples = try #require(try Self.report("5s kill n1")["samples"])
        for host in 0..<6 {
            let series = try #require(samples["n\(host)"])
            let moments = Self.elements(series["at_ms"]).count
            #expect(moments > 10)
            for key in ["octets", "datagrams", "rss_kib", "cpu_ms"] {
                #expect(Self.elements(series[key]).count == moments)
            }
        }
    }

    @Test func `a broken rule fails the report`() {
        let report = RunReport(
            RunRecord(), of: World(seed: 1, options: WorldOptions()),
            parameters: [("faults", "none")], violations: ["a rule"], summary: "it ended")
        #expect(report.json["passed"]?.boolean == false)
        #expect(Self.elements(report.json["verdicts"]).first?["complaint"]?.text == "a rule")
    }

    @Test func `the same run gives the same report`() throws {
        #expect(try Self.report("5s kill n1") == Self.report("5s kill n1"))
    }
}
