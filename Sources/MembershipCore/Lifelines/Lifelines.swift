import MembershipWire

/// Watching members by connections that stay open, and finding out at once that a process is gone.
///
/// Most failures are those of a process on a machine that lives on, and the kernel of that machine
/// tells each member that holds a connection. Each member holds one to the next two in the circle of ids. Where
/// one ends without a farewell its holder knocks at the door; where the machine says that no process is
/// there, and no answer comes, all members learn of it, and *all look for themselves*.
///
/// A separate value: facts go in, and what is to be done comes out as `Wish`es. No other value
/// sees its state. Specs/Protocol.md, "Lifelines" and "Sudden death".
struct Lifelines: Sendable {
    /// A task for the node.
    enum Wish: Equatable, Sendable {
        case open(NodeID)
        case close(StreamID, StreamEndCode)
        case heartbeat(NodeID)
        case knock(KnockID, at: NodeID, within: Duration)
        case askRelays(NodeID)
        case witness(NodeID)
        case finalCheck(NodeID)
        case accuse(NodeID)
        case declareGone(NodeID, heartbeats: Int)
        /// Look at this member's check again; nil: never.
        case checkAgain(NodeID, at: ClusterInstant?)
        case lookAtCircle(at: ClusterInstant)
    }

    /// The facts of other conversations that a check needs.
    struct Outlook: Sendable {
        let now: ClusterInstant
        /// Since when our own timers have been punctual: what was silent before that may have been us.
        let awakeSince: ClusterInstant
        let isLossHigh: Bool
        /// Of the last few answers of the member in question.
        var longestRoundTrip: Duration = .zero
    }

    let isOn: Bool
    private let window: Duration
    private var ring: LineRing
    private var checks: [NodeID: GoneCheck] = [:]
    private var desk: KnockDesk
    private var memory: GoneMemory
    private(set) var counts = LifelineCounts()

    init(_ configuration: CoreConfiguration) {
        isOn = configuration.holdsLifelines
        window = configuration.goneWindow
        ring = LineRing(configuration)
        desk = KnockDesk(configuration)
        memory = GoneMemory(massCount: configuration.massGone)
    }

    /// How many are held, by whom, and what came of them.
    var status: LifelineStatus {
        LifelineStatus(isOn: isOn, held: ring.held, watchedBy: ring.accepted, counts: counts)
    }
}

// MARK: The circle

extension Lifelines {
    /// Opens and closes lines so that we hold the next two in the circle.
    mutating func lookAtCircle(
        in table: MemberTable, from own: NodeID, at now: ClusterInstant, into wishes: inout [Wish]
    ) {
        guard isOn else { return }
        let plan = ring.plan(in: table, from: own, at: now) {
            $0.record.core.holdsLifelines
        } isLost: {
            memory.accusations[$0] != nil || checks[$0]?.isRefused == true
        }
        for member in plan.open { wishes.append(.open(member)) }
        for stream in plan.close {
            _ = ring.drop(stream)
            wishes.append(.close(stream, .moved))
        }
        if let moment = plan.lookAgain { wishes.append(.lookAtCircle(at: moment)) }
    }

    mutating func noteOpening(_ member: NodeID) { ring.noteOpening(member) }

    /// Whether one more may be opened to us; `pending` are those whose handshake is under way.
    func mayAccept(pending: Int) -> Bool { ring.accepted + pending < ring.acceptedLimit }

    /// A handshake is complete: the stream stands, and each end watches the other.
    mutating func stand(
        _ stream: StreamID, with member: NodeID, _ boot: BootID, isOurs: Bool,
        into wishes: inout [Wish]
    ) {
        ring.stand(LineRing.Line(member: member, boot: boot, isOurs: isOurs), on: stream)
        memory.noteReached(member, boot)
        if isOurs { counts.opened &+= 1 }
        accept(member, boot, into: &wishes)
    }

    func holds(_ stream: StreamID) -> Bool { ring.lines[stream] != nil }

    /// A lifeline could not be opened. Only a refusal by the machine, under the boot that we know,
    /// makes us look.
    mutating func openingFailed(
        _ record: MemberRecord, isRefused: Bool, _ outlook: Outlook, into wishes: inout [Wish]
    ) {
        ring.noteFailedOpening(of: record.id, at: outlook.now)
        guard isRefused else { return }
        let hasBeenReached = memory.hasReached(record.id, record.boot)
        begin(
            record, hasBeenReached ? .lostLine : .refusedOpening, accusedAt: nil, outlook,
            into: &wishes)
    }

    mutating func openingFailed(_ member: NodeID, at now: ClusterInstant) {
        ring.noteFailedOpening(of: member, at: now)
    }

    /// A line has ended. Returns with whom it was; nil if we did not hold it.
    mutating func end(_ stream: StreamID) -> LineRing.Line? { ring.drop(stream) }

