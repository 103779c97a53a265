import MembershipCore
import MembershipWire

/// A name that all hosts of a world have as their seed, like a headless service. It stands for any
/// number of hosts, running or not, and each host may receive them in another order.
package struct SeedName: Hashable, Sendable {
    /// The order of a resolver's answer.
    package enum Order: Hashable, Sendable {
        /// The same order for all hosts.
        case listed
        /// Sorted by common prefix, as some resolvers do: a host sees its neighbours first.
        case nearestFirst
    }

    /// The hosts whose addresses it returns.
    package var hosts: [Int]
    package var order: Order
    /// Interval between two lookups if none is missing.
    package var refresh: Duration

    package init(_ hosts: [Int], order: Order = .listed, refresh: Duration = .seconds(15)) {
        self.hosts = hosts
        self.order = order
        self.refresh = refresh
    }

    /// The answer to a host; it includes the host itself if that is one of the hosts.
    package func answer(to host: Int) -> [Int] {
        switch order {
        case .listed: hosts
        case .nearestFirst: hosts.sorted { ($0 ^ host, $0) < ($1 ^ host, $1) }
        }
    }
}

/// A shell's lookups of a name, by the rule of production, `SeedSearch`.
struct NameWatch: Sendable {
    var search: SeedSearch
    var random: RandomSource
    /// Calls that are not over, by attempt.
    var calls: [UInt64: Endpoint] = [:]
    /// Calls of the last lookup that are still to be made.
    var waiting = 0
}

extension World {
    private static let callStagger: Duration = .milliseconds(250)

    mutating func startNameWatch(host: Int, boot: Int) {
        guard let seedName else { return hosts[host].nameWatch = nil }
        hosts[host].nameWatch = NameWatch(
            search: SeedSearch(options.configuration, refresh: seedName.refresh),
            random: RandomSource(seed: hostRandom.next()))
        queue.schedule(.seedLook(host: host, boot: boot), at: now)
    }

    mutating func lookForSeeds(host: Int, boot: Int) {
        guard isCurrent(host, boot), let seedName, var watch = hosts[host].nameWatch else { return }
        let own = hosts[host].endpoint
        let living = (hosts[host].node?.members(at: hosts[host].clock.instant(at: now)) ?? [])
            .filter { $0.state.isLiving && !$0.isSelf }
            .map { (id: $0.record.id, endpoint: $0.record.endpoint) }
        let seeds = seedName.answer(to: host).map { hosts[$0].endpoint }
        let calls = watch.search.calls(to: seeds, own: own, living: living, by: &watch.random)
        if seeds.isEmpty { watch.search.foundNone() }
        watch.waiting = calls.count
        hosts[host].nameWatch = watch
        for (index, endpoint) in calls.enumerated() {
            queue.schedule(
                .seedCall(host: host, boot: boot, endpoint), at: now + Self.callStagger * index)
        }
        if calls.isEmpty { restAfterLook(host: host, boot: boot) }
    }

    mutating func callSeed(
        _ endpoint: Endpoint, host: Int, boot: Int, observer: inout some WorldObserver
    ) {
        guard isCurrent(host, boot), hosts[host].nameWatch != nil else { return }
        hosts[host].nameWatch?.waiting -= 1
        let isHere = hosts[host].node?.members(at: hosts[host].clock.instant(at: now))
            .contains { $0.state.isLiving && $0.record.endpoint == endpoint }
        guard isHere == false, hosts[host].phase == .running, !hosts[host].isLeaving else {
            return restIfDone(host: host)
        }
        hosts[host].joinAttempts += 1
        let attempt = hosts[host].joinAttempts
        hosts[host].nameWatch?.calls[attempt] = endpoint
        feed(.join(endpoint, attempt: attempt), to: host, observer: &observer)
    }

    /// The result of a call: the seed that accepted the join, or nil.
    mutating func endCall(_ attempt: UInt64, by seed: NodeID?, isBusy: Bool, host: Int) {
        guard let endpoint = hosts[host].nameWatch?.calls.removeValue(forKey: attempt) else {
            return
        }
        if let seed { hosts[host].nameWatch?.search.joined(seed, at: endpoint) }
        if isBusy { hosts[host].nameWatch?.search.metBusy() }
        restIfDone(host: host)
    }

    private mutating func restIfDone(host: Int) {
        guard let watch = hosts[host].nameWatch, watch.waiting == 0, watch.calls.isEmpty else {
            return
        }
        restAfterLook(host: host, boot: hosts[host].boots)
    }

    private mutating func restAfterLook(host: Int, boot: Int) {
        guard var watch = hosts[host].nameWatch else { return }
        let pause = watch.random.duration(in: watch.search.rest())
        hosts[host].nameWatch = watch
        queue.schedule(.seedLook(host: host, boot: boot), at: now + pause)
    }
}
