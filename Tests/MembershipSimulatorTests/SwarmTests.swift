import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

@Suite struct SwarmTests {
    /// The command `iridium simulate swarm` runs as many seeds as one likes.
    @Test func `random worlds with random trouble break no rule, and go as before`() async throws {
        var search = SwarmSearch(firstSeed: 0, count: 256, workers: 2)
        while !search.isDone {
            for failing in await search.goOn(progress: { _, _, _ in }) {
                Issue.record("\(Swarm.report(failing))")
            }
        }
        let fingerprint = hexadecimal(search.fingerprint.value, digits: 16)
        try Golden.compare(
            "seeds 0 to 255: fingerprint \(fingerprint)\n",
            with: "Tests/MembershipSimulatorTests/swarm-fingerprint.txt")
    }

    @Test func `worlds whose members publish states end with equal states`() {
        for seed in 1...12 as ClosedRange<UInt64> {
            let plan = SwarmPlan(
                seed: seed, holdsLifelines: seed.isMultiple(of: 3), publishesState: true)
            let outcome = Swarm.run(plan)
            if !outcome.isGood { Issue.record("\(Swarm.report(outcome))") }
        }
    }

    /// The kinds of faults that these plans have after those of the plain ones, which stay as they are.
    private func wordsAdded(
        over seeds: Range<UInt64>, by plan: (UInt64) -> SwarmPlan
    ) -> Set<String> {
        var words: Set<String> = []
        for seed in seeds {
            let (plain, with) = (SwarmPlan(seed: seed), plan(seed))
            #expect(plain.episodes == Array(with.episodes.prefix(plain.episodes.count)))
            #expect(plain.starts == with.starts)
            for planned in with.episodes.dropFirst(plain.episodes.count).flatMap(\.actions) {
                words.insert(planned.action.word)
            }
        }
        return words
    }

    @Test func `plans for members that publish states add only writes`() {
        let words = wordsAdded(over: 0..<300) { SwarmPlan(seed: $0, publishesState: true) }
        #expect(
            words == [
                "state written", "state removed", "restart with memory", "restart without memory",
            ])
    }

    @Test func `seeds that failed once break no rule`() {
        for seed in SeedFile.seeds {
            let outcome = Swarm.run(SwarmPlan(seed: seed))
            if !outcome.isGood { Issue.record("\(Swarm.report(Swarm.shrink(outcome)))") }
        }
    }

    @Test func `a failing plan is shrunk to the episodes that matter`() {
        // A crash that host 1 can never hear of, between two episodes that change nothing.
        var plan = SwarmPlan(seed: 5)
        plan.options = WorldOptions()
        plan.hostCount = 3
        plan.starts = (0..<3).map { PlannedAction(at: .beginning, .start($0)) }
        let cutOff = SwarmPlan.troubleEnds + .milliseconds(1)
        plan.episodes = [
            .init([PlannedAction(after: .seconds(6), .setMetadata(0, [1]))]),
            .init([PlannedAction(at: cutOff, .setHostLoss(1, inbound: .always, outbound: .always))]
            ),
            .init([PlannedAction(after: .seconds(7), .broadcast(2, type: 1, payload: [2]))]),
            .init([PlannedAction(after: .milliseconds(44_900), .crash(2))]),
        ]
        let failing = Swarm.run(plan)
        #expect(!failing.isGood)
        #expect(Swarm.shrink(failing).plan.episodes == [plan.episodes[1], plan.episodes[3]])
    }

    @Test func `plans hold every kind of trouble`() {
        var words: Set<String> = []
        for seed in 0..<2_000 as Range<UInt64> {
            let plan = SwarmPlan(seed: seed)
            for planned in plan.starts + plan.episodes.flatMap(\.actions) {
                words.insert(planned.action.word)
            }
        }
        #expect(
            words == [
                "start", "crash", "vanish", "restart with memory", "restart without memory",
                "pause", "resume, sockets first", "resume, timers first", "leave", "starve",
                "receive late", "send late", "leap", "wrong clock", "loss", "mute", "deaf",
                "isolated", "inbound loss", "outbound loss", "loss both ways", "link loss",
                "no datagrams", "no datagrams at one",
                "cut link", "duplication", "reordering", "latency", "cut", "cut one way", "heal",
                "metadata", "message", "invented members", "word of invented members", "uncallable",
                "callable",
            ])
    }

    @Test func `plans for members with lifelines add what happens to connections`() {
        let words = wordsAdded(over: 0..<1_000) { SwarmPlan(seed: $0, holdsLifelines: true) }
        #expect(
            words == [
                "abort", "remove", "crash", "restart with memory", "restart without memory",
                "exhausted", "has descriptors", "reset of all", "reset of some",
                "connections are refused", "connections are dropped", "connections pass",
                "connections of all are refused", "connections of all pass",
            ])
    }

    @Test func `half a cluster may come at one moment`() throws {
        func crowd(in plan: SwarmPlan) -> SwarmPlan.Episode? {
            plan.episodes.first { episode in
                episode.actions.count > 2
                    && episode.actions.allSatisfy { $0.action.word == "start" }
            }
        }
        let plans = (0..<500 as Range<UInt64>).lazy.map { SwarmPlan(seed: $0) }
        let plan = try #require(plans.first { crowd(in: $0) != nil })
        let late = try #require(crowd(in: plan)).actions
        #expect(Set(late.map(\.time)).count == 1)
        #expect(plan.starts.count + late.count == plan.hostCount)
        #expect(Swarm.run(plan).isGood)
    }

    @Test func `a search tells how far it came and keeps nothing of what went well`() async {
        var search = SwarmSearch(firstSeed: 0, count: 12, workers: 2)
        let failing = await search.goOn { _, _, _ in }
        #expect(failing.isEmpty)
        #expect(search.isDone)
        #expect(search.summary.hasPrefix("12 seeds from 0, "))
        #expect(search.summary.contains("no rule broken"))
    }

    @Test func `one seed makes one plan`() {
        #expect(SwarmPlan(seed: 9).text == SwarmPlan(seed: 9).text)
        #expect(SwarmPlan(seed: 9).text != SwarmPlan(seed: 10).text)
    }
}