    /// Our line to a member ended without a farewell, under the boot that we know.
    mutating func lose(
        _ record: MemberRecord, _ outlook: Outlook, into wishes: inout [Wish]
    ) {
        counts.lost &+= 1
        begin(record, .lostLine, accusedAt: nil, outlook, into: &wishes)
    }

    /// A member runs under a boot that is new to us.
    mutating func noteRestart(of member: NodeID) { ring.forgetFailures(of: member) }

    /// Ends all lines with a member but those of this boot.
    mutating func close(
        with member: NodeID, otherThan boot: BootID? = nil, _ code: StreamEndCode,
        into wishes: inout [Wish]
    ) {
        for stream in ring.streams(with: member, otherThan: boot) {
            _ = ring.drop(stream)
            wishes.append(.close(stream, code))
        }
    }

    mutating func closeAll(_ code: StreamEndCode, into wishes: inout [Wish]) {
        for stream in ring.lines.keys.sorted() {
            _ = ring.drop(stream)
            wishes.append(.close(stream, code))
        }
    }
}

// MARK: Checks

extension Lifelines {
    /// Whether an accusation is the first of this member, and may be counted.
    func isNews(_ statement: GoneStatement) -> Bool {
        guard isOn, memory.accusations[statement.target] == nil else { return false }
        return memory.count(by: statement.accuser) < Bounds.goneAccusationsPerAccuser
    }

    /// A valid accusation of the member's present incarnation, ours or another's.
    mutating func noteAccusation(
        _ statement: GoneStatement, of record: MemberRecord, isOwn: Bool, after pause: Duration,
        _ outlook: Outlook, into wishes: inout [Wish]
    ) {
        if memory.accusations[record.id] == nil { memory.accuse(statement, at: outlook.now) }
        if var check = checks[record.id], check.isAbout(record) {
            check.noteAccusation(at: outlook.now, isOwn: isOwn)
            checks[record.id] = check
            return proceed(record.id, outlook, into: &wishes)
        }
        guard !memory.hasJustAnswered(record.id, record.boot, at: outlook.now) else { return }
        let since = memory.accusations[record.id]?.since ?? outlook.now
        begin(
            record, .hearsay, accusedAt: since, outlook, after: pause, into: &wishes)
    }

    private mutating func begin(
        _ record: MemberRecord, _ occasion: GoneCheck.Occasion, accusedAt: ClusterInstant?,
        _ outlook: Outlook, after pause: Duration = .zero, into wishes: inout [Wish]
    ) {
        if var check = checks[record.id], check.isAbout(record), !check.isOver {
            if occasion == .lostLine { check.noteLostLine() }
            checks[record.id] = check
            return proceed(record.id, outlook, into: &wishes)
        }
        end(record.id)
        let known = memory.accusations[record.id]?.since
        checks[record.id] = GoneCheck(
            of: record, occasion, accusedAt: accusedAt ?? known, window: window,
            times: windows(outlook),
            at: outlook.now + pause)
        counts.checks &+= 1
        proceed(record.id, outlook, into: &wishes)
    }

    /// How many windows a check takes: one and a half of its slowest recent answer must fit, and twice as many
    /// heartbeats are needed where much gets lost.
    private func windows(_ outlook: Outlook) -> Int {
        let needed = outlook.longestRoundTrip.nanoseconds * 3 / 2
        let slow = min(Self.mostWindows, (needed - 1) / window.nanoseconds + 1)
        return max(1, Int(slow)) * (outlook.isLossHigh ? 2 : 1)
    }

    /// A member that takes longer to answer than this is found by its silence.
    private static let mostWindows: Int64 = 8

    /// Does what is due in the check of this member.
    mutating func proceed(
        _ target: NodeID, _ outlook: Outlook, into wishes: inout [Wish]
    ) {
        guard var check = checks[target] else {
            return wishes.append(.checkAgain(target, at: nil))
        }
        if check.startedAt < outlook.awakeSince { check.restart(at: outlook.awakeSince) }
        if memory.isMass(at: outlook.now) { check.widen() }
        if memory.doubtsRefusals(at: outlook.now) { check.dismissRefusal() }
        if let step = check.step(at: outlook.now) {
            if step.heartbeat { wishes.append(.heartbeat(target)) }
            if step.relays { wishes.append(.askRelays(target)) }
            if step.witness { wishes.append(.witness(target)) }
            if step.finalCheck { wishes.append(.finalCheck(target)) }
            if step.knock { knock(at: target, check.boot, outlook.now, into: &wishes) }
        }
        checks[target] = check
        if check.mayAccuse(at: outlook.now) {
            wishes.append(.accuse(target))
        }
        if check.showsDeath(at: outlook.now) {
            wishes.append(.declareGone(target, heartbeats: check.heartbeatsSent))
        }
        makeRoom(for: target, outlook.now, into: &wishes)
        wishes.append(.checkAgain(target, at: checks[target]?.nextMoment))
    }

