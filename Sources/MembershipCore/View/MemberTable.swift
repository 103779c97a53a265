package import MembershipWire

/// All members that this node knows, sorted by id: the view.
///
/// Three parallel arrays of one word an entry, because a table of 10,000 must fit many times into
/// one simulation, and because the rank of a member in the sorted view is itself useful. Facts that
/// only some members have (suspicions, contacts, reasons) are kept elsewhere, sparsely. The digest
/// is kept up to date with every change. Look-up is O(log n); a new member moves two words a member.
package struct MemberTable: Sendable {
    private var ids: [NodeID] = []
    private var records: [MemberRecord] = []
    private var packed: [PackedState] = []
    private var idsByBoot: [BootID: NodeID] = [:]
    private var counts: [Int] = [0, 0, 0, 0]
    /// Living members that are unanswering.
    private var unansweringCount = 0
    private var claims: NameClaims

    /// XOR of the hashes of all records that count. See `RecordHash`.
    package private(set) var digestHash: UInt64 = 0

    private let limits: (members: Int, tombstones: Int, entries: Int)

    package init(_ configuration: CoreConfiguration) {
        claims = NameClaims(race: configuration.nameRace)
        limits = (
            configuration.memberLimit, configuration.tombstoneLimit, configuration.entryLimit
        )
    }

    /// Whether a member that is not known could be taken in. A farewell of such a member takes the place of
    /// a tombstone, not of a member: otherwise invented ones would make the peer list as long as the table
    /// is large.
    func hasRoom(for standing: Standing) -> Bool {
        standing == .left
            ? count - livingCount < limits.tombstones && count < limits.entries
            : livingCount < limits.members
    }

    /// The most members that are not known, living ones or such that have left, that a stream could bring.
    /// A list names dead members like living ones, before their verdicts.
    func mostUnknown(_ standing: Standing) -> Int {
        guard hasRoom(for: standing) else { return 0 }
        let entries = limits.entries - count
        return standing == .left
            ? min(limits.tombstones - (count - livingCount), entries)
            : max(limits.members - livingCount, entries)
    }

    package struct Entry: Sendable {
        package let record: MemberRecord
        package let state: MemberState
        package let since: ClusterInstant
        /// Dropped from lists by command, yet kept against old rumors.
        package let isForgotten: Bool
    }

    package var count: Int { ids.count }
    package func count(_ state: MemberState) -> Int { counts[PackedState.code(state)] }
    /// Members that are alive or suspect.
    package var livingCount: Int { count(.alive) + count(.suspect) }
    /// Living members that are not unanswering: those that fractions, quorums and choices count.
    package var countedCount: Int { livingCount - unansweringCount }
    package func isCounted(_ id: NodeID) -> Bool { index(of: id).map(isCounted(at:)) ?? false }
    package func isUnanswering(_ id: NodeID) -> Bool {
        index(of: id).map { packed[$0].isUnanswering } ?? false
    }

    package subscript(_ id: NodeID) -> Entry? {
        guard let index = index(of: id) else { return nil }
        return entry(at: index)
    }

    /// The entry at a rank of the sorted view, `0..<count`.
    package func entry(at index: Int) -> Entry {
        let state = packed[index]
        return Entry(
            record: records[index], state: state.state, since: state.since,
            isForgotten: state.isForgotten)
    }

    package func id(at index: Int) -> NodeID { ids[index] }
    package func state(at index: Int) -> MemberState { packed[index].state }
    func isCounted(at index: Int) -> Bool {
        packed[index].state.isLiving && !packed[index].isUnanswering
    }
    func isUntried(at index: Int) -> Bool {
        packed[index].state == .alive && packed[index].isUntried
    }

    /// Whether a member belongs to the circle of living members, or to that of counted ones.
    func isInCircle(at index: Int, isCounted counted: Bool) -> Bool {
        counted ? isCounted(at: index) : packed[index].state.isLiving
    }

    /// Whether more than one living member in `part` is unanswering.
    func isMixed(_ part: Int) -> Bool { unansweringCount * part > livingCount }

    package func id(of boot: BootID) -> NodeID? { idsByBoot[boot] }

    /// The key of a boot, as its owner stated it.
    package func bootKey(of boot: BootID) -> BootKey? {
        idsByBoot[boot].flatMap { index(of: $0) }.map { records[$0].core.bootKey }
    }

    /// The member that bears this name: of the living that state it, the first. O(1) unless it is contested.
    package func bearer(of name: NodeAlias) -> MemberRecord? {
        claims.claimants(of: name).lazy.compactMap { self[$0] }
            .first { $0.state.isLiving }?.record
    }

    /// The member that would bear `name` before `member` does: a living member that came earlier,
    /// or any where `member` has no claim (yet, or any more).
    package func bearer(of name: NodeAlias, before member: NodeID) -> MemberRecord? {
        guard let entry = index(of: member).map(entry(at:)), entry.record.alias == name,
            keepsClaim(entry)
        else { return bearer(of: name) }
        return claims.predecessors(of: member, under: name).lazy.compactMap { self[$0] }
            .first { $0.state.isLiving }?.record
    }

    /// Whether a member that is known is shown by its name: no living member came to it earlier.
    package func bearsName(_ record: MemberRecord) -> Bool {
        !claims.predecessors(of: record.id, under: record.alias).contains {
            self[$0]?.state.isLiving == true
        }
    }

    /// Whether two members state one name, be they alive or not.
    package var hasContestedNames: Bool { claims.areContested }

    /// Members after the first who state their name, in the order in which they came to it. O(n) where
    /// there are any.
    var laterClaimants: [NodeID] {
        guard claims.areContested else { return [] }
        var names = Set<NodeAlias>()
        return records.filter { names.insert($0.alias).inserted }
            .flatMap { claims.claimants(of: $0.alias).dropFirst() }
    }

    /// The dead keep their claim for as long as they are shared and listed, the left do not.
    private func keepsClaim(_ entry: Entry) -> Bool {
        switch entry.state {
        case .alive, .suspect: true
        case .dead:
            !entry.isForgotten && index(of: entry.record.id).map(isShared(at:)) == true
        case .left: false
        }
    }

    /// A new name, or a new life after the claim had ended: it comes last, or almost.
    private mutating func claimName(
        _ record: MemberRecord, _ state: MemberState, after old: Entry?, isNewcomer: Bool,
        at now: ClusterInstant
    ) {
        if let old {
            let isRenamed = old.record.alias != record.alias
            guard isRenamed || state.isLiving && !keepsClaim(old) else { return }
            claims.remove(record.id, old.record.alias)
            return claims.add(record.id, record.alias, isRenamed ? .renamed : .newcomer, at: now)
        }
        claims.add(record.id, record.alias, isNewcomer ? .newcomer : .established, at: now)
    }

    /// Our own claim begins when the others can hear of it.
    mutating func renewClaim(of id: NodeID, at now: ClusterInstant) {
        guard let record = self[id]?.record else { return }
        claims.remove(id, record.alias)
        claims.add(id, record.alias, .newcomer, at: now)
    }

    /// The living member that stands `steps` living places after the one at `index`, in a circle; the same
    /// among counted members. O(1) in a table without tombstones and unanswering members, O(n) otherwise.
    func living(after index: Int, steps: Int, isCounted counted: Bool) -> MemberRecord? {
        let size = counted ? countedCount : livingCount
        guard count > size else { return records[(index + steps) % count] }
        var remaining = steps
        for offset in 1...count {
            let place = (index + offset) % count
            guard isInCircle(at: place, isCounted: counted) else { continue }
            remaining -= 1
            if remaining == 0 { return records[place] }
        }
        return nil
    }

    /// Inserts a member or replaces what is known of it. `isNewcomer`: we hear of it as it comes, not
    /// from who knew it before.
    package mutating func put(
        _ record: MemberRecord, _ state: MemberState, since now: ClusterInstant,
        isNewcomer: Bool = false
    ) {
        claimName(record, state, after: self[record.id], isNewcomer: isNewcomer, at: now)
        let new = PackedState(state, since: now)
        if let index = index(of: record.id) {
            let isNewBoot = records[index].boot != record.boot
            digestHash ^= share(at: index)
            uncount(index)
            if isNewBoot { releaseBoot(at: index) }
            records[index] = record
            let (isUnanswering, isUntried) = (packed[index].isUnanswering, packed[index].isUntried)
            // A new statement in an unchanged state does not restart its clock.
            packed[index] = packed[index].state == state ? packed[index].remembered : new
            packed[index].isUnanswering = isUnanswering && !isNewBoot
            packed[index].isUntried = isUntried || isNewBoot
            count(index)
            digestHash ^= share(at: index)
        } else {
            let index = insertionIndex(of: record.id)
            ids.insert(record.id, at: index)
            records.insert(record, at: index)
            packed.insert(new, at: index)
            count(index)
            digestHash ^= share(at: index)
        }
        // Written only where it changes: tables that share storage go on sharing it.
        if idsByBoot[record.boot] != record.id { idsByBoot[record.boot] = record.id }
    }

    private mutating func count(_ index: Int) {
        counts[PackedState.code(packed[index].state)] += 1
        if packed[index].isUnanswering, packed[index].state.isLiving { unansweringCount += 1 }
    }

    private mutating func uncount(_ index: Int) {
        counts[PackedState.code(packed[index].state)] -= 1
        if packed[index].isUnanswering, packed[index].state.isLiving { unansweringCount -= 1 }
    }

    /// Whether the present boot of a member is doubted and has not answered us since: see `Answers`.
    mutating func setUnanswering(_ id: NodeID, _ isUnanswering: Bool) {
        guard let index = index(of: id) else { return }
        uncount(index)
        packed[index].isUnanswering = isUnanswering
        packed[index].isUntried = false
        count(index)
    }

    /// Takes a member's share out of the digest (an old tombstone), or everything about it.
    mutating func stopSharing(_ id: NodeID) {
        guard let index = index(of: id) else { return }
        digestHash ^= share(at: index)
        packed[index].isShared = false
    }

    mutating func forget(_ id: NodeID) {
        guard let index = index(of: id) else { return }
        packed[index].isForgotten = true
    }

    mutating func remove(_ id: NodeID) {
        guard let index = index(of: id) else { return }
        digestHash ^= share(at: index)
        uncount(index)
        releaseBoot(at: index)
        claims.remove(id, records[index].alias)
        ids.remove(at: index)
        records.remove(at: index)
        packed.remove(at: index)
    }

    /// Only its own: the boot may have changed hands.
    private mutating func releaseBoot(at index: Int) {
        let boot = records[index].boot
        if idsByBoot[boot] == ids[index] { idsByBoot[boot] = nil }
    }

    /// Whether this entry counts in the digest and travels in lists.
    package func isShared(at index: Int) -> Bool { packed[index].isShared }

    package func share(at index: Int) -> UInt64 {
        packed[index].isShared ? RecordHash.of(records[index], packed[index].state) : 0
    }

    package func index(of id: NodeID) -> Int? {
        let index = insertionIndex(of: id)
        return index < ids.count && ids[index] == id ? index : nil
    }

    private func insertionIndex(of id: NodeID) -> Int {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// State, flags and the moment of the last change in one word: 58 bits of time in units of 256 ns.
private struct PackedState: Sendable {
    private var word: UInt64

    init(_ state: MemberState, since: ClusterInstant) {
        let time = UInt64(bitPattern: since.nanoseconds >> 8) << 6
        word = time | UInt64(Self.code(state))
    }

    var state: MemberState {
        switch word & 3 {
        case 0: .alive
        case 1: .suspect
        case 2: .dead
        default: .left
        }
    }

    var since: ClusterInstant { ClusterInstant(nanoseconds: (Int64(bitPattern: word) >> 6) << 8) }

    var isShared: Bool {
        get { word & 4 == 0 }
        set { word = newValue ? word & ~4 : word | 4 }
    }

    var isForgotten: Bool {
        get { word & 8 != 0 }
        set { word = newValue ? word | 8 : word & ~8 }
    }

    var isUnanswering: Bool {
        get { word & 16 != 0 }
        set { word = newValue ? word | 16 : word & ~16 }
    }

    /// The present boot has neither answered us nor been doubted.
    var isUntried: Bool {
        get { word & 32 == 0 }
        set { word = newValue ? word & ~32 : word | 32 }
    }

    /// The same state and clock, shared and listed again.
    var remembered: PackedState {
        var copy = self
        copy.word &= ~12
        return copy
    }

    static func code(_ state: MemberState) -> Int {
        switch state {
        case .alive: 0
        case .suspect: 1
        case .dead: 2
        case .left: 3
        }
    }
}
