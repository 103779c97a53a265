import MembershipCore
import MembershipSimulator
import Testing

@Suite struct ConstantChangesTests {
    private let profiles = SimulateCommand.Profile.allCases

    private func failure(of texts: String...) -> ConstantChanges.Failure? {
        do {
            _ = try ConstantChanges(parsing: texts, for: profiles)
            return nil
        } catch { return error }
    }

    @Test func `values of each kind are read exactly`() throws {
        let changes = try ConstantChanges(
            parsing: [
                "graceAfterSleep=2s", "coalesce=1.5ms", "tombstoneAge=36h", "period=1m",
                "shortestWavePause=250us", "relays=5", "highLossPercent=20%", "nackPercent=60",
            ], for: [.lan])
        let changed = changes.applied(to: .lan)
        #expect(changed.graceAfterSleep == .seconds(2))
        #expect(changed.coalesce == .microseconds(1_500))
        #expect(changed.tombstoneAge == .seconds(36 * 3_600))
        #expect(changed.period == .seconds(60))
        #expect(changed.shortestWavePause == .microseconds(250))
        #expect(changed.relays == 5)
        #expect(changed.highLossPercent == 20)
        #expect(changed.nackPercent == 60)
        #expect(CoreConfiguration.lan == ConstantChanges().applied(to: .lan))
    }

    @Test func `the last value of a name counts`() throws {
        let changes = try ConstantChanges(parsing: ["relays=5", "relays=2"], for: [.lan])
        #expect(changes.applied(to: .lan).relays == 2)
    }

    @Test(arguments: ["relays", "", "relays:5"])
    func `what is no name and value is refused`(text: String) {
        #expect(failure(of: text) == .malformed(text))
    }

    @Test func `an unknown name is refused, and the message can name another`() {
        let unknown = failure(of: "graceAfterSlep=2s")
        #expect(unknown == .unknown(name: "graceAfterSlep"))
        #expect(
            unknown?.text(suggestion: "graceAfterSleep")
                == "there is no constant 'graceAfterSlep'; did you mean graceAfterSleep? "
                + "(--set help lists all)")
    }

    @Test(
        arguments: [
            "relays=", "relays=-1", "relays=+1", "relays=65", "relays=2.5", "relays=2s",
            "relays=99999999999999999999", "highLossPercent=101%", "highLossPercent=%",
            "period=", "period=s", "period=1", "period=.5s", "period=1.s", "period=1.5.5s",
            "period=-1s", "period=1d", "period=0s", "period=2h", "period=9223372036854775807h",
            "period=1.0000000001s", "period=\u{661}s", "period=1 s",
        ])
    func `a value that is none, or out of bounds, is refused with the bounds`(text: String) throws {
        let name = String(text.prefix { $0 != "=" })
        let refusal = try #require(failure(of: text))
        guard case .unfit(name, _, let wanted) = refusal else {
            Issue.record("\(refusal)")
            return
        }
        #expect(wanted.contains(" from ") && wanted.contains(" to "))
    }

    @Test func `values that contradict each other are refused with the relation`() {
        let refusal = failure(of: "shortestSuspicion=9s")
        #expect(
            refusal == .contradiction("shortestSuspicion is at most longestSuspicion"))
        // Enough for one profile is not enough for another.
        #expect(failure(of: "longestSuspicion=2500ms") != nil)
    }

    @Test func `every constant can be set to the value that it has`() throws {
        for profile in profiles {
            let texts = Constant.all.map { "\($0.name)=\($0.text(in: profile.configuration))" }
            let changes = try ConstantChanges(parsing: texts, for: [profile])
            #expect(changes.applied(to: profile.configuration) == profile.configuration)
        }
    }

    @Test func `a changed constant changes a run`() throws {
        func transcript(_ settings: String...) throws -> [String] {
            var options = SimulateCommand.RunOptions()
            options.nodes = 4
            options.duration = .seconds(12)
            options.faults = "5s kill n3"
            options.changes = try ConstantChanges(parsing: settings, for: [.lan])
            let lines = Lines()
            _ = try SimulateCommand.run(options, to: .init(line: { lines.add($0) }))
            return lines.all
        }
        #expect(try transcript() == transcript("relays=3"))
        #expect(try transcript() != transcript("shortestSuspicion=1s"))
    }
}