    /// The last heartbeat of a check could not be sent.
    mutating func noteUnsentHeartbeat(to member: NodeID) {
        checks[member]?.noteUnsentHeartbeat()
    }

    // MARK: Knocks

    private mutating func knock(
        at target: NodeID, _ boot: BootID, _ now: ClusterInstant, into wishes: inout [Wish]
    ) {
        guard desk.admit(target, at: now) else { return }
        counts.knocks &+= 1
        wishes.append(.knock(desk.begin(target, boot), at: target, within: window))
    }

    /// One that has waited a window for an answer gives its place to another.
    private mutating func makeRoom(
        for target: NodeID, _ now: ClusterInstant, into wishes: inout [Wish]
    ) {
        if desk.isSlow(target, after: window, at: now) { desk.release(target) }
        while let next = desk.admitNext(at: now) {
            guard let check = checks[next], !check.isOver, !check.isRefused else {
                desk.release(next)
                continue
            }
            knock(at: next, check.boot, now, into: &wishes)
        }
    }

    /// The answer to a knock has come.
    mutating func answer(
        _ id: KnockID, _ answer: KnockAnswer, _ outlook: Outlook, into wishes: inout [Wish]
    ) {
        guard let knock = desk.end(id) else { return }
        switch answer {
        case .refused: refuse(knock.target, knock.boot, outlook, into: &wishes)
        case .accepted:
            memory.noteReached(knock.target, knock.boot)
            accept(knock.target, knock.boot, into: &wishes)
            makeRoom(for: knock.target, outlook.now, into: &wishes)
        case .none: break
        }
    }

    private mutating func refuse(
        _ target: NodeID, _ boot: BootID, _ outlook: Outlook, into wishes: inout [Wish]
    ) {
        counts.refusals &+= 1
        desk.release(target)
        defer { makeRoom(for: target, outlook.now, into: &wishes) }
        guard !memory.isFiltered(target, boot) else { return }
        guard var check = checks[target], check.boot == boot, !check.isOver else {
            // It has answered, and its machine says that it is not there: something refuses for it.
            if memory.hasJustAnswered(target, boot, at: outlook.now) {
                memory.noteFilter(before: target, boot, at: outlook.now)
            }
            return
        }
        guard !memory.doubtsRefusals(at: outlook.now) else { return }
        check.noteRefusal()
        checks[target] = check
        if check.occasion != .hearsay { wishes.append(.lookAtCircle(at: outlook.now)) }
        proceed(target, outlook, into: &wishes)
    }

    private mutating func accept(
        _ target: NodeID, _ boot: BootID, into wishes: inout [Wish]
    ) {
        guard var check = checks[target], check.boot == boot, !check.isOver else { return }
        check.noteAcceptance()
        checks[target] = check
        if check.occasion != .hearsay { counts.falseAlarms &+= 1 }
        end(target)
        wishes.append(.checkAgain(target, at: nil))
    }

    // MARK: Ends of checks

    /// The member has answered what we asked at `moment`.
    mutating func noteAnswer(
        of member: NodeID, askedAt moment: ClusterInstant, at now: ClusterInstant,
        into wishes: inout [Wish]
    ) {
        guard var check = checks[member] else { return }
        check.noteAnswer(askedAt: moment)
        guard check.isAnswered else { return }
        memory.noteAnswer(of: member, check.boot, at: now)
        if check.isRefused { memory.noteFilter(before: member, check.boot, at: now) }
        if check.occasion != .hearsay { counts.falseAlarms &+= 1 }
        end(member)
        makeRoom(for: member, now, into: &wishes)
        wishes.append(.checkAgain(member, at: nil))
        wishes.append(.lookAtCircle(at: now))
    }

    /// A newer record of the member, or the end of its suspicion: what was accused is over.
    mutating func noteNews(of record: MemberRecord, isSuspect: Bool, into wishes: inout [Wish]) {
        if !isSuspect { memory.forgetAccusation(of: record.id) }
        guard let check = checks[record.id], !check.isAbout(record) else { return }
        end(record.id)
        wishes.append(.checkAgain(record.id, at: nil))
    }

    /// The member does not live any more, in our view.
    mutating func noteEnd(
        of member: NodeID, isGone: Bool, at now: ClusterInstant, into wishes: inout [Wish]
    ) {
        if isGone { counts.verdicts &+= 1 }
        memory.noteDeath(of: member, at: now)
        memory.forget(member)
        end(member)
        makeRoom(for: member, now, into: &wishes)
        wishes.append(.checkAgain(member, at: nil))
    }

    private mutating func end(_ member: NodeID) {
        checks[member] = nil
        desk.release(member)
    }

    /// On what the deaths of the last seconds rest.
    func evidence(at now: ClusterInstant) -> [NodeID: GoneStatement] { memory.evidence(at: now) }

    func hasFreshDeath(at now: ClusterInstant) -> Bool { memory.hasFreshDeath(at: now) }
}
