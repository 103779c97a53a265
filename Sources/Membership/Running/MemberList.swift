package import MembershipCore
package import MembershipWire

/// All members as other threads see them, sorted by name and then by id, in pieces.
///
/// When a member changes, the next published list shares all pieces but one with the list before.
/// So a change costs the same in a cluster of ten and of ten thousand, and the event loop never
/// pays for the whole table. A flat array is made only if a caller wants one, on the caller's
/// thread.
///
/// Invariant: no piece is empty or longer than `longestPiece`; the members of all pieces, one after
/// the other, are sorted.
package struct MemberList: Sendable {
    /// One member, and the start of its state: a reader computes the duration from it.
    package struct Row: Sendable {
        let member: Member
        let since: ClusterInstant

        package init(member: Member, since: ClusterInstant) {
            self.member = member
            self.since = since
        }

        fileprivate var key: Key { Key(name: member.name, id: member.id) }
    }

    /// The position of a member in the list.
    struct Key: Hashable, Sendable, Comparable {
        let name: NodeAlias
        let id: NodeID

        /// By name, then by id: names are unique among the living only.
        static func < (a: Key, b: Key) -> Bool { a.name == b.name ? a.id < b.id : a.name < b.name }
    }

    static let longestPiece = 256
    private var pieces: [[Row]] = []
    private var counts: [MemberState: Int] = [:]

    init() {}

    /// A list of rows in any order.
    package init(_ rows: [Row]) {
        let sorted = rows.sorted { $0.key < $1.key }
        for start in stride(from: 0, to: sorted.count, by: Self.longestPiece / 2) {
            pieces.append(Array(sorted[start..<min(sorted.count, start + Self.longestPiece / 2)]))
        }
        for row in sorted { counts[row.member.state, default: 0] += 1 }
    }

    /// The number of members in a state. O(1).
    package func count(_ state: MemberState) -> Int { counts[state] ?? 0 }
    var count: Int { counts.values.reduce(0, +) }

    /// A flat array, with times as of `now`. O(n).
    package func members(at now: ClusterInstant) -> [Member] {
        var members: [Member] = []
        members.reserveCapacity(count)
        for piece in pieces {
            for row in piece {
                members.append(row.member.inState(for: max(.zero, now - row.since)))
            }
        }
        return members
    }

    /// Whether one of them satisfies a condition. Makes no array.
    func contains(where condition: (Member) -> Bool) -> Bool {
        pieces.contains { $0.contains { condition($0.member) } }
    }

    /// The member of that key. O(log n).
    func member(_ key: Key) -> Member? {
        guard !pieces.isEmpty else { return nil }
        let piece = piece(for: key)
        let place = place(of: key, in: piece)
        guard place < pieces[piece].count, pieces[piece][place].key == key else { return nil }
        return pieces[piece][place].member
    }

    /// Puts a row at its position and replaces the row of the same key. O(log n) and one piece.
    mutating func put(_ row: Row) {
        guard !pieces.isEmpty else {
            pieces = [[row]]
            return counts[row.member.state, default: 0] += 1
        }
        let piece = piece(for: row.key)
        let place = place(of: row.key, in: piece)
        counts[row.member.state, default: 0] += 1
        if place < pieces[piece].count, pieces[piece][place].key == row.key {
            counts[pieces[piece][place].member.state, default: 0] -= 1
            pieces[piece][place] = row
        } else {
            pieces[piece].insert(row, at: place)
            if pieces[piece].count > Self.longestPiece { split(piece) }
        }
    }

    /// Removes the member of that key, if there is one.
    mutating func remove(_ key: Key) {
        guard !pieces.isEmpty else { return }
        let piece = piece(for: key)
        let place = place(of: key, in: piece)
        guard place < pieces[piece].count, pieces[piece][place].key == key else { return }
        counts[pieces[piece].remove(at: place).member.state, default: 0] -= 1
        if pieces[piece].isEmpty { pieces.remove(at: piece) }
    }

    /// The last piece that does not begin after `key`; the first one if all do.
    private func piece(for key: Key) -> Int {
        var (low, high) = (0, pieces.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if pieces[middle][0].key <= key { low = middle } else { high = middle }
        }
        return low
    }

    /// The position of the first row that is not before `key`.
    private func place(of key: Key, in piece: Int) -> Int {
        var (low, high) = (0, pieces[piece].count)
        while low < high {
            let middle = (low + high) / 2
            if pieces[piece][middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func split(_ piece: Int) {
        let half = pieces[piece].count / 2
        pieces.insert(Array(pieces[piece][half...]), at: piece + 1)
        pieces[piece].removeSubrange(half...)
    }
}

/// The member list of a running node, brought up to date one member at a time.
package struct MemberIndex {
    package private(set) var list = MemberList()
    /// The entry of each member in the list: its name may have changed.
    private var held: [NodeID: Held] = [:]
    /// The number of living members at each address.
    private var addresses: [IPAddress: Int] = [:]
    /// Members changed since the list was last updated.
    private var stale: Set<NodeID> = []
    /// When all members were last looked at, and the table then: some have no row.
    private var lastLook: (at: ClusterInstant, count: Int, digest: UInt64)?
    /// Members that have answered since round-trip times were last read again.
    private var answered: Set<NodeID> = []

    private struct Held {
        let key: MemberList.Key
        /// nil unless it is another living member.
        let address: IPAddress?

        init(_ row: MemberList.Row) {
            key = row.key
            let member = row.member
            let isLiving = member.state == .alive || member.state == .suspect
            address = isLiving && !member.isSelf ? member.endpoint.address : nil
        }
    }

    /// Whether a living member states this address as its own.
    func isAddressOfMember(_ address: IPAddress) -> Bool { addresses[address] != nil }

    var isStale: Bool { !stale.isEmpty }

    package init() {}

    /// The member as it was last published.
    func member(_ id: NodeID) -> Member? { held[id].flatMap { list.member($0.key) } }

    package mutating func noteChange(of id: NodeID) { stale.insert(id) }

    /// Builds everything, at the start. O(n log n).
    package mutating func fill(_ rows: [MemberList.Row]) {
        list = MemberList(rows)
        held = [:]
        addresses = [:]
        for row in rows { hold(row.member.id, row) }
        stale = []
    }

    /// Updates every member that has changed; `row` is nil for one that is gone.
    package mutating func update(_ row: (NodeID) -> MemberList.Row?) {
        for id in stale {
            let new = row(id)
            if let old = held[id]?.key, old != new?.key { list.remove(old) }
            hold(id, new)
            if let new { list.put(new) }
        }
        stale.removeAll(keepingCapacity: true)
    }

    private mutating func hold(_ id: NodeID, _ row: MemberList.Row?) {
        if let old = held[id]?.address {
            let left = (addresses[old] ?? 1) - 1
            addresses[old] = left > 0 ? left : nil
        }
        held[id] = row.map { Held($0) }
        if let new = held[id]?.address { addresses[new, default: 0] += 1 }
    }

    /// Finds members that came or went without a notice: tombstones that a peer list brought, for example.
    /// Once a second at most, because it looks at every member, and once for each state of the table.
    package mutating func noteSilentChanges(in table: MemberTable, at now: ClusterInstant) {
        guard table.count != held.count, lastLook.map({ now - $0.at >= .seconds(1) }) ?? true,
            lastLook?.count != table.count || lastLook?.digest != table.digestHash
        else { return }
        lastLook = (now, table.count, table.digestHash)
        for index in 0..<table.count where held[table.id(at: index)] == nil {
            stale.insert(table.id(at: index))
        }
        for id in held.keys where table.index(of: id) == nil { stale.insert(id) }
    }

    /// The member's round-trip time may have changed, of which there is no notice.
    package mutating func noteAnswer(of id: NodeID) { answered.insert(id) }

    /// Reads the round-trip times of members that have answered again, from time to time.
    package mutating func refreshAnswered(atMost limit: Int) {
        for _ in 0..<limit {
            guard let id = answered.popFirst() else { return }
            stale.insert(id)
        }
    }
}

extension Member {
    fileprivate func inState(for duration: Duration) -> Member {
        guard duration != timeInState else { return self }
        return Member(
            id: id, name: name, statedName: statedName, state: state, endpoint: endpoint,
            incarnation: incarnation, metadata: metadata, isSelf: isSelf,
            roundTripTime: roundTripTime, timeInState: duration, reason: reason,
            boot: boot)
    }
}
