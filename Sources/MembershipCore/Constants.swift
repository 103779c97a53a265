import MembershipWire

/// One number of the protocol's rules: what it means, how far it may be moved, and why it is what it
/// is. `iridium simulate --set` changes it for a run, and the table of Specs/Protocol.md shows it.
package struct Constant: Sendable {
    /// The property of `CoreConfiguration`.
    package let name: String
    package let value: Value
    package let meaning: String
    package let reason: String
    /// The table of Specs/Protocol.md that measures it; nil where it has been reasoned only.
    package let table: Character?

    /// Where the value is kept, and its bounds.
    package enum Value: Sendable {
        case duration(
            any WritableKeyPath<CoreConfiguration, Duration> & Sendable, ClosedRange<Duration>)
        case count(any WritableKeyPath<CoreConfiguration, Int> & Sendable, ClosedRange<Int>)
        case percent(any WritableKeyPath<CoreConfiguration, Int> & Sendable, ClosedRange<Int>)
    }

    fileprivate init(
        _ name: String, _ value: Value, _ meaning: String, _ reason: String,
        _ table: Character? = nil
    ) {
        self.name = name
        self.value = value
        self.meaning = meaning
        self.reason = reason
        self.table = table
    }

    /// A topic and its constants, in the order of `CoreConfiguration`.
    package struct Group: Sendable {
        package let title: String
        package let constants: [Constant]
    }
}

extension Constant {
    /// All of them. A test compares them with the properties of `CoreConfiguration`.
    package static let groups = [
        Group(title: "Probing", constants: probing),
        Group(title: "Self-doubt", constants: selfDoubt),
        Group(title: "Slow members", constants: slowMembers),
        Group(title: "Suspicion", constants: suspicion),
        Group(title: "Accounts", constants: accounts),
        Group(title: "Members that do not answer", constants: unanswering),
        Group(title: "Gossip", constants: gossip),
        Group(title: "Comparing views", constants: comparingViews),
        Group(title: "Member state", constants: memberState),
        Group(title: "Streams", constants: streams),
        Group(title: "Entering and leaving", constants: entrance),
        Group(title: "Keys", constants: keys),
        Group(title: "The table", constants: table),
        Group(title: "Lifelines", constants: lifelines),
    ]