extension Action {
    /// Its kind, in so many words as make a difference.
    fileprivate var word: String {
        switch self {
        case .start: "start"
        case .crash: "crash"
        case .vanish: "vanish"
        case .restart(_, let remembers):
            remembers ? "restart with memory" : "restart without memory"
        case .pause: "pause"
        case .resume(_, let order):
            order == .socketsFirst ? "resume, sockets first" : "resume, timers first"
        case .leave: "leave"
        case .starve(_, let receive, let send):
            send == .zero ? "receive late" : receive == .zero ? "send late" : "starve"
        case .leapClock: "leap"
        case .setWallClock: "wrong clock"
        case .setLoss: "loss"
        case .setSeedName: "seeds"
        case .setHostLoss(_, .always, .always): "isolated"
        case .setHostLoss(_, .never, .always): "mute"
        case .setHostLoss(_, .always, .never): "deaf"
        case .setHostLoss(_, .never, _): "outbound loss"
        case .setHostLoss(_, _, .never): "inbound loss"
        case .setHostLoss: "loss both ways"
        case .setDatagramLoss(let host, _): host == nil ? "no datagrams" : "no datagrams at one"
        case .setLinkLoss(_, _, let loss): loss == .always ? "cut link" : "link loss"
        case .setDuplication: "duplication"
        case .setReordering: "reordering"
        case .setLatency: "latency"
        case .cut(_, let isOneWay, _): isOneWay ? "cut one way" : "cut"
        case .heal: "heal"
        case .endFaults: "end"
        case .writeState(_, let entry): entry.value == nil ? "state removed" : "state written"
        case .setMetadata: "metadata"
        case .broadcast: "message"
        case .join: "join"
        case .rotateKeys: "rotate keys"
        case .rename: "rename"
        case .copyIdentity: "copied identity"
        case .accuse: "false accusation"
        case .accuseOfBeingGone: "false accusation of being gone"
        case .conjure: "invented members"
        case .speakForGhosts: "word of invented members"
        case .setUncallable(_, let isUncallable): isUncallable ? "uncallable" : "callable"
        case .abort: "abort"
        case .remove: "remove"
        case .setExhausted(_, let isExhausted): isExhausted ? "exhausted" : "has descriptors"
        case .setConnectionFilter(_, let host, let filter):
            "connections" + (host == nil ? " of all " : " ") + filter.rawValue
        case .resetStreams(let hosts): hosts == nil ? "reset of all" : "reset of some"
        }
    }
}
