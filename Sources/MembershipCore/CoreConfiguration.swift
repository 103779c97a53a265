import MembershipWire

/// Every number of the protocol's rules.
///
/// A value, so that one run can use other numbers than the next (`iridium simulate --set`).
/// `Constants.swift` gives the meaning of each number, its bounds and its reason. The numbers here
/// are those of the `lan` profile; the other profiles change a few. The bounds of a message on the
/// wire are in `Bounds`. Most users need only one of these settings: `tolerance`.
package struct CoreConfiguration: Hashable, Sendable {
    // MARK: Probing
    package var period: Duration = .seconds(1)
    package var shortestDirectTimeout: Duration = .milliseconds(50)
    package var longestDirectTimeout: Duration = .milliseconds(500)
    package var roundTripsInTimeout = 4
    package var timeoutMargin: Duration = .milliseconds(30)
    package var roundTripMemory = 8
    package var shortestIndirectTimeout: Duration = .milliseconds(100)
    package var relays = 3
    package var nackPercent = 75
    package var shortestRelayWait: Duration = .milliseconds(20)
    package var longestRelayWait: Duration = .seconds(2)
    package var highLossPercent = 15
    package var lossMemory = 16
    package var indirectRoundsUnderLoss = 3
    package var outgoingCalls = 4
    package var callPatience: Duration = .seconds(3)
    package var streamOnlyAnswers = 2
    package var openHeartbeatAge: Duration = .seconds(5)
    package var heartbeatBytes = 512
    package var deadCallPeriods = 10
    package var clockJump: Duration = .milliseconds(20)

    // MARK: Self-doubt
    package var lateTimer: Duration = .milliseconds(100)
    package var graceAfterSleep: Duration = .seconds(1)
    package var deadlinesAtOnce = 4_096
    package var worstHealth = 8
    package var ownFaultRun = 3
    package var patienceWithOwnLink: Duration = .seconds(30)
    package var restartRun = 6
    package var restartSilence: Duration = .seconds(3)

    // MARK: Slow members
    package var slowAnswer: Duration = .milliseconds(400)
    package var lateRefutationPercent = 50
    package var massDeathPercent = 25
    package var slownessMemory: Duration = .seconds(60)
    package var indirectTimeoutOfSlow: Duration = .milliseconds(3_500)
    package var slowSuspicionFactor = 4
    package var shortestSuspicionOfSlow: Duration = .seconds(6)
    package var degradedRun = 3
    package var degradedPause: Duration = .seconds(30)

    // MARK: Suspicion
    package var shortestSuspicion: Duration = .seconds(2)
    package var longestSuspicion: Duration = .seconds(8)
    package var quorum = 3
    package var witnesses = 6
    package var finalCheckMembers = 2
    package var listeningMembers = 2
    package var listeningPause: Duration = .milliseconds(250)
    package var verdictRecheck: Duration = .milliseconds(250)
    package var postponementFactor = 2
    package var timeToRefutePercent = 50
    package var refutationPause: Duration = .milliseconds(200)
    package var tellingPause: Duration = .milliseconds(200)
    package var refutedAccusations = 3
    package var refutationMemory: Duration = .seconds(600)
    package var silencedPercent = 25
    package var accusersRemembered = 1_024
    package var equivocationsKept = 64

    // MARK: Accounts
    package var checkBurst = 1_000
    package var checkPause: Duration = .milliseconds(5)
    package var falseSignatures = 3
    package var distrust: Duration = .seconds(60)
    package var statementBurst = 20
    package var statementPause: Duration = .milliseconds(200)
    package var renameBurst = 20
    package var renamePause: Duration = .seconds(10)
    package var toldProbePause: Duration = .seconds(1)
    package var relaysPerRequester = 8
    package var accountsKept = 1_024

    // MARK: Members that do not answer
    package var wordsBelieved = 2
    package var unansweringTargets = 6
    package var unansweringProbes = 8
    package var looksAtOnce = 8
    package var looksAfterFailure = 2
    package var unspreadLooks = 32
    package var lookSpread: Duration = .milliseconds(1)
    package var claimPause: Duration = .seconds(1)
    package var unheardHeartbeats = 3
    package var addressReportPause: Duration = .seconds(60)
    package var newcomerBurst = 64
    package var newcomersPerSecond = 5
    package var introductionBurst = 1_024
    package var introductionsPerSecond = 50
    package var tellersRemembered = 1_024

    // MARK: Gossip
    package var coalesce: Duration = .milliseconds(2)
    package var repairGap: Duration = .milliseconds(8)
    package var firstWave = 6
    package var repairWave = 2
    package var extraSends = 5
    package var sendsPerMember = 2
    package var longestGapDoubling = 10
    package var busyRumors = 4
    package var busyFactor = 5
    package var bulkRecords = 12
    package var bulkFactor = 20
    package var bulkStates = 3
    package var bulkStateWave = 4
    package var gossipPerSecond = 200
    package var shortestWavePause: Duration = .microseconds(100)
    package var messageHops = 16
    package var messagesPerSecond = 1_000
    package var messagesPerMember = 100

    // MARK: Comparing views
    package var quietBeforeSync: Duration = .seconds(1)
    package var quietWhileJoining: Duration = .milliseconds(100)
    package var longestQuiet: Duration = .seconds(2)
    package var longestQuietFactor = 3
    package var outgoingSyncs = 4
    package var syncRetry: Duration = .seconds(1)
    package var firstSyncRest: Duration = .seconds(1)
    package var longestSyncRest: Duration = .seconds(30)
    package var syncRestsKept = 256

    // MARK: Member state
    package var stateBurst = 20
    package var statePause: Duration = .milliseconds(100)
    package var stateRumorBytes = 1_000
    package var stateWholeBytes = 256
    package var stateVersionsTold = 2
    package var stateFetchDelay: Duration = .milliseconds(20)
    package var stateFetchPause: Duration = .milliseconds(100)
    package var stateNewsKept = 256
    package var quietBeforeStates: Duration = .milliseconds(500)
    package var outgoingStateSyncs = 4
    package var statesHeldBytes = 64 << 20

    // MARK: Streams
    package var streamPatience: Duration = .seconds(30)
    package var incomingHandshakes = 160
    package var incomingStreams = 64
    package var incomingMessages = 16
    package var messagesOfOneCaller = 2
    package var incomingSyncs = 16
    package var incomingStreamsOfStrangers = 48
    package var incomingSyncsOfStrangers = 12
    package var conversationsOfOneCaller = 2
    package var conversationSilence: Duration = .seconds(3)
    package var chunksPerStream = 16_384

    // MARK: Entering and leaving
    package var joinPatience: Duration = .seconds(3)
    package var joinHeartbeats = 3
    package var joinConfirmations = 4
    package var shortestJoinPause: Duration = .milliseconds(80)
    package var longestJoinPause: Duration = .milliseconds(160)
    package var firstSeedPause: Duration = .milliseconds(500)
    package var firstBusySeedPause: Duration = .milliseconds(100)
    package var longestSeedPause: Duration = .seconds(30)
    package var seedJitterPercent = 20
    package var busySeedJitterPercent = 50
    package var introductionPause: Duration = .milliseconds(100)
    package var questionsPerSecond = 50
    package var questionPause: Duration = .seconds(1)
    package var unprovenBurst = 8
    package var unprovenPause: Duration = .seconds(1)
    package var unprovenAddresses = 1_024
    package var duplicateCallPause: Duration = .seconds(5)
    package var duplicateCallSpan: Duration = .seconds(30)
    package var claimCallPause: Duration = .seconds(1)
    package var claimedBootPause: Duration = .seconds(60)
    package var leavePatience: Duration = .milliseconds(400)
    package var leavePatienceAlone: Duration = .seconds(1)
    package var leaveConfirmations = 2
    package var farewellPause: Duration = .milliseconds(100)
    package var leaveRecheck: Duration = .milliseconds(10)

    // MARK: Keys
    package var keysDifference: Duration = .seconds(1)
    package var keysDifferenceWhileJoining: Duration = .milliseconds(100)
    package var longestKeysPause: Duration = .seconds(300)
    package var keysPatience: Duration = .seconds(10)
    package var outgoingCallsBehind = 8
    package var callBehindPause: Duration = .seconds(5)

    // MARK: The table
    package var memberLimit = Bounds.membersDefault
    package var tombstoneLimit = Bounds.tombstones
    package var tombstoneAge: Duration = .seconds(24 * 3600)
    package var sharedTombstoneAge: Duration = .seconds(3600)
    package var tombstoneCheck: Duration = .seconds(60)
    package var tombstoneParts = 64
    package var nameRace: Duration = .seconds(5)

    // MARK: Lifelines
    package var lifelinesHeld = 0
    package var lifelinesAccepted = 16
    package var lifelinesOpening = 8
    package var shortestCirclePause: Duration = .milliseconds(20)
    package var longestCirclePause: Duration = .milliseconds(40)
    package var longestLifelinePause: Duration = .seconds(30)
    package var goneWindow: Duration = .milliseconds(150)
    package var knocksAtOnce = 16
    package var knocksWaiting = 1_024
    package var massGone = 3
    package var checksAtOnce = 2_000
    package var goneShowing: Duration = .milliseconds(550)
    package var quietAfterGone: Duration = .milliseconds(250)
    package var extraSendsOfGone = 3

    /// Whether this node watches members, and lets itself be watched, by connections that stay open.
    package var holdsLifelines: Bool {
        get { lifelinesHeld > 0 }
        set { lifelinesHeld = newValue ? 2 : 0 }
    }

    /// How many members a node holds, the dead and the left included.
    package var entryLimit: Int { memberLimit + tombstoneLimit }

    package static let lan = CoreConfiguration()

    package static let wan: CoreConfiguration = {
        var wan = CoreConfiguration()
        wan.shortestSuspicion = .seconds(3)
        wan.longestSuspicion = .seconds(12)
        wan.coalesce = .milliseconds(5)
        wan.repairGap = .milliseconds(40)
        wan.goneWindow = .milliseconds(500)
        return wan
    }()

    package static let local: CoreConfiguration = {
        var local = CoreConfiguration()
        local.period = .milliseconds(500)
        local.shortestDirectTimeout = .milliseconds(30)
        local.shortestSuspicion = .milliseconds(800)
        local.longestSuspicion = .milliseconds(3_200)
        local.coalesce = .milliseconds(1)
        local.repairGap = .milliseconds(4)
        local.goneWindow = .milliseconds(60)
        return local
    }()

    /// Shorter than `refutationPause` where the tolerance is: a claim that must wait has to be answered long
    /// before half of the shortest patience is over.
    package var pauseBetweenRefutations: Duration { min(refutationPause, shortestSuspicion / 4) }

    /// How long we wait where all members are silent: longer than most broken links last.
    func ownLinkPatience(longestSuspicion: Duration) -> Duration {
        max(longestSuspicion * postponementFactor, patienceWithOwnLink)
    }

    /// The same with another tolerance: the longest suspicion keeps its ratio of four.
    package func tolerating(_ silence: Duration) -> CoreConfiguration {
        var changed = self
        changed.shortestSuspicion = silence
        changed.longestSuspicion = silence * 4
        return changed
    }
}
