import MembershipSimulator
import Testing

@Suite struct FaultLanguageTests {
    private func text(_ faults: String, hosts: Int = 10) throws -> [String] {
        try FaultLanguage.parse(faults, hostCount: hosts).map {
            "\($0.time.text) \($0.action.text)"
        }
    }

    @Test func `pieces become actions at their times`() throws {
        #expect(
            try text("10s kill n3; 1.5s pause n4-n5 for 250ms timers-first") == [
                "10.000000 crash n3", "1.500000 pause n4", "1.750000 resume n4, timers first",
                "1.500000 pause n5", "1.750000 resume n5, timers first",
            ])
        #expect(
            try text("2m split n0,n2 for 1m; 1s loss 20% for 5s; 1s loss 0.5% n1 for 2s") == [
                "120.000000 cut 0: n0 n2", "180.000000 heal 0", "1.000000 loss 20 %",
                "6.000000 loss 0 %", "1.000000 loss of n1: in 0.5 %, out 0.5 %",
                "3.000000 loss of n1: in 0 %, out 0 %",
            ])
        #expect(
            try text("1s kill n3 for 200ms; 2s abort n4; 3s remove n5; 4s exhaust n6 for 1s") == [
                "1.000000 crash n3", "1.200000 start n3", "2.000000 abort n4",
                "3.000000 remove n5", "4.000000 n6 is out of descriptors",
                "5.000000 n6 has descriptors again",
            ])
        #expect(
            try text("1s refuse-tcp all for 2s; 1s drop-tcp n3 from n4 for 2s") == [
                "1.000000 connections all -> all are refused",
                "3.000000 connections all -> all pass",
                "1.000000 connections n4 -> n3 are dropped", "3.000000 connections n4 -> n3 pass",
            ])
        #expect(
            try text("1s reset-streams all; 2s reset-streams n3") == [
                "1.000000 reset streams of all", "2.000000 reset streams of n3",
            ])
        #expect(try text("0s leave all", hosts: 2) == ["0.000000 leave n0", "0.000000 leave n1"])
        #expect(try text(" ; ").isEmpty)
    }

    @Test(arguments: [
        ("10s", "a verb is missing"), ("soon kill n1", "'soon' is no time; write 250ms, 2s or 3m"),
        ("1s kill n10", "there is no n10: the hosts are n0 to n9"),
        ("1s kill x", "'x' is no host; write n3"),
        ("1s pause n1", "'for' and a time are missing, as in 'for 10s'"),
        ("1s loss 101% for 2s", "'101%' is no percentage; write 20%"),
        ("1s kill n1 twice", "'twice' is too much"),
        ("1s kill n5-n2", "'n5-n2' names no hosts; write n3, n3,n5 or n0-n9"),
    ])
    func `what cannot be read is named, with what would do`(faults: String, reason: String) {
        #expect(throws: FaultLanguage.ParseError.self) {
            try FaultLanguage.parse(faults, hostCount: 10)
        }
        do {
            _ = try FaultLanguage.parse(faults, hostCount: 10)
        } catch {
            #expect(error.description == "cannot read '\(faults)': \(reason)")
        }
    }

    @Test func `every verb of the summary can be read`() throws {
        let values = [
            "HOSTS": "n1", "TIME": "2s", "PERCENT": "5%", "[HOSTS]": "n2", "HOST": "n2",
            "NAME": "n9", "COUNT": "5", "BYTES": "100",
        ]
        for verb in FaultLanguage.summary {
            let words = verb.split(separator: " ").map { word in
                let bare = String(word.filter { $0 != "[" && $0 != "]" })
                return values[String(word)] ?? values[bare] ?? bare
            }
            let piece = "1s " + words.joined(separator: " ")
            #expect(try !FaultLanguage.parse(piece, hostCount: 10).isEmpty, "\(piece)")
        }
    }
}
