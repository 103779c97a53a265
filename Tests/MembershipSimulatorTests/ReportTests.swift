import MembershipSimulator
import Testing

@Suite struct ReportTests {
    private static func page(_ faults: String, nodes: Int = 6) throws -> String {
        var options = SimulateCommand.RunOptions()
        options.nodes = nodes
        options.faults = faults
        options.wantsReport = true
        let result = try SimulateCommand.run(options, to: SimulateCommand.Output(line: { _ in }))
        return try #require(result.report)
    }

    @Test func `a page needs nothing but itself`() throws {
        let page = try Self.page("5s kill n2; 6s pause n3 for 1s; 8s loss 10% for 2s")
        #expect(page.hasPrefix("<!DOCTYPE html>"))
        for foreign in ["<script", "http", "@import", "url(", "src=", "href="] {
            #expect(!page.contains(foreign), "\(foreign)")
        }
        #expect(page.contains("prefers-color-scheme: dark"))
        #expect(page.count("<svg") == 4)
        #expect(page.count("<svg") == page.count("</svg>"))
    }

    @Test func `a page shows events, faults and who believed what`() throws {
        let page = try Self.page(
            "5s kill n2; 6s pause n3 for 1s; 7s update n4; 8s loss 10% for 2s; 12s message n2")
        #expect(page.contains("<tr><th>kill</th><td>1</td><td>5 of 5</td>"))
        #expect(page.contains("<tr><th>update</th><td>1</td><td>4 of 4</td>"))
        #expect(page.contains("n3 paused: 6.000000 to 7.000000"))
        #expect(page.contains("loss 10 %: 8.000000 to 10.000000"))
        #expect(page.contains("class=\"dead\""))
        // Whoever is dead has nothing to say, and nobody waits for it.
        #expect(!page.contains("<th>message</th>"))
    }

    @Test func `what was asked for is quoted, never markup`() {
        let report = RunReport(
            RunRecord(), of: World(seed: 1, options: WorldOptions()),
            parameters: [("faults", "<b>&\"'</b>\u{1}")], violations: ["<i>"], summary: "<u>")
        for markup in ["<b>", "<i>", "<u>", "\u{1}"] { #expect(!report.html.contains(markup)) }
        #expect(report.html.contains("&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;\u{FFFD}"))
    }

    @Test func `the same run gives the same page`() throws {
        #expect(try Self.page("5s kill n1") == Self.page("5s kill n1"))
    }

    @Test func `a cluster of more hosts than lanes says how many are left out`() throws {
        let page = try Self.page("", nodes: 70)
        #expect(page.contains(" 6 hosts with less to show are left out."))
    }
}

extension String {
    fileprivate func count(_ part: String) -> Int { ranges(of: part).count }
}
