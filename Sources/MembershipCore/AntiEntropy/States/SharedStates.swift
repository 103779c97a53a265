package import MembershipWire

/// The states that members publish: what is held of each, and what a statement about one is worth.
///
/// A state is written by one process alone, which numbers its versions and signs each. So of two statements of one
/// process the greater version holds, whichever comes first, and all members that have heard the same hold the
/// same. A state of another process than the member's record names counts for nothing. There is no merge and no
/// clock. Specs/Protocol.md, "Member state".
///
/// Invariants: a held version of one process never falls; `viewHash` is the XOR of the shares of all counted.
package struct SharedStates: Sendable {
    private struct Held: Sendable {
        let head: StateStatement
        /// Nil where no room was left for the values.
        var map: StateMap?
        /// Whether the member lives, and its state counts in the view hash.
        var isCounted: Bool
        var measure: Measure

        var share: UInt64 {
            StateHash.of(head.member, head.process, version: head.version, head.root)
        }
    }

    /// News of a version that we could not apply.
    private struct News: Sendable {
        let statement: StateStatement
        /// The member that told it, and so holds it.
        let sender: NodeID
        var isAsked = false
    }

    private(set) var own: OwnState
    /// The hash that we show others, that of all states of living members.
    package private(set) var viewHash: UInt64 = 0
    private(set) var changedAt = ClusterInstant.origin
    private var held: [NodeID: Held] = [:]
    private var bytesHeld = 0
    /// Whether the values of a living member may have found no room.
    private var isWithoutValues = false
    private var ownID: NodeID?
    private var news: [NodeID: News] = [:]
    private var nextFetch = ClusterInstant.origin
    private var comparison: ViewComparison
    /// Whether another member has shown the hash that we show: until then we are new, and lack all that is older.
    private(set) var hasAgreed = false
    /// When a member that was dead to us last came back.
    private var lastReturn: ClusterInstant?
    private let configuration: CoreConfiguration

    init(_ configuration: CoreConfiguration) {
        self.configuration = configuration
        own = OwnState(configuration)
        comparison = ViewComparison(configuration)
    }

    // MARK: Held states

    /// The members whose states count, in order.
    package var members: [NodeID] { held.filter { $0.value.isCounted }.keys.sorted() }

    /// The map of a living member; nil where it publishes none, or there was no room for it.
    package func map(of member: NodeID) -> StateMap? {
        guard let one = held[member], one.isCounted else { return nil }
        return one.map
    }

    /// The version that is held of a living member.
    package func version(of member: NodeID) -> UInt64? {
        guard let one = held[member], one.isCounted else { return nil }
        return one.head.version
    }

    /// Members for whose values there was no room.
    package var membersWithoutValues: Int { held.values.count { $0.map == nil } }

    /// Bytes of all values and keys.
    package var byteCount: Int { bytesHeld }

    // MARK: Our own

    /// False if the map would be beyond its bounds.
    mutating func write(_ changes: [StateEntry]) -> Bool { own.write(changes) }

    enum Publication: Sendable {
        case nothing
        case later(ClusterInstant)
        case published(StateStatement, StateMap)
    }

    mutating func publish(
        as record: MemberRecord, by authenticator: any StatementAuthenticator,
        at now: ClusterInstant
    ) -> Publication {
        switch own.beginVersion(at: now) {
        case .nothing: return .nothing
        case .later(let moment): return .later(moment)
        case .version: break
        }
        ownID = record.id
        let root = authenticator.root(of: StateStatement.rootText(of: own.draft.entries))
        let text = SignedText.state(
            member: record.id, process: record.process, version: own.version, root)
        let head = StateStatement(
            member: record.id, process: record.process, version: own.version, root: root,
            signature: authenticator.sign(text), since: own.version, changes: [])
        hold(head, own.draft, isCounted: true, Measure(1, every: .seconds(1), at: now), at: now)
        return .published(own.announcement(head), own.draft)
    }

    /// A statement under our own identity: if our process has not made it, the next version is above it.
    /// Returns whether there is something to publish.
    mutating func meetOwn(
        _ statement: StateStatement, as record: MemberRecord,
        by authenticator: any StatementAuthenticator
    ) -> Arrival {
        guard statement.process == record.process else {
            return .ignored(.stateOfOtherProcess)
        }
        let last = held[record.id]?.head
        guard
            statement.version > own.version
                || statement.version == own.version && last?.root != statement.root
        else { return .known }
        guard authenticator.isSigned(statement, by: record) else {
            return .ignored(.badSignature)
        }
        own.pass(statement.version)
        return .behind
    }

    // MARK: Statements

    /// The outcome of a statement.
    enum Arrival: Sendable {
        case known
        case ignored(IgnoredReason)
        /// It is signed and new, and its changes do not lead there from what we hold.
        case behind
        /// It holds now. `isUpdate`: an older version of the same process was held.
        case taken(StateMap?, isUpdate: Bool)

        /// Whether a signature has decided it.
        var isOfSignature: Bool {
            switch self {
            case .known, .ignored(.stateOfOtherProcess), .ignored(.stateRate): false
            case .ignored, .behind, .taken: true
            }
        }
    }

    /// - Parameter isRumor: it counts against the measure of its member. A stream brings one of each.
    mutating func receive(
        _ statement: StateStatement, of record: MemberRecord, isLiving: Bool, isRumor: Bool,
        by authenticator: any StatementAuthenticator, at now: ClusterInstant
    ) -> Arrival {
        guard statement.process == record.process else {
            return .ignored(.stateOfOtherProcess)
        }
        let old = held[record.id]
        if let old, !statement.isNewer(than: old.head) { return .known }
        if !isApplicable(statement, to: old), let told = news[record.id]?.statement,
            !statement.isNewer(than: told)
        {
            return .known
        }
        var measure =
            old?.measure
            ?? Measure(2 * configuration.stateBurst, every: configuration.statePause / 2, at: now)
        // Without a signature no other member can use the measure up.
        var spent = measure
        if isRumor, !spent.take(at: now) { return .ignored(.stateRate) }
        guard authenticator.isSigned(statement, by: record) else {
            return .ignored(.badSignature)
        }
        measure = spent
        held[record.id]?.measure = measure
        switch result(of: statement, over: old, by: authenticator) {
        case .map(let map):
            let isHeld = hold(statement, map, isCounted: isLiving, measure, at: now)
            return .taken(
                isHeld ? map : nil, isUpdate: old?.head.process == statement.process)
        case .behind: return .behind
        case .forged: return .ignored(.badSignature)
        }
    }

    /// Whether its changes begin at or before what we hold.
    private func isApplicable(_ statement: StateStatement, to old: Held?) -> Bool {
        guard statement.since > 0 else { return true }
        guard let old, old.map != nil else { return false }
        return statement.since < statement.version && statement.since <= old.head.version
    }

    private enum Outcome: Sendable {
        case map(StateMap)
        case behind
        case forged
    }

    private func result(
        of statement: StateStatement, over old: Held?, by authenticator: any StatementAuthenticator
    ) -> Outcome {
        guard isApplicable(statement, to: old) else { return .behind }
        let base = statement.since == 0 ? StateMap.empty : old?.map
        guard let map = base?.applying(statement.changes),
            authenticator.root(of: StateStatement.rootText(of: map.entries)) == statement.root
        else {
            // A member that passes changes on has applied them, perhaps to another version. A whole map is right or
            // made up.
            return statement.since == 0 ? .forged : .behind
        }
        return .map(map)
    }

    /// Returns false if there was no room for the values: then the version alone is held.
    @discardableResult
    private mutating func hold(
        _ statement: StateStatement, _ map: StateMap, isCounted: Bool, _ measure: Measure,
        at now: ClusterInstant
    ) -> Bool {
        let member = statement.member
        release(member)
        if bytesHeld + map.byteCount > configuration.statesHeldBytes { releaseHidden() }
        let hasRoom = bytesHeld + map.byteCount <= configuration.statesHeldBytes
        var head = statement
        head.since = head.version
        head.changes = []
        let new = Held(
            head: head, map: hasRoom ? map : nil, isCounted: isCounted, measure: measure)
        held[member] = new
        if !hasRoom { isWithoutValues = true }
        bytesHeld += new.map?.byteCount ?? 0
        if isCounted { viewHash ^= new.share }
        changedAt = now
        return hasRoom
    }

    private mutating func release(_ member: NodeID) {
        guard let old = held.removeValue(forKey: member) else { return }
        bytesHeld -= old.map?.byteCount ?? 0
        if old.isCounted { viewHash ^= old.share }
    }

    /// The values of members that do not live make room first.
    private mutating func releaseHidden() {
        for (member, one) in held where !one.isCounted {
            bytesHeld -= one.map?.byteCount ?? 0
            held[member]?.map = nil
        }
    }

    // MARK: Members

    enum Change: Sendable {
        case none
        case shown(StateMap?)
        case gone
    }

    /// The state of a member has changed in our view. `isBack`: it was dead to us.
    mutating func note(
        _ record: MemberRecord, as state: MemberState, isBack: Bool, at now: ClusterInstant
    ) -> Change {
        if isBack { lastReturn = now }
        if let told = news[record.id]?.statement,
            told.process != record.process || !state.isLiving
        {
            news[record.id] = nil
        }
        guard let one = held[record.id] else { return .none }
        guard one.head.process == record.process, state != .left else {
            forget(record.id, at: now)
            return one.isCounted ? .gone : .none
        }
        guard state.isLiving != one.isCounted else { return .none }
        if state.isLiving, one.map == nil {
            // Its values had to make room while it was dead: without its version a comparison brings them.
            forget(record.id, at: now)
            return .none
        }
        held[record.id]?.isCounted = state.isLiving
        viewHash ^= one.share
        changedAt = now
        if !state.isLiving { useRoom(at: now) }
        return state.isLiving ? .shown(one.map) : .gone
    }

    /// The member is gone from the view, or its process has ended.
    mutating func forget(_ member: NodeID, at now: ClusterInstant) {
        news[member] = nil
        guard held[member] != nil else { return }
        release(member)
        changedAt = now
        useRoom(at: now)
    }

    /// Room has been made. Where the values of living members found none, so many of these are forgotten as will have
    /// room for certain: a comparison brings them whole.
    private mutating func useRoom(at now: ClusterInstant) {
        guard isWithoutValues else { return }
        let counted = held.values.reduce(0) { $0 + ($1.isCounted ? $1.map?.byteCount ?? 0 : 0) }
        let waiting = held.filter { $0.value.isCounted && $0.value.map == nil && $0.key != ownID }
            .keys.sorted()
        let places = max(0, configuration.statesHeldBytes - counted) / Bounds.stateBytes
        for member in waiting.prefix(places) {
            release(member)
            changedAt = now
        }
        isWithoutValues = places < waiting.count
    }

    // MARK: Fetching what is known to be missing

    /// We could not apply a version that `sender` holds. Returns when to ask for it; nil if that is settled.
    mutating func noteBehind(
        _ statement: StateStatement, from sender: NodeID, at now: ClusterInstant
    ) -> ClusterInstant? {
        if let last = news[statement.member], !statement.isNewer(than: last.statement) {
            return nil
        }
        if news[statement.member] == nil, news.count >= configuration.stateNewsKept {
            guard let asked = news.filter({ $0.value.isAsked }).keys.min() else { return nil }
            news[asked] = nil
        }
        news[statement.member] = News(statement: statement, sender: sender)
        return max(now + configuration.stateFetchDelay, nextFetch)
    }

    /// Time to ask: the member to call, and when to look again; nil if nothing is missing any more.
    mutating func beginFetch(at now: ClusterInstant) -> (member: NodeID, next: ClusterInstant)? {
        let waiting = news.filter { !$0.value.isAsked }
        guard let first = waiting.keys.min(), let sender = waiting[first]?.sender else {
            return nil
        }
        for (member, one) in waiting where one.sender == sender { news[member]?.isAsked = true }
        nextFetch = now + configuration.stateFetchPause
        return (sender, nextFetch)
    }

    var hasUnaskedNews: Bool { news.values.contains { !$0.isAsked } }

    /// A version is held now of which we had news: what to pass on.
    mutating func takeNews(of member: NodeID) -> StateStatement? {
        guard let told = news[member]?.statement, let one = held[member],
            !told.isNewer(than: one.head)
        else { return nil }
        news[member] = nil
        return told.version == one.head.version ? told : announcement(of: member)
    }

    /// The version that is held as a rumor: whole if it fits, else the news alone.
    func announcement(of member: NodeID) -> StateStatement? {
        guard let one = held[member], let map = one.map else { return nil }
        guard map.byteCount <= configuration.stateRumorBytes else { return one.head }
        return whole(of: member)
    }

    // MARK: Comparing

    /// A member shows this hash of its states. Returns when to look at the difference again, if there is one to wait
    /// for.
    mutating func noteHash(
        _ hash: UInt64, of member: NodeID, at now: ClusterInstant
    ) -> ClusterInstant? {
        guard hash != viewHash else {
            hasAgreed = true
            comparison.noteAgreement(with: member)
            return nil
        }
        guard comparison.isOpen(to: member, at: now) else { return nil }
        return comparison.noteDifference(from: member, patience: patience(at: now), at: now)
    }

    /// How long states must have been unchanged before they are compared: not for long while we are new, or after
    /// members have come back.
    func patience(at now: ClusterInstant) -> Duration {
        let isHealing = lastReturn.map { now - $0 < configuration.longestQuiet } ?? false
        return hasAgreed && !isHealing
            ? configuration.quietBeforeStates : configuration.quietWhileJoining
    }

    /// The member whose hash differed.
    var pendingMember: NodeID? { comparison.pendingMember }

    mutating func resolveDifference() { comparison.resolve() }

    mutating func reachDeadline(
        viewChangedAt: ClusterInstant, isBusy: Bool, at now: ClusterInstant
    ) -> ViewComparison.Step? {
        comparison.reachDeadline(
            ownDigest: viewHash, changedAt: max(changedAt, viewChangedAt), isBusy: isBusy, at: now)
    }

    /// All states that count, by member in order.
    var rows: [StreamMessage.SyncRow] {
        members.map { .init(member: $0, recordHash: share(of: $0)) }
    }

    /// 0 where nothing counts.
    func share(of member: NodeID) -> UInt64 {
        held[member].map { $0.isCounted ? $0.share : 0 } ?? 0
    }

    /// The whole state of a member, for a stream.
    func whole(of member: NodeID) -> StateStatement? {
        guard let one = held[member], one.isCounted, let map = one.map else { return nil }
        var statement = one.head
        statement.since = 0
        statement.changes = map.entries
        return statement
    }
}

extension StateStatement {
    /// Of two statements of one process; of one version that of the greater root, so that all agree.
    func isNewer(than other: StateStatement) -> Bool {
        (version, root) > (other.version, other.root)
    }
}

extension StatementAuthenticator {
    fileprivate func isSigned(_ statement: StateStatement, by record: MemberRecord) -> Bool {
        isValid(statement.signature, of: statement.text, by: record.core.identityKey)
    }
}
