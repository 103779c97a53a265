import MembershipWire

/// A member may state any address as its own. So that nobody is flooded by a whole cluster because a
/// member says that he lives there, an address is sent little until it has been heard from: eight
/// frames, and then one a second.
///
/// It is heard from when a frame of the very boot comes from there, or an ack to a heartbeat that was
/// sent there. Both take the pair's key; the first also takes someone who can send from that address.
struct AddressTrials: Sendable {
    /// Enough for the answers to a newcomer that is just joining.
    static let burst = 8
    static let pause: Duration = .seconds(1)
    static let capacity = 1_024

    private struct Trial: Sendable {
        var endpoint: Endpoint
        var left: Int
        /// When `left` was last filled up.
        var countedAt: ClusterInstant
    }

    private var trials: [BootID: Trial] = [:]

    /// Whether one more frame may go to an address that is not proven; if so it is counted.
    mutating func admits(_ destination: Destination, at now: ClusterInstant) -> Bool {
        var trial =
            trials[destination.boot]
            ?? Trial(endpoint: destination.endpoint, left: Self.burst, countedAt: now)
        if trial.endpoint != destination.endpoint {
            // The same boot at a new address: a member that moves on gains nothing.
            trial.endpoint = destination.endpoint
            trial.left = min(trial.left, 1)
        }
        let earned = Int(clamping: (now - trial.countedAt).milliseconds / Self.pause.milliseconds)
        if earned > 0 {
            trial.left = min(Self.burst, trial.left + earned)
            trial.countedAt = trial.countedAt + Self.pause * earned
        }
        guard trial.left > 0 else { return false }
        trial.left -= 1
        makeRoom(at: now)
        trials[destination.boot] = trial
        return true
    }

    /// The address is proven, or the member is gone.
    mutating func end(for boot: BootID) { trials[boot] = nil }

    /// Trials that have filled up again say nothing any more.
    private mutating func makeRoom(at now: ClusterInstant) {
        guard trials.count >= Self.capacity else { return }
        trials = trials.filter { now - $0.value.countedAt < Self.pause * Self.burst }
        if trials.count >= Self.capacity { trials.removeAll(keepingCapacity: true) }
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
        trials.end(for: record.boot)
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
        return trials.admits(destination, at: now)
    }
}
