import MembershipWire

/// A member may state any address as its own. So that nobody is flooded by a whole cluster because a
/// member says that he lives there, an address is sent little until it has been heard from: eight
/// frames, and then one a second, by each node, however many members and boots state it.
///
/// It is heard from when a frame of the very boot comes from there, or an ack to a heartbeat that was
/// sent there. Both take the pair's key; the first also takes someone who can send from that address.
struct AddressTrials: Sendable {
    /// Enough for the answers to a newcomer that is just joining.
    static let burst = 8
    static let pause: Duration = .seconds(1)
    /// Addresses on trial at once. What comes on top shares one measure.
    static let capacity = 1_024

    private struct Trial: Sendable {
        var left = AddressTrials.burst
        /// When `left` was last filled up.
        var countedAt: ClusterInstant

        mutating func take(at now: ClusterInstant) -> Bool {
            let earned = Int(clamping: (now - countedAt).milliseconds / pause.milliseconds)
            if earned > 0 {
                left = min(burst, left + earned)
                countedAt = countedAt + pause * earned
            }
            guard left > 0 else { return false }
            left -= 1
            return true
        }

        /// As good as a new one.
        func isOver(at now: ClusterInstant) -> Bool { now - countedAt >= pause * burst }
    }

    private var trials: [Endpoint: Trial] = [:]
    private var shared: Trial?
    private var roomMadeAt: ClusterInstant?

    /// Whether one more frame may go to an address that is not proven; if so it is counted.
    mutating func admits(_ endpoint: Endpoint, at now: ClusterInstant) -> Bool {
        if trials[endpoint] == nil { makeRoom(at: now) }
        guard trials[endpoint] != nil || trials.count < Self.capacity else {
            var trial = shared ?? Trial(countedAt: now)
            defer { shared = trial }
            return trial.take(at: now)
        }
        return trials[endpoint, default: Trial(countedAt: now)].take(at: now)
    }

    /// Looks for trials that are over, at most once a second.
    private mutating func makeRoom(at now: ClusterInstant) {
        guard trials.count >= Self.capacity, roomMadeAt.map({ now - $0 >= Self.pause }) ?? true
        else { return }
        roomMadeAt = now
        trials = trials.filter { !$0.value.isOver(at: now) }
    }
}

extension ClusterNode {
    /// Somebody was heard from: perhaps from where it says that it is.
    mutating func proveAddress(of record: MemberRecord, heardFrom source: Endpoint) {
        guard source == record.endpoint else { return }
        proveAddress(of: record)
    }

    mutating func proveAddress(of record: MemberRecord) {
        guard contacts[record.id]?.provenAddress != record.endpoint else { return }
        contacts[record.id, default: Contact()].provenAddress = record.endpoint
    }

    /// Takes out what would go to an unproven address beyond its measure. Nothing depends on one
    /// datagram: rumors reach others, and a probe tries again.
    mutating func limitUnproven(
        in effects: inout [Effect], from start: Int, at now: ClusterInstant
    ) {
        guard effects.count > start else { return }
        var kept = start
        for index in start..<effects.count {
            if case .send(_, _, let destination) = effects[index],
                !mayAddress(destination, at: now)
            {
                counters.count(.unprovenAddress)
                continue
            }
            if kept != index { effects.swapAt(kept, index) }
            kept += 1
        }
        if kept < effects.count { effects.removeSubrange(kept...) }
    }

    /// Strangers have limits of their own (`QuestionLimit`).
    private mutating func mayAddress(_ destination: Destination, at now: ClusterInstant) -> Bool {
        guard let id = table.id(of: destination.boot),
            contacts[id]?.provenAddress != destination.endpoint
        else { return true }
        return trials.admits(destination.endpoint, at: now)
    }
}