    /// Times that a rule waits: from a tick of the simulator to an hour.
    private static let times: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)
    private static let counts = 1...1_000_000
    private static let percents = 0...100

    private static let probing = [
        Constant(
            "period", .duration(\.period, .milliseconds(10) ... .seconds(3600)),
            "one heartbeat to one member per period",
            "bytes at rest against time to the first failed probe", "A"),
        Constant(
            "shortestDirectTimeout", .duration(\.shortestDirectTimeout, times),
            "t1, the time for a direct ack, is never shorter", "above a scheduling hiccup"),
        Constant(
            "longestDirectTimeout", .duration(\.longestDirectTimeout, times),
            "t1 is never longer", "it bounds detection"),
        Constant(
            "roundTripsInTimeout", .count(\.roundTripsInTimeout, 1...100),
            "t1 in median round trips", "one round trip varies by less than a factor of four"),
        Constant(
            "timeoutMargin", .duration(\.timeoutMargin, times),
            "what t1 adds to the round trips", "the process at the other end may be scheduled late"),
        Constant(
            "roundTripMemory", .count(\.roundTripMemory, counts),
            "acks over which the typical round trip is averaged",
            "used only for members that have not answered yet"),
        Constant(
            "shortestIndirectTimeout", .duration(\.shortestIndirectTimeout, times),
            "t2, the time for indirect acks, is 2 t1 and never shorter",
            "a relay's own round trip, and one for the answer"),
        Constant(
            "relays", .count(\.relays, 0...64), "members asked for an indirect probe: SWIM's k",
            "a fourth and fifth cost more than they save", "C"),
        Constant(
            "nackPercent", .percent(\.nackPercent, 1...100),
            "share of t2 after which a relay answers with a nack",
            "the nack must arrive before t2 is over"),
        Constant(
            "shortestRelayWait", .duration(\.shortestRelayWait, times),
            "how long a relay waits for the target, at least", "a requester may ask for any time"),
        Constant(
            "longestRelayWait", .duration(\.longestRelayWait, times),
            "how long a relay waits for the target, at most", "a requester may ask for any time"),
        Constant(
            "highLossPercent", .percent(\.highLossPercent, percents),
            "direct heartbeats unanswered above which a probe gets more rounds",
            "15 % there and back is 8 % one way: one silence proves little there", "B"),
        Constant(
            "lossMemory", .count(\.lossMemory, 1...1000),
            "probes over which the loss is averaged",
            "a quarter of a minute: a storm is noticed while it lasts"),
        Constant(
            "indirectRoundsUnderLoss", .count(\.indirectRoundsUnderLoss, 1...16),
            "indirect rounds of a probe where the loss is high",
            "156 false suspicions a minute with one round, 3 with three", "B"),
        Constant(
            "outgoingCalls", .count(\.outgoingCalls, 0...1024),
            "TCP fallback probes at once", "a dead rack must not open a thousand sockets", "B"),
        Constant(
            "callPatience", .duration(\.callPatience, times),
            "how long a TCP fallback probe may take", "the handshake may lose a segment twice", "B"),
        Constant(
            "streamOnlyAnswers", .count(\.streamOnlyAnswers, counts),
            "probes in a row answered by TCP only before that is reported",
            "one may be chance, two hardly are"),
        Constant(
            "openHeartbeatAge", .duration(\.openHeartbeatAge, times),
            "how long an ack to a heartbeat counts",
            "longer than t2 of a slow member"),
        Constant(
            "heartbeatBytes", .count(\.heartbeatBytes, 64...Bounds.plaintextBytes.upperBound),
            "plaintext up to which rumors travel on a heartbeat",
            "a heartbeat must not become a large datagram"),
        Constant(
            "deadCallPeriods", .count(\.deadCallPeriods, counts),
            "periods between two heartbeats to a dead member; fewer if many are dead",
            "half a cluster finds the other within a second", "F"),
        Constant(
            "clockJump", .duration(\.clockJump, times),
            "a wall clock that moves by more restarts the probe schedule",
            "NTP slews by less in a period"),
    ]

    private static let selfDoubt = [
        Constant(
            "lateTimer", .duration(\.lateTimer, times),
            "a timer that is later shows that the process slept", "above scheduling"),
        Constant(
            "graceAfterSleep", .duration(\.graceAfterSleep, .zero ... .seconds(3600)),
            "how long a node that has slept neither accuses nor declares dead", "one period"),
        Constant(
            "deadlinesAtOnce", .count(\.deadlinesAtOnce, counts),
            "deadlines handled in one call", "a call must end"),
        Constant(
            "worstHealth", .count(\.worstHealth, 0...64),
            "local health (Lifeguard's LHM) is never worse", "Lifeguard's S"),
        Constant(
            "ownFaultRun", .count(\.ownFaultRun, counts),
            "members whose probes failed in a row, with no answer between: the link of this node is at fault",
            "a node that receives nothing declares no other member dead", "H"),
        Constant(
            "patienceWithOwnLink", .duration(\.patienceWithOwnLink, times),
            "how long accusations and deaths wait if the link of this node is at fault",
            "longer than most broken links last; then the others really are gone", "H"),
        Constant(
            "restartRun", .count(\.restartRun, counts),
            "failed probes in a row after which the next answer restarts the suspicions of this node",
            "the measurements were of the link of this node"),
        Constant(
            "restartSilence", .duration(\.restartSilence, times),
            "the shortest silence after which that happens", "a shorter one is bad luck"),
    ]

    private static let slowMembers = [
        Constant(
            "slowAnswer", .duration(\.slowAnswer, times),
            "an ack or an own timer that is later shows a starved process",
            "a hundred LAN round trips; under the upper bound of t1", "D"),
        Constant(
            "lateRefutationPercent", .percent(\.lateRefutationPercent, percents),
            "share of Tmin after which a refutation is late", "half of the time it had", "D"),
        Constant(
            "massDeathPercent", .percent(\.massDeathPercent, percents),
            "share of the members dead from which a return from the dead shows no slowness",
            "then the network was slow"),
        Constant(
            "slownessMemory", .duration(\.slownessMemory, .zero ... .seconds(3600)),
            "how long a member counts as slow", "slowness comes in runs", "D"),
        Constant(
            "indirectTimeoutOfSlow", .duration(\.indirectTimeoutOfSlow, times),
            "t2 of a slow member", "longer than the pauses of a starved process", "D"),
        Constant(
            "slowSuspicionFactor", .count(\.slowSuspicionFactor, 1...100),
            "Tmin of a slow member, in Tmin", "as long as one accuser usually has", "D"),
        Constant(
            "shortestSuspicionOfSlow", .duration(\.shortestSuspicionOfSlow, times),
            "Tmin of a slow member is never shorter", "above the pauses of table D", "D"),
        Constant(
            "degradedRun", .count(\.degradedRun, counts),
            "members in a row that answer late before a node states that it is slow",
            "one may be slow; three hardly"),
        Constant(
            "degradedPause", .duration(\.degradedPause, times),
            "between two such statements of a node", "twice within the memory of it"),
    ]

    private static let suspicion = [
        Constant(
            "shortestSuspicion", .duration(\.shortestSuspicion, times),
            "Tmin, a suspicion with a quorum of accusers: the user's `tolerance`",
            "how long a pause may be that passes unseen", "A"),
        Constant(
            "longestSuspicion", .duration(\.longestSuspicion, times),
            "Tmax, a suspicion with one accuser or hearsay", "4 Tmin", "A"),
        Constant(
            "quorum", .count(\.quorum, 1...3),
            "accusers that make a suspicion shortest; at most N - 2",
            "two accusers may share one broken switch, and a third costs no time", "H"),
        Constant(
            "witnesses", .count(\.witnesses, 0...counts.upperBound),
            "members, of all, that probe a suspect themselves",
            "three of six are enough for the quorum under 20 % loss", "H"),
        Constant(
            "finalCheckMembers", .count(\.finalCheckMembers, 0...64),
            "members asked before one is declared dead",
            "perhaps only this node has missed a refutation"),
        Constant(
            "listeningMembers", .count(\.listeningMembers, 1...64),
            "members sent a heartbeat while a death waits for any ack",
            "a starved observer must not declare deaths", "D"),
        Constant(
            "listeningPause", .duration(\.listeningPause, times),
            "between two such rounds", "a quarter of a second costs next to nothing", "D"),
        Constant(
            "verdictRecheck", .duration(\.verdictRecheck, times),
            "pause until a postponed death is considered again", "the same"),
        Constant(
            "postponementFactor", .count(\.postponementFactor, 1...100),
            "the longest postponement of a death, in Tmax",
            "a suspect that answers us is alive, and one that keeps being accused may not be"),
        Constant(
            "timeToRefutePercent", .percent(\.timeToRefutePercent, percents),
            "share of a node's patience before it believes another's verdict",
            "an honest one comes later; an invented one gives no time to refute"),
        Constant(
            "refutationPause", .duration(\.refutationPause, times),
            "between two refutations; a quarter of Tmin if that is shorter",
            "a claim costs nothing, its answer a signature and a write"),
        Constant(
            "tellingPause", .duration(\.tellingPause, times),
            "between two corrections sent to one member", "a round trip in a wan"),
        Constant(
            "refutedAccusations", .count(\.refutedAccusations, 1...64),
            "refuted accusations after which an accuser is not counted",
            "two may be bad luck"),
        Constant(
            "refutationMemory", .duration(\.refutationMemory, times),
            "the time in which these count, and for which the accuser is not counted",
            "longer than a bad link usually is bad"),
        Constant(
            "silencedPercent", .percent(\.silencedPercent, percents),
            "share of accusers not counted above which all are counted",
            "then the network loses heartbeats"),
        Constant(
            "accusersRemembered", .count(\.accusersRemembered, counts),
            "accusers whose refutations are remembered", "memory"),
        Constant(
            "equivocationsKept", .count(\.equivocationsKept, counts),
            "members whose contradictory statements are kept", "memory"),
    ]

    private static let accounts = [
        Constant(
            "checkBurst", .count(\.checkBurst, counts),
            "signatures that one member can make a node check at once, and all that never answered together",
            "a crowd that joins by one seed is announced by that seed"),
        Constant(
            "checkPause", .duration(\.checkPause, times), "pause for each further signature",
            "200 a second cost 1 to 2 % of a core"),
        Constant(
            "falseSignatures", .count(\.falseSignatures, 1...1000),
            "false signatures after which the items of a member are ignored",
            "an honest member passes on only items that it has checked"),
        Constant(
            "distrust", .duration(\.distrust, times),
            "the time in which these count, and for which the items are ignored",
            "each minute costs three checks"),
        Constant(
            "statementBurst", .count(\.statementBurst, counts),
            "new statements of one member taken in at once",
            "a member that is accused by many refutes"),
        Constant(
            "statementPause", .duration(\.statementPause, times),
            "pause for each further statement; of those that come faster the newest waits",
            "an honest member refutes five times a second at most"),
        Constant(
            "renameBurst", .count(\.renameBurst, counts),
            "new names, and new boots, of one member taken in at once",
            "a process that crashes as it starts is restarted every second or so"),
        Constant(
            "renamePause", .duration(\.renamePause, times),
            "pause for each further name and for each further boot",
            "each is an event and a warning at every node"),
        Constant(
            "toldProbePause", .duration(\.toldProbePause, times),
            "between two probes that a node makes because a member states without proof that another is dead",
            "such a statement costs nothing"),
        Constant(
            "relaysPerRequester", .count(\.relaysPerRequester, counts),
            "indirect probes at once for one member", "a round asks for three"),
        Constant(
            "accountsKept", .count(\.accountsKept, counts),
            "members with an account; of those that never answered a quarter as many", "memory"),
    ]

    private static let unanswering = [
        Constant(
            "wordsBelieved", .count(\.wordsBelieved, 0...100),
            "suspicions of a member that its word alone ends, since it last answered",
            "one is a mistake of others, two are bad luck; then only an answer shows a process"),
        Constant(
            "unansweringTargets", .count(\.unansweringTargets, counts),
            "targets of news of which at most one is an unanswering member",
            "news still reaches a member that hears and is not heard"),
        Constant(
            "unansweringProbes", .count(\.unansweringProbes, counts),
            "living members for each unanswering one, below which each period has a separate probe of an unanswering member",
            "their answers are waited for, and a crash of another is found in time"),
        Constant(
            "looksAtOnce", .count(\.looksAtOnce, counts),
            "probes at once, beside the schedule, of members that have not answered",
            "they take relays from other probes"),
        Constant(
            "looksAfterFailure", .count(\.looksAfterFailure, 0...100),
            "new members that are probed at once when one that never answered fails a probe",
            "60 invented members are known as such within seconds"),
        Constant(
            "unspreadLooks", .count(\.unspreadLooks, counts),
            "members that may all probe one member at one moment", "a burst that any socket holds"),
        Constant(
            "lookSpread", .duration(\.lookSpread, times),
            "time for each of them over which the probes are spread if there are more, at most a period",
            "1,000 probes a second reach one member"),
        Constant(
            "claimPause", .duration(\.claimPause, times),
            "pause until the word of a dead member is considered again",
            "one signature and one probe a second"),
        Constant(
            "unheardHeartbeats", .count(\.unheardHeartbeats, counts),
            "open heartbeats without any answer at which a node that is called dead doubts its address",
            "after a pause there are fewer"),
        Constant(
            "addressReportPause", .duration(\.addressReportPause, times),
            "between two reports that our own address cannot be called", "a line a minute"),
        Constant(
            "newcomerBurst", .count(\.newcomerBurst, counts),
            "unknown members that one teller may bring by datagram at once, and all that never answered by stream",
            "many join at one moment; a sync brings what is beyond"),
        Constant(
            "newcomersPerSecond", .count(\.newcomersPerSecond, counts),
            "further ones a second", "fewer than are probed meanwhile"),
        Constant(
            "introductionBurst", .count(\.introductionBurst, counts),
            "unknown members that may introduce themselves at once",
            "a thousand that join together"),
        Constant(
            "introductionsPerSecond", .count(\.introductionsPerSecond, counts),
            "further ones a second", "as many as questions to unknown boots"),
        Constant(
            "tellersRemembered", .count(\.tellersRemembered, counts),
            "tellers with a separate measure", "memory"),
    ]

    private static let gossip = [
        Constant(
            "coalesce", .duration(\.coalesce, .microseconds(100) ... .seconds(60)),
            "how long news waits for company before its first wave",
            "a round trip, paid at every hop", "G"),
        Constant(
            "repairGap", .duration(\.repairGap, .microseconds(100) ... .seconds(60)),
            "from the first wave of a rumor to the second; doubles each time",
            "a few round trips, paid by a member that was missed", "G"),
        Constant(
            "firstWave", .count(\.firstWave, 1...64), "members the first wave goes to",
            "the smallest that leaves no member to the third wave", "E"),
        Constant(
            "repairWave", .count(\.repairWave, 1...64), "members each later wave goes to",
            "four are no quicker", "G"),
        Constant(
            "extraSends", .count(\.extraSends, 0...64), "sends of a rumor beyond ln N",
            "one rumor in a hundred or fewer misses a member, and the digest finds it", "G"),
        Constant(
            "sendsPerMember", .count(\.sendsPerMember, 1...64),
            "the most sends of a rumor for each other member", "tiny clusters"),
        Constant(
            "longestGapDoubling", .count(\.longestGapDoubling, 0...20),
            "the most doublings of the gap between waves", "a later wave reaches no new member"),
        Constant(
            "busyRumors", .count(\.busyRumors, counts),
            "rumors waiting from which news waits longer for company",
            "a full datagram instead of many"),
        Constant(
            "busyFactor", .count(\.busyFactor, 1...1000), "how much longer",
            "half a datagram's worth"),
        Constant(
            "bulkRecords", .count(\.bulkRecords, counts),
            "records waiting from which records wait longest and get one wave",
            "a crowd is joining: sync does the rest"),
        Constant(
            "bulkFactor", .count(\.bulkFactor, 1...1000), "how much longer", "full datagrams", "F"),
        Constant(
            "bulkStates", .count(\.bulkStates, counts),
            "states on their way from which a further state goes to two members at a time, with longer gaps",
            "each version of a busy member is soon replaced by the next", "K"),
        Constant(
            "bulkStateWave", .count(\.bulkStateWave, 0...10),
            "waves that such a state begins behind, so that its first gap is 128 ms",
            "a member that publishes without a pause has its next version out by then", "K"),
        Constant(
            "gossipPerSecond", .count(\.gossipPerSecond, 1...1_000_000),
            "datagrams of gossip a second, and at once", "265 kB/s at worst"),
        Constant(
            "shortestWavePause", .duration(\.shortestWavePause, .microseconds(1) ... .seconds(1)),
            "between two looks at the rumors", "a timer that is due at once would run in circles"),
        Constant(
            "messageHops", .count(\.messageHops, 1...255), "time-to-live of a user message",
            "ln N hops reach all; it ends a loop of the filter's"),
        Constant(
            "messagesPerSecond", .count(\.messagesPerSecond, 1...100_000),
            "messages to single members that a node sends in a second, and at once",
            "1.3 MB/s at worst; a receiver takes twice as many at once"),
        Constant(
            "messagesPerMember", .count(\.messagesPerMember, 1...100_000),
            "of these to one member", "ten members fill the measure, and one does not"),
    ]

    private static let comparingViews = [
        Constant(
            "quietBeforeSync", .duration(\.quietBeforeSync, times),
            "how long a node's view must be unchanged before a different digest means anything",
            "four times the spread of a rumor"),
        Constant(
            "quietWhileJoining", .duration(\.quietWhileJoining, times),
            "the same during a join", "a join waits for equal views", "F"),
        Constant(
            "longestQuiet", .duration(\.longestQuiet, times),
            "the longest wait for such a quiet before a sync",
            "joins that come one after the other leave no quiet", "F"),
        Constant(
            "longestQuietFactor", .count(\.longestQuietFactor, 1...100),
            "the same, in such quiets; the shorter of the two counts", "300 ms during a join", "F"),
        Constant(
            "outgoingSyncs", .count(\.outgoingSyncs, counts), "own syncs at once", "memory"),
        Constant(
            "syncRetry", .duration(\.syncRetry, times), "how long a further sync waits", "one sync"
        ),
        Constant(
            "firstSyncRest", .duration(\.firstSyncRest, times),
            "pause before a sync with the same member that brought nothing; doubles",
            "two that cannot agree must not talk for ever"),
        Constant(
            "longestSyncRest", .duration(\.longestSyncRest, times), "longest such pause",
            "half a minute is soon enough"),
        Constant(
            "syncRestsKept", .count(\.syncRestsKept, counts),
            "members for which such pauses are kept",
            "memory"),
    ]

    private static let memberState = [
        Constant(
            "stateBurst", .count(\.stateBurst, 1...1000),
            "versions of its state that a member publishes at once",
            "writes that come on top become one version"),
        Constant(
            "statePause", .duration(\.statePause, .milliseconds(2) ... .seconds(3600)),
            "pause for each further version; a receiver takes twice as many",
            "each costs every member a check of a signature"),
        Constant(
            "stateRumorBytes", .count(\.stateRumorBytes, 0...1_100),
            "entries of a state up to which they travel in a rumor",
            "one datagram; a larger change is fetched by stream"),
        Constant(
            "stateWholeBytes", .count(\.stateWholeBytes, 0...1_100),
            "entries of a state up to which a rumor always carries all of them",
            "a member that has missed versions needs no stream"),
        Constant(
            "stateVersionsTold", .count(\.stateVersionsTold, 1...1000),
            "newest versions whose changes a rumor of a larger state carries",
            "the next rumor makes up for a missed one"),
        Constant(
            "stateFetchDelay", .duration(\.stateFetchDelay, times),
            "from a version that cannot be applied to the call of the member that sent it",
            "the rumor that it needs may be on its way"),
        Constant(
            "stateFetchPause", .duration(\.stateFetchPause, times),
            "between two such calls", "ten handshakes a second cost 1 to 2 % of a core"),
        Constant(
            "stateNewsKept", .count(\.stateNewsKept, counts),
            "members of whom such a version is remembered", "memory; the hash finds the others"),
        Constant(
            "quietBeforeStates", .duration(\.quietBeforeStates, times),
            "how long states and views must have been unchanged before states are compared",
            "rumors arrive within a tenth of it"),
        Constant(
            "outgoingStateSyncs", .count(\.outgoingStateSyncs, 1...64),
            "streams for states that a node opens at once", "as for views"),
        Constant(
            "statesHeldBytes", .count(\.statesHeldBytes, 0...(1 << 30)),
            "bytes of all states together; of further ones only the version is kept",
            "16,384 members of 4 kB each"),
    ]

    private static let streams = [
        Constant(
            "streamPatience", .duration(\.streamPatience, times),
            "how long a stream may take in all",
            "16,384 records over a slow link"),
        Constant(
            "incomingHandshakes", .count(\.incomingHandshakes, counts),
            "streams of others at once before their JOIN",
            "HELLO shows no identity, so it takes no place of a conversation"),
        Constant(
            "incomingStreams", .count(\.incomingStreams, counts),
            "streams of others at once, from JOIN on",
            "a seed serves 1,000 callers in a second", "F"),
        Constant(
            "incomingMessages", .count(\.incomingMessages, counts), "of which messages",
            "16 MiB of messages at most"),
        Constant(
            "messagesOfOneCaller", .count(\.messagesOfOneCaller, counts), "of which of one member",
            "one member does not hold all places"),
        Constant(
            "incomingSyncs", .count(\.incomingSyncs, counts), "of which syncs",
            "joins find room"),
        Constant(
            "incomingStreamsOfStrangers", .count(\.incomingStreamsOfStrangers, counts),
            "of the 64, those of members that have never answered",
            "a crowd that joins needs most places, and identities cost nothing"),
        Constant(
            "incomingSyncsOfStrangers", .count(\.incomingSyncsOfStrangers, counts),
            "of the syncs, the same", "members go on to compare their views"),
        Constant(
            "conversationsOfOneCaller", .count(\.conversationsOfOneCaller, counts),
            "streams of one member and purpose, from JOIN on; a third ends the oldest",
            "one may be left from before the member lost its connection"),
        Constant(
            "conversationSilence", .duration(\.conversationSilence, times),
            "a stream that was silent for this long gives its place to a caller, if all are taken",
            "as long as a handshake may take"),
        Constant(
            "chunksPerStream", .count(\.chunksPerStream, counts),
            "messages with items of one stream",
            "a peer list of the most entries, with room to spare"),
    ]

    private static let entrance = [
        Constant(
            "joinPatience", .duration(\.joinPatience, times),
            "how long a join waits for acks and equal views", "then the join says what is missing"),
        Constant(
            "joinHeartbeats", .count(\.joinHeartbeats, 1...64),
            "members beside the seed sent a heartbeat in each round of a join",
            "datagrams must pass to others too"),
        Constant(
            "joinConfirmations", .count(\.joinConfirmations, 1...64),
            "equal views that complete a join; at most N - 1", "the seed and three others"),
        Constant(
            "shortestJoinPause", .duration(\.shortestJoinPause, times),
            "between two rounds of a join, at least", "no two newcomers in step"),
        Constant(
            "longestJoinPause", .duration(\.longestJoinPause, times), "at most",
            "no two newcomers in step"),
        Constant(
            "firstSeedPause", .duration(\.firstSeedPause, times),
            "pause until a seed that is not alive in the view is asked again; doubles",
            "it comes up in its own time", "F"),
        Constant(
            "firstBusySeedPause", .duration(\.firstBusySeedPause, times),
            "pause until a busy seed is asked again; doubles",
            "it has room in milliseconds", "F"),
        Constant(
            "longestSeedPause", .duration(\.longestSeedPause, times), "longest such pause",
            "half a minute is soon enough"),
        Constant(
            "seedJitterPercent", .percent(\.seedJitterPercent, percents),
            "chance in the pause before a seed is asked again", "no two in step"),
        Constant(
            "busySeedJitterPercent", .percent(\.busySeedJitterPercent, percents),
            "the same for a busy seed", "a crowd thins out", "F"),
        Constant(
            "introductionPause", .duration(\.introductionPause, times),
            "between two introductions to one member", "others can ask in its name"),
        Constant(
            "questionsPerSecond", .count(\.questionsPerSecond, counts),
            "strangers asked who they are, a second", "a node is of no use for flooding"),
        Constant(
            "questionPause", .duration(\.questionPause, times),
            "between two questions to one source",
            "a node is of no use for flooding"),
        Constant(
            "unprovenBurst", .count(\.unprovenBurst, counts),
            "frames sent at once to an address that has not been proved",
            "the answers to a newcomer that is just joining"),
        Constant(
            "unprovenPause", .duration(\.unprovenPause, times), "pause for each further frame",
            "an address may be a victim's"),
        Constant(
            "unprovenAddresses", .count(\.unprovenAddresses, counts),
            "such addresses with a measure each; the others share one", "memory"),
        Constant(
            "duplicateCallPause", .duration(\.duplicateCallPause, times),
            "before a node calls a second process of its identity that it has not replaced",
            "the later process, which has, calls within that time"),
        Constant(
            "duplicateCallSpan", .duration(\.duplicateCallSpan, times),
            "how long a node that has replaced a boot of its identity calls every other such boot at once",
            "a copy that has stopped may still be listed when the next one joins"),
        Constant(
            "claimCallPause", .duration(\.claimCallPause, times),
            "between two calls to members that state the boot of another entry",
            "statements cost nothing; one call shows whose boot it is"),
        Constant(
            "claimedBootPause", .duration(\.claimedBootPause, times),
            "between two new boots because another member states the present one",
            "frames to only one earlier boot are still opened for this time"),
        Constant(
            "leavePatience", .duration(\.leavePatience, times),
            "how long a farewell with one confirmation waits for more",
            "one member tells the others; another one may have crashed"),
        Constant(
            "leavePatienceAlone", .duration(\.leavePatienceAlone, times),
            "how long a farewell waits for its first confirmation",
            "ten rounds to six members are all lost only if no member is left"),
        Constant(
            "leaveConfirmations", .count(\.leaveConfirmations, 1...64),
            "acks that let a process end", "one may come from a member that crashes next"),
        Constant(
            "farewellPause", .duration(\.farewellPause, times), "between two rounds of a farewell",
            "a round trip in a wan"),
        Constant(
            "leaveRecheck", .duration(\.leaveRecheck, times),
            "a confirmed farewell looks again whether its rumor has left", "the first repair gap"),
    ]

    private static let keys = [
        Constant(
            "keysDifference", .duration(\.keysDifference, times),
            "how long a member shows another keyring hash before it is called; then doubles",
            "news of a rotation is on its way for less"),
        Constant(
            "keysDifferenceWhileJoining", .duration(\.keysDifferenceWhileJoining, times),
            "the same during a join", "the joining node is behind, almost certainly"),
        Constant(
            "longestKeysPause", .duration(\.longestKeysPause, times),
            "longest pause before the same member is called again",
            "a member that cannot store a key must not be called by all for ever"),
        Constant(
            "keysPatience", .duration(\.keysPatience, times),
            "how long an exchange of keys may take",
            "its disks included"),
        Constant(
            "outgoingCallsBehind", .count(\.outgoingCallsBehind, counts),
            "members that used a retired key and are called at once", "sockets"),
        Constant(
            "callBehindPause", .duration(\.callBehindPause, times),
            "between two calls to one such member", "its heartbeats come each second"),
    ]

    private static let table = [
        Constant(
            "memberLimit", .count(\.memberLimit, 2...Bounds.entitled),
            "living members a node holds", "memory"),
        Constant(
            "tombstoneLimit", .count(\.tombstoneLimit, counts),
            "dead and left members it holds beside them", "memory"),
        Constant(
            "tombstoneAge", .duration(\.tombstoneAge, .seconds(1) ... .seconds(366 * 24 * 3600)),
            "how long they are kept", "longer than a rumor or a laptop sleeps"),
        Constant(
            "sharedTombstoneAge",
            .duration(\.sharedTombstoneAge, .seconds(1) ... .seconds(366 * 24 * 3600)),
            "how long they count in the digest and travel in lists",
            "nodes must not feed each other tombstones for ever"),
        Constant(
            "tombstoneCheck", .duration(\.tombstoneCheck, times),
            "how often their age is checked",
            "a minute late is no harm"),
        Constant(
            "tombstoneParts", .count(\.tombstoneParts, counts),
            "parts of a full table of which a living newcomer removes one",
            "sorting them all for each newcomer would be dear"),
        Constant(
            "nameRace", .duration(\.nameRace, .zero ... .seconds(3600)),
            "time within which newcomers of one name count as coming at one moment",
            "longer than a sync takes to bring what a rumor has missed"),
    ]
}

