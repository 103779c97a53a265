import MembershipWire

/// The relations that the numbers of the protocol must have to each other, whatever each number is alone.
///
/// The rules rely on these: a node refuses to start with a configuration that breaks one.
extension CoreConfiguration {
    /// The relations that do not hold, each as a sentence.
    package var contradictions: [String] {
        Self.relations.filter { !$0.holds(self) }.map(\.sentence)
    }

    private typealias Relation = (sentence: String, holds: @Sendable (CoreConfiguration) -> Bool)

    private static let relations: [Relation] = [
        (
            "shortestDirectTimeout is at most longestDirectTimeout",
            { $0.shortestDirectTimeout <= $0.longestDirectTimeout }
        ),
        (
            "shortestRelayWait is at most longestRelayWait",
            { $0.shortestRelayWait <= $0.longestRelayWait }
        ),
        (
            "slowAnswer is below longestDirectTimeout: else no ack to a probe is ever late",
            { $0.slowAnswer < $0.longestDirectTimeout }
        ),
        ("lateTimer is at most slowAnswer", { $0.lateTimer <= $0.slowAnswer }),
        (
            "openHeartbeatAge is above indirectTimeoutOfSlow: an ack within t2 must count",
            { $0.openHeartbeatAge > $0.indirectTimeoutOfSlow }
        ),
        (
            "openHeartbeatAge is above 3 longestDirectTimeout: an ack within t1 and t2 must count",
            { $0.openHeartbeatAge > $0.longestDirectTimeout * 3 }
        ),
        (
            "shortestCirclePause is at most longestCirclePause",
            { $0.shortestCirclePause <= $0.longestCirclePause }
        ),
        ("ownFaultRun is at most restartRun", { $0.ownFaultRun <= $0.restartRun }),
        (
            "degradedPause is at most half of slownessMemory: else a starved member is forgotten",
            { $0.degradedPause * 2 <= $0.slownessMemory }
        ),
        (
            "shortestSuspicion is at most longestSuspicion",
            { $0.shortestSuspicion <= $0.longestSuspicion }
        ),
        (
            "listeningPause is below patienceWithOwnLink",
            { $0.listeningPause < $0.patienceWithOwnLink }
        ),
        ("coalesce is at most repairGap", { $0.coalesce <= $0.repairGap }),
        ("repairWave is at most firstWave", { $0.repairWave <= $0.firstWave }),
        ("busyFactor is at most bulkFactor", { $0.busyFactor <= $0.bulkFactor }),
        (
            "quietWhileJoining is at most quietBeforeSync",
            { $0.quietWhileJoining <= $0.quietBeforeSync }
        ),
        ("quietBeforeSync is at most longestQuiet", { $0.quietBeforeSync <= $0.longestQuiet }),
        ("firstSyncRest is at most longestSyncRest", { $0.firstSyncRest <= $0.longestSyncRest }),
        ("callPatience is at most streamPatience", { $0.callPatience <= $0.streamPatience }),
        ("keysPatience is at most streamPatience", { $0.keysPatience <= $0.streamPatience }),
        ("incomingSyncs is at most incomingStreams", { $0.incomingSyncs <= $0.incomingStreams }),
        (
            "incomingStreamsOfStrangers is at most incomingStreams",
            { $0.incomingStreamsOfStrangers <= $0.incomingStreams }
        ),
        (
            "incomingSyncsOfStrangers is at most incomingSyncs",
            { $0.incomingSyncsOfStrangers <= $0.incomingSyncs }
        ),
        (
            "conversationSilence is at most streamPatience",
            { $0.conversationSilence <= $0.streamPatience }
        ),
        (
            "incomingMessages is at most incomingStreams",
            { $0.incomingMessages <= $0.incomingStreams }
        ),
        (
            "shortestJoinPause is at most longestJoinPause",
            { $0.shortestJoinPause <= $0.longestJoinPause }
        ),
        (
            "longestJoinPause is below joinPatience: else a join has one round",
            { $0.longestJoinPause < $0.joinPatience }
        ),
        (
            "firstBusySeedPause is at most longestSeedPause",
            { $0.firstBusySeedPause <= $0.longestSeedPause }
        ),
        (
            "firstSeedPause is at most longestSeedPause",
            { $0.firstSeedPause <= $0.longestSeedPause }
        ),
        ("farewellPause is below leavePatience", { $0.farewellPause < $0.leavePatience }),
        (
            "leavePatience is at most leavePatienceAlone",
            { $0.leavePatience <= $0.leavePatienceAlone }
        ),
        (
            "keysDifference is at most longestKeysPause",
            { $0.keysDifference <= $0.longestKeysPause }
        ),
        (
            "sharedTombstoneAge is below tombstoneAge: nodes must not feed each other tombstones",
            { $0.sharedTombstoneAge < $0.tombstoneAge }
        ),
    ]
}
