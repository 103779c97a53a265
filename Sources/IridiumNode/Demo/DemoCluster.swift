import IridiumShell
package import Membership

/// A small cluster around a prompt, in one process, to be broken on purpose.
///
/// The prompt's own node is n1. The others are ordinary members with sockets, keys and a separate
/// thread each, and with nothing on disk. Network faults are set at each member (`NetworkFaults`),
/// n1 included. Orders are carried out one after the other.
///
/// Invariant: nothing waits for a member whose thread is stopped.
package actor DemoCluster {
    /// How many nodes a demo may have, n1 counted.
    package static let sizes = 2...32
    /// Members that join at the same time.
    private static let joinsAtOnce = 8

    /// The key of n1 and of all others.
    nonisolated let key = SharedClusterKey()
    /// The faults of n1.
    nonisolated let faults = NetworkFaults(seed: 1)
    nonisolated let identity = KeptIdentity()
    /// n1 first.
    package nonisolated let names: [NodeAlias]

    private let profile: ClusterConfiguration.Profile
    private var members: [DemoMember]
    /// The members that are cut off from all others; empty: the network is whole.
    private var oneSide: [String] = []
    private var lossPercent = 0
    private var turns = Turns()
    private var onWake: @Sendable (String) -> Void = { _ in }

    /// nil for a size outside `sizes`.
    package init?(
        nodes: Int, profile: ClusterConfiguration.Profile, lifelines: Bool = true
    ) {
        guard Self.sizes.contains(nodes) else { return nil }
        names = (1...nodes).compactMap { try? NodeAlias(parsing: "n\($0)") }
        self.profile = profile
        members = zip(names, 1...).dropFirst().map {
            DemoMember(name: $0, seed: UInt64($1), lifelines: lifelines)
        }
    }

    // MARK: Life

    /// Starts all others and lets them join n1. `onWake` is called when something happens by
    /// itself: the end of a pause.
    func form(
        around seed: Endpoint, onWake: @escaping @Sendable (String) -> Void
    ) async throws(ClusterError) {
        self.onWake = onWake
        for first in stride(from: 0, to: members.count, by: Self.joinsAtOnce) {
            let some = first..<min(first + Self.joinsAtOnce, members.count)
            for (index, life) in try await Self.start(some.map { ($0, members[$0]) }, key, profile)
            {
                members[index].begin(life)
            }
            try await Self.join(some.compactMap { members[$0].life?.cluster }, [seed])
        }
    }

    private typealias Started = (index: Int, life: DemoMember.Life)

    private static func start(
        _ members: [(Int, DemoMember)], _ key: SharedClusterKey,
        _ profile: ClusterConfiguration.Profile
    ) async throws(ClusterError) -> [Started] {
        var started: [Started] = []
        for (index, member) in members {
            let configuration = member.configuration(key: key, profile: profile)
            started.append((index, try await .begin(configuration, faults: member.faults)))
        }
        return started
    }

    private static func join(_ clusters: [Cluster], _ seeds: [Endpoint]) async throws(ClusterError)
    {
        let seeds = seeds.map { HostAndPort(host: "\($0.address)", port: $0.port) }
        let failure = await withTaskGroup(of: ClusterError?.self) { group in
            for cluster in clusters {
                group.addTask {
                    do throws(ClusterError) {
                        _ = try await cluster.join(seeds)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let failure { throw failure }
    }

    /// Ends all others at once, paused ones too. There are no goodbyes, because the whole demo
    /// ends.
    package func stop() async {
        await turns.finish()
        let lives = members.indices.compactMap { members[$0].takeLife() }
        await withTaskGroup { group in
            for life in lives { group.addTask { await life.end() } }
        }
    }

    // MARK: Orders

    /// Carries out an order after all earlier ones. `session` is n1's cluster; nil: it is off.
    func carryOut(
        _ order: DemoOrder, session: Cluster?
    ) async throws(IridiumError) -> DemoOutcome {
        try await turns.add { () async throws(IridiumError) in
            try await self.perform(order, session)
        }.value.get()
    }

    private func perform(
        _ order: DemoOrder, _ session: Cluster?
    ) async throws(IridiumError) -> DemoOutcome {
        defer { breakNetwork(session) }
        switch order {
        case .list: return .listing(listing(session))
        case .kill(let name): return try await kill(name)
        case .pause(let name, let seconds): return try pause(name, seconds)
        case .resume(let name): return try resume(name)
        case .restart(let name): return try await restart(name, session)
        case .partition(let some): return try partition(some)
        case .loss(let percent):
            lossPercent = percent
            return .losing(percent: percent)
        case .heal:
            oneSide = []
            lossPercent = 0
            return .healed
        }
    }

    private func kill(_ name: String) async throws(IridiumError) -> DemoOutcome {
        let index = try running(name, for: .kill)
        await members[index].takeLife()?.end()
        return .killed(members[index].name.text)
    }

    private func pause(_ name: String, _ seconds: Int?) throws(IridiumError) -> DemoOutcome {
        let index = try running(name, for: .pause)
        guard let freeze = members[index].stop() else {
            throw DemoOrder.Verb.pause.error("cannot be done to \(name): it is already paused")
        }
        if let seconds {
            Task {
                try? await Task.sleep(for: .seconds(seconds))
                wake(index, from: freeze)
            }
        }
        return .paused(members[index].name.text, seconds: seconds)
    }

    /// The end of a pause, unless it ended before.
    private func wake(_ index: Int, from freeze: Freeze) {
        guard members[index].freeze === freeze else { return }
        members[index].thaw()
        onWake("\(members[index].name) continues")
    }

    private func resume(_ name: String) throws(IridiumError) -> DemoOutcome {
        let index = try running(name, for: .resume)
        guard let span = members[index].thaw() else {
            throw DemoOrder.Verb.resume.error("cannot be done to \(name): it is not paused")
        }
        return .resumed(members[index].name.text, after: span)
    }

    private func restart(
        _ name: String, _ session: Cluster?
    ) async throws(IridiumError) -> DemoOutcome {
        let index = try other(name, for: .restart)
        await members[index].takeLife()?.end()
        let member = members[index]
        let life: DemoMember.Life
        do throws(ClusterError) {
            life = try await .begin(
                member.configuration(key: key, profile: profile), faults: member.faults)
        } catch {
            throw DemoOrder.Verb.restart.error("failed: \(error)")
        }
        members[index].begin(life)
        breakNetwork(session)
        let seeds = reachable(from: member.name.text, session)
        let isMember = (try? await Self.join([life.cluster], seeds)) != nil
        let me = life.cluster.localMember
        return .restarted(
            me.name.text, at: me.endpoint, incarnation: me.incarnation.number, joined: isMember)
    }

    private func partition(_ some: [String]) throws(IridiumError) -> DemoOutcome {
        for name in some where !isKnown(name) { throw unknown(name, for: .partition) }
        let others = names.map(\.text).filter { !some.contains($0) }
        guard !others.isEmpty else {
            throw DemoOrder.Verb.partition.error("leaves no member on the other side")
        }
        oneSide = names.map(\.text).filter(some.contains)
        return .partitioned(oneSide, from: others)
    }

    // MARK: Names

    /// A member that can be started and ended: any except n1.
    private func other(_ name: String, for verb: DemoOrder.Verb) throws(IridiumError) -> Int {
        guard isKnown(name) else { throw unknown(name, for: verb) }
        guard let index = members.firstIndex(where: { $0.name.text == name }) else {
            throw verb.error("cannot be done to \(name): it is this session")
        }
        return index
    }

    private func running(_ name: String, for verb: DemoOrder.Verb) throws(IridiumError) -> Int {
        let index = try other(name, for: verb)
        guard members[index].life != nil else {
            throw verb.error(
                "cannot be done to \(name): it was killed (!demo restart \(name) starts it)")
        }
        return index
    }

    private func isKnown(_ name: String) -> Bool { names.contains { $0.text == name } }

    private func unknown(_ name: String, for verb: DemoOrder.Verb) -> IridiumError {
        let first = names.first?.text ?? "", last = names.last?.text ?? ""
        return verb.error("cannot find \(Layout.quoted(name)): the members are \(first) to \(last)")
    }

    // MARK: The network

    /// Gives every member its current network faults.
    private func breakNetwork(_ session: Cluster?) {
        for (name, faults) in [(names[0].text, faults)] + members.map({ ($0.name.text, $0.faults) })
        {
            let cutOff = others(than: name)
            faults.block(Set(cutOff.compactMap { address(of: $0, session) }))
            faults.lose(percent: lossPercent)
        }
    }

    /// The members on the other side of the split.
    private func others(than name: String) -> [String] {
        guard !oneSide.isEmpty else { return [] }
        let isOnOneSide = oneSide.contains(name)
        return names.map(\.text).filter { oneSide.contains($0) != isOnOneSide }
    }

    private func address(of name: String, _ session: Cluster?) -> Endpoint? {
        guard let member = members.first(where: { $0.name.text == name }) else {
            return session?.localMember.endpoint
        }
        return member.address
    }

    /// The members that this member can ask to join.
    private func reachable(from name: String, _ session: Cluster?) -> [Endpoint] {
        let cutOff = others(than: name)
        let awake = members.filter { $0.life != nil && $0.freeze == nil }.map(\.name.text)
        let own = session == nil ? [] : [names[0].text]
        return (own + awake).filter { $0 != name && !cutOff.contains($0) }
            .compactMap { address(of: $0, session) }
    }

    private func listing(_ session: Cluster?) -> DemoListing {
        let now = ContinuousClock.now
        let seen = session?.members ?? []
        let rows = names.map { name in
            let member = members.first { $0.name == name }
            let condition: DemoListing.Condition =
                if let member {
                    if member.life == nil {
                        .killed
                    } else if let freeze = member.freeze {
                        .paused(now - freeze.since)
                    } else {
                        .running
                    }
                } else { .session }
            return DemoListing.Row(
                name: name.text, condition: condition, cutOffFrom: others(than: name.text),
                address: address(of: name.text, session),
                seen: seen.first { $0.name == name }?.state)
        }
        return DemoListing(rows: rows, lossPercent: lossPercent)
    }
}