extension Constant {
    package func isWithinBounds(in configuration: CoreConfiguration) -> Bool {
        switch value {
        case .duration(let path, let bounds): bounds.contains(configuration[keyPath: path])
        case .count(let path, let bounds), .percent(let path, let bounds):
            bounds.contains(configuration[keyPath: path])
        }
    }

    private static let lifelines = [
        Constant(
            "lifelinesHeld", .count(\.lifelinesHeld, 0...8),
            "next members in the circle of ids that a node watches; 0: no lifelines",
            "with one, 11 % of the dead of a storm are left unwatched; a third wins 0.1 s there"),
        Constant(
            "lifelinesAccepted", .count(\.lifelinesAccepted, 1...1_024),
            "lifelines that a node accepts", "with random ids, 5 to 7 are the most"),
        Constant(
            "lifelinesOpening", .count(\.lifelinesOpening, 1...64),
            "lifelines being opened at once", "a circle that changes much must not open a crowd"),
        Constant(
            "shortestCirclePause", .duration(\.shortestCirclePause, times),
            "from a change of the circle to the opening of a lifeline, at least",
            "one change is seldom alone"),
        Constant(
            "longestCirclePause", .duration(\.longestCirclePause, times),
            "and at most", "no two neighbors in step"),
        Constant(
            "longestLifelinePause", .duration(\.longestLifelinePause, times),
            "the longest pause before a member that could not be reached is tried again; the pauses are 1, 2, 4 … s",
            "a member behind a filter costs two packets in half a minute"),
        Constant(
            "goneWindow", .duration(\.goneWindow, times),
            "W: how long a member that is accused of being gone has to answer",
            "a refutation must fit: four round trips and a rumor"),
        Constant(
            "knocksAtOnce", .count(\.knocksAtOnce, 1...1_024), "members knocked at at once",
            "a refusal comes within a round trip: 16 at once are thousands a second"),
        Constant(
            "knocksWaiting", .count(\.knocksWaiting, counts), "members that wait for their turn",
            "what would fall back to silence would be late"),
        Constant(
            "massGone", .count(\.massGone, counts),
            "members accused of being gone within a second above which W is doubled",
            "a filter that begins to refuse and a loss that begins with it look like death"),
        Constant(
            "checksAtOnce", .count(\.checksAtOnce, counts),
            "living members above which checks on hearsay are spread over N / 20 ms",
            "ten thousand knocks within 60 ms are too much for one machine"),
        Constant(
            "goneShowing", .duration(\.goneShowing, times),
            "from the last such verdict to a heartbeat to two random members",
            "the rumor misses one member in 150"),
        Constant(
            "quietAfterGone", .duration(\.quietAfterGone, times),
            "quiet before a sync while such a verdict is younger than 3 s", "the same"),
        Constant(
            "extraSendsOfGone", .count(\.extraSendsOfGone, 0...64),
            "further sends of GONE, and of the record of a member that is back, if little else waits",
            "a member that it misses learns of the death or the return a second later"),
    ]
}
