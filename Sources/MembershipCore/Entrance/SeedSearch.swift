package import MembershipWire

/// Which seeds are called, and when they are looked up again.
///
/// A seed is an address, and a name is as many seeds as it has addresses. To be content with one of them
/// is how clusters fall apart as they form: a hundred hosts that start at once on one name would meet in
/// twos and threes, each with a living seed, and never look further. So every look compares all addresses
/// with the view, and calls some of those that live nowhere in it; one call merges two clusters. Where
/// all live, nothing is called, and the looks become rare. Specs/Protocol.md, "Seeds".
///
/// The shell looks names up and calls; this value decides. The simulator runs the same one.
package struct SeedSearch: Sendable {
    /// Calls of one look: enough to get past a seed or two that are down.
    package static let callsPerLook = 3
    /// Addresses of one look; further ones are ignored.
    package static let addressLimit = 256

    private let refresh: Duration
    private let fresh: SeedPause
    private var pause: SeedPause
    /// The members that answered at an address other than the one that they state.
    private var known: [Endpoint: NodeID] = [:]
    /// Where this node itself answered.
    private var own: Set<Endpoint> = []
    private var isMissingSome = false
    private var wasBusy = false

    /// - Parameter refresh: between two looks where no seed is missing.
    package init(_ configuration: CoreConfiguration, refresh: Duration) {
        self.refresh = refresh
        fresh = SeedPause(configuration)
        pause = fresh
    }

    /// The seeds to call now, in an order made by chance: of those given, the ones that are neither this
    /// node nor alive or suspect in its view.
    package mutating func calls(
        to seeds: some Sequence<Endpoint>, own address: Endpoint,
        living: some Sequence<(id: NodeID, endpoint: Endpoint)>, by random: inout RandomSource
    ) -> [Endpoint] {
        var listed: [Endpoint] = []
        for seed in seeds where listed.count < Self.addressLimit && !listed.contains(seed) {
            listed.append(seed)
        }
        known = known.filter { listed.contains($0.key) }
        own = own.filter { listed.contains($0) }
        var ids: Set<NodeID> = []
        var addresses: Set<Endpoint> = [address]
        for member in living {
            ids.insert(member.id)
            addresses.insert(member.endpoint)
        }
        var missing = listed.filter { seed in
            !addresses.contains(seed) && !own.contains(seed)
                && !(known[seed].map(ids.contains) ?? false)
        }
        isMissingSome = !missing.isEmpty
        wasBusy = false
        let count = min(Self.callsPerLook, missing.count)
        for index in 0..<count {
            missing.swapAt(index, index + random.below(missing.count - index))
        }
        return Array(missing.prefix(count))
    }

    /// A seed has taken us in.
    package mutating func joined(_ member: NodeID, at seed: Endpoint) { known[seed] = member }

    /// A seed turned out to be this node.
    package mutating func metSelf(at seed: Endpoint) { own.insert(seed) }

    /// A seed had too much to do: it is worth another call soon.
    package mutating func metBusy() { wasBusy = true }

    /// Nothing is known of what the seeds are, so they count as missing.
    package mutating func foundNone() {
        isMissingSome = true
        wasBusy = false
    }

    /// The member that this node knew is gone and it is alone: look soon, as at the start.
    package mutating func becameAlone() { pause = fresh }

    /// Until the next look: draw it from this.
    package mutating func rest() -> ClosedRange<Duration> {
        guard isMissingSome else {
            pause = fresh
            return refresh * 4 / 5...refresh * 6 / 5
        }
        let next = pause.next(isBusy: wasBusy)
        let longest = refresh * 6 / 5
        return min(next.lowerBound, refresh * 4 / 5)...min(next.upperBound, longest)
    }
}
