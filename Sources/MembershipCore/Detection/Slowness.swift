import MembershipWire

/// Signs that it is this process that is slow, and not the world.
///
/// Three members in a row whose answers come late: one of them may be slow, all three hardly. The
/// other sign, a late timer, needs no memory.
struct OwnPace: Sendable {
    private var lateMembers: [NodeID] = []
    private var lastStatement: ClusterInstant?
    private var counter: UInt32 = 0
    private let run: Int
    private let pause: Duration

    init(_ configuration: CoreConfiguration) {
        run = configuration.degradedRun
        pause = configuration.degradedPause
    }

    mutating func noteQuickAnswer() { lateMembers.removeAll(keepingCapacity: true) }

    /// True with the last distinct member of a run.
    mutating func noteLateAnswer(from member: NodeID) -> Bool {
        if lateMembers.count < run, !lateMembers.contains(member) { lateMembers.append(member) }
        return lateMembers.count == run
    }

    /// DEGRADED: we say that we are slow, at most every 30 s; nil if the last statement is too fresh.
    mutating func nextStatement(
        of own: MemberRecord, by authenticator: any StatementAuthenticator, at now: ClusterInstant
    ) -> DegradedStatement? {
        if let last = lastStatement, now - last < pause { return nil }
        lastStatement = now
        counter &+= 1
        let text = SignedText.degraded(member: own.id, own.incarnation, counter: counter)
        return DegradedStatement(
            member: own.id, incarnation: own.incarnation, counter: counter,
            signature: authenticator.sign(text))
    }
}

/// Until when one member counts as slow.
///
/// A process that is starved of its processor is silent like a dead one, but it comes back. So a member
/// that says of itself that it is starved, answers late, refutes late or returns from the dead is *slow*
/// for a minute: its probes wait longer and its suspicions last at least 6 s. This is remembered per
/// member, never as one number for all (one slow member would make all patient with all), and ends with
/// a new boot. Lifeguard adapts by the observer's health alone (section IV).
struct SlownessNote: Sendable {
    private var until: ClusterInstant?
    /// The newest of the member's own statements that it is slow.
    private var lastStatement: (incarnation: Incarnation, counter: UInt32)?

    /// The result of checking a member's statement that it is slow, on arrival.
    enum Arrival: Sendable {
        case new
        case known
        case ignored(IgnoredReason)

        /// Whether the signature has decided it.
        var isOfSignature: Bool {
            switch self {
            case .new, .ignored(.badSignature): true
            case .known, .ignored: false
            }
        }
    }

    func isSlow(at now: ClusterInstant) -> Bool { until.map { now < $0 } ?? false }

    mutating func remember(until moment: ClusterInstant) { until = moment }

    mutating func forget() { until = nil }

    /// DEGRADED counts if it is news, signed, and of the member's present life: at most one refutation old.
    mutating func hear(
        _ statement: DegradedStatement, from member: MemberRecord,
        by authenticator: any StatementAuthenticator, until moment: ClusterInstant
    ) -> Arrival {
        guard member.incarnation.number <= statement.incarnation.next.number else {
            return .ignored(.staleStatement)
        }
        if let last = lastStatement, (statement.incarnation, statement.counter) <= last {
            return .known
        }
        let text = SignedText.degraded(
            member: member.id, statement.incarnation, counter: statement.counter)
        guard authenticator.isValid(statement.signature, of: text, by: member.core.identityKey)
        else { return .ignored(.badSignature) }
        lastStatement = (statement.incarnation, statement.counter)
        remember(until: moment)
        return .new
    }
}
