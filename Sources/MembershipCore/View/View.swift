import MembershipWire

/// The view: all that this node believes of the members, and how that changes.
///
/// The table says which members exist and in which state. A contact is our knowledge of a member
/// from speaking with it ourselves. An equivocation is a contradiction that a member has signed.
/// The state of another member changes in one place, `setState`, which returns all that the change
/// means. `ClusterNode` carries out the consequences (notices, probes, rumors).
package struct View: Sendable {
    let configuration: CoreConfiguration
    package private(set) var table: MemberTable
    /// When the digest last changed.
    private(set) var changedAt = ClusterInstant.origin { didSet { agreementNews &+= 1 } }
    /// Counts what may change `ClusterNode.agreement`, besides the digest of the table: to read the
    /// agreement itself is to read every member.
    package private(set) var agreementNews: UInt64 = 0
    private(set) var contacts: [NodeID: Contact] = [:]
    private(set) var equivocations: [NodeID: Equivocation] = [:]
    /// All members that have contradicted themselves; of the last ones the statements are kept.
    private var equivocators: Set<NodeID> = []
    /// How long suspicions took, and how old the news of deaths was.
    private(set) var times = StateTimes()

    init(_ configuration: CoreConfiguration) {
        self.configuration = configuration
        table = MemberTable(configuration)
    }

    /// The effects of a change of one member's state on the view.
    struct Transition: Sendable {
        let old: MemberTable.Entry?
        /// The changes of the member that the owner of this node receives as notices.
        let changes: [MemberChange.Kind]
        /// Another life of the member: what we knew of the former one is void.
        let isNewBoot: Bool
        let names: [NameNews]
    }

    /// Our knowledge of a member from speaking with it; writing to it begins a contact.
    subscript(contact id: NodeID) -> Contact {
        get { contacts[id] ?? Contact() }
        _modify { yield &contacts[id, default: Contact()] }
    }

    /// The digest that a member has shown.
    mutating func noteView(_ hash: UInt64, of member: NodeID, at now: ClusterInstant) {
        if hash != table.digestHash || self[contact: member].lastView?.hash != hash {
            agreementNews &+= 1
        }
        self[contact: member].lastView = (hash, now)
    }

    /// Resets the keyring note of each contact: the hash that a member showed belongs to the past.
    mutating func resetKeyrings() {
        for member in contacts.keys { contacts[member]?.keyring.reset() }
    }

    // MARK: Ourselves

    mutating func begin(with own: MemberRecord, at now: ClusterInstant) {
        changedAt = now
        table.put(own, .alive, since: now)
    }

    /// Our next statement about ourselves.
    mutating func putOwn(_ record: MemberRecord, at now: ClusterInstant) {
        table.put(record, record.standing == .left ? .left : .alive, since: now)
        changedAt = now
    }

    /// Our claim to our name begins now.
    mutating func renewClaim(of own: NodeID, at now: ClusterInstant) {
        table.renewClaim(of: own, at: now)
    }

    /// A view that another node has earned: see `ClusterNode+Adoption`.
    mutating func adopt(_ table: MemberTable, at now: ClusterInstant) {
        self.table = table
        changedAt = now
    }

    // MARK: Others

    /// The one place where the state of another member changes.
    mutating func setState(
        _ record: MemberRecord, as state: MemberState, isNewcomer: Bool, at now: ClusterInstant
    ) -> Transition {
        let old = table[record.id]
        times.note(
            state, after: old, lastAck: contacts[record.id]?.reachability.lastAck, at: now)
        let digestBefore = table.digestHash
        let bearersBefore = bearers(around: record, after: old?.record)
        table.put(record, state, since: now, isNewcomer: isNewcomer)
        if table.digestHash != digestBefore { changedAt = now }
        let isNewBoot = old?.record.boot != record.boot
        if isNewBoot { contacts[record.id] = nil }
        noteDoubt(of: record, in: state, after: old)
        return Transition(
            old: old, changes: Self.changes(from: old, to: record, state), isNewBoot: isNewBoot,
            names: nameNews(of: record, after: old, bearersBefore))
    }

    private mutating func noteDoubt(
        of record: MemberRecord, in state: MemberState, after old: MemberTable.Entry?
    ) {
        let id = record.id
        if let old, old.record.boot == record.boot, old.record.endpoint != record.endpoint {
            self[contact: id].answers.noteMove()
            table.setUnanswering(id, true)
        }
        switch state {
        case .suspect: if old?.state != .suspect { table.setUnanswering(id, true) }
        case .dead: self[contact: id].answers.noteDeath()
        case .alive, .left: break
        }
    }

    private static func changes(
        from old: MemberTable.Entry?, to record: MemberRecord, _ state: MemberState
    ) -> [MemberChange.Kind] {
        switch state {
        case .suspect: return old?.state == .suspect ? [] : [.suspected]
        case .dead: return old?.state == .dead ? [] : [.failed]
        case .left:
            // It had already left and leaves again: we missed one of its runs entirely.
            return old == nil || old?.state == .left ? [] : [.left]
        case .alive:
            guard let old, old.state.isLiving else { return [.joined] }
            var kinds: [MemberChange.Kind] = old.state == .suspect ? [.recovered] : []
            if old.record.boot != record.boot {
                kinds.append(old.record.process != record.process ? .restarted : .renewed)
            }
            if Self.isUpdate(old.record.core, to: record.core) { kinds.append(.updated) }
            return kinds
        }
    }

    /// The entry that holds a boot which another member has shown in a handshake, if it has never shown it so.
    func claimant(of boot: BootID, shownBy member: NodeID) -> MemberTable.Entry? {
        guard let holder = table.id(of: boot), holder != member, !self[contact: holder].hasShownBoot
        else { return nil }
        return table[holder]
    }

    private static func isUpdate(_ old: MemberCore, to new: MemberCore) -> Bool {
        old !== new
            && (old.endpoint != new.endpoint || old.alias != new.alias
                || old.metadata != new.metadata)
    }

    // MARK: Answers

    /// A member has answered us at the address it states.
    mutating func noteAnswer(of member: NodeID) {
        self[contact: member].answers.noteAnswer()
        table.setUnanswering(member, false)
    }

    /// Whether the member has answered us, at the address that it states.
    func hasAnswered(_ member: NodeID) -> Bool {
        contacts[member]?.answers.hasAnswered == true
    }

    /// Whether the member has answered us before, and since it was last doubted.
    func isAnswering(_ member: NodeID) -> Bool {
        hasAnswered(member) && !table.isUnanswering(member)
    }

    /// Whether the word of a member, without an answer, ends a suspicion of it no more.
    func isWordSpent(of member: NodeID) -> Bool {
        table.isUnanswering(member)
            && contacts[member]?.answers.isWordSpent(configuration.wordsBelieved) == true
    }

    mutating func takeClaim(of member: NodeID) -> MemberRecord? {
        contacts[member]?.answers.takeClaim()
    }

    /// Remembers a member that was dead before we ever heard of it.
    mutating func addDead(_ record: MemberRecord, at now: ClusterInstant) {
        table.put(record, .dead, since: now)
        changedAt = now
    }

    mutating func keep(_ equivocation: Equivocation, of member: NodeID) {
        if equivocations.count >= configuration.equivocationsKept,
            let lowest = equivocations.keys.min()
        {
            equivocations[lowest] = nil
        }
        equivocations[member] = equivocation
        equivocators.insert(member)
    }

    /// Whether this member is known to have contradicted itself: the node reports that once.
    func hasToldEquivocation(of member: NodeID) -> Bool { equivocators.contains(member) }

    // MARK: Tombstones

    /// The dead and the left that are so old that they are dropped, in order of id; younger ones cease
    /// to count in the digest with `stopSharingTombstones`.
    func outdatedTombstones(except own: NodeID, at now: ClusterInstant) -> [NodeID] {
        tombstones(olderThan: configuration.tombstoneAge, except: own, at: now)
    }

    mutating func stopSharingTombstones(except own: NodeID, at now: ClusterInstant) {
        let old = tombstones(olderThan: configuration.sharedTombstoneAge, except: own, at: now)
        for id in old { table.stopSharing(id) }
    }

    /// Those that make room for a living member in a full table: a 64th of them, the oldest first. So
    /// invented members that have left keep no real one out.
    func tombstonesToReplace(except own: NodeID, at now: ClusterInstant) -> ArraySlice<NodeID> {
        guard table.count >= configuration.entryLimit else { return [] }
        return tombstones(olderThan: .zero, except: own, at: now)
            .sorted { (table[$0]?.since ?? now, $0) < (table[$1]?.since ?? now, $1) }
            .prefix(max(1, configuration.tombstoneLimit / configuration.tombstoneParts))
    }

    private func tombstones(
        olderThan age: Duration, except own: NodeID, at now: ClusterInstant
    ) -> [NodeID] {
        guard table.count > table.livingCount else { return [] }
        return (0..<table.count).compactMap { index in
            let entry = table.entry(at: index)
            return !entry.state.isLiving && now - entry.since >= age && entry.record.id != own
                ? entry.record.id : nil
        }
    }

    mutating func remove(_ id: NodeID) {
        table.remove(id)
        contacts[id] = nil
        equivocations[id] = nil
        equivocators.remove(id)
    }

    /// By command: no longer listed, yet kept against old rumors.
    mutating func hide(_ id: NodeID) { table.forget(id) }
}
