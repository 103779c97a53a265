import MembershipCore
package import MembershipWire

/// Machines and the processes on them: start, kill, stop, wake.
extension World {
    /// Adds machines that run nothing yet. Their seed is by default the host with the lowest index.
    package mutating func addHosts(_ count: Int, seeds: [Int] = [0]) {
        for _ in 0..<count { addHost(seeds: seeds) }
    }

    /// - Parameter alias: by default `n` and the host's number.
    @discardableResult
    package mutating func addHost(
        seeds: [Int] = [0], at endpoint: Endpoint? = nil, named alias: NodeAlias? = nil
    ) -> Int {
        let index = hosts.count
        let number = UInt64(index)
        var chance = SeededRandom(seed: seed, label: "identity", index: number)
        let identitySeed: Octets32 = chance.octets()
        let identityKey = keys.identityKey(from: identitySeed)
        let own =
            endpoint
            ?? Endpoint(.v4(0x0A00_0000 | UInt32(truncatingIfNeeded: index + 1)), port: 2254)
        guard let alias = alias ?? (try? NodeAlias(parsing: "n\(index)")) else { return index }
        var host = SimulatedHost(
            index: index, alias: alias, identityKey: identityKey,
            identitySeed: identitySeed, id: keys.nodeID(of: identityKey), endpoint: own,
            clock: NodeClock(startingAhead: chance.duration(from: .zero, through: .seconds(86_400)))
        )
        if let error = options.wallClockError {
            host.wallClockError = chance.duration(from: .zero - error, through: error)
        }
        hosts.append(host)
        indices[host.id] = index
        occupants[own] = index
        network.addHost()
        setSeeds(seeds, of: index)
        return index
    }

    /// A machine with a copy of the current disk of another: its identity, its name and, unless
    /// that file is left out, its last incarnation.
    @discardableResult
    package mutating func addCopy(
        of original: Int, seeds: [Int], withIncarnation: Bool = true
    ) -> Int {
        let index = addHost(seeds: seeds)
        indices[hosts[index].id] = nil
        hosts[index].alias = hosts[original].alias
        hosts[index].identitySeed = hosts[original].identitySeed
        hosts[index].identityKey = hosts[original].identityKey
        hosts[index].id = hosts[original].id
        hosts[index].metadata = hosts[original].metadata
        if withIncarnation { hosts[index].lastIncarnation = hosts[original].lastIncarnation }
        return index
    }

    package mutating func setSeeds(_ seeds: [Int], of host: Int) {
        hosts[host].seeds = seeds.filter { $0 != host }
            .map { SeedWatch(host: $0, pause: SeedPause(options.configuration)) }
    }

    /// The host with this id; nil for a stranger.
    package func host(of id: NodeID) -> Int? { indices[id] }

    /// `n7`, or the start of the id of a stranger.
    package func name(of id: NodeID) -> String {
        host(of: id).map { hosts[$0].alias.text } ?? id.short
    }

    /// Hosts whose process is awake.
    package var runningHosts: [Int] { hosts.indices.filter { hosts[$0].isRunning } }

    mutating func start(_ index: Int, observer: inout some WorldObserver) {
        guard !hosts[index].hasProcess else { return }
        boot(index, observer: &observer)
        startShell(host: index, boot: hosts[index].boots, observer: &observer)
    }

    /// A new process under a new boot key, which knows no other member yet.
    private mutating func boot(_ index: Int, observer: inout some WorldObserver) {
        hosts[index].boots += 1
        let boots = hosts[index].boots
        var chance = SeededRandom(
            seed: seed, label: "boot", index: UInt64(index) << 20 | UInt64(boots))
        let process = keys.boot(identity: hosts[index].identitySeed, boot: chance.octets())
        let identity = LocalIdentity(
            alias: hosts[index].alias, identityKey: hosts[index].identityKey,
            bootKey: process.bootKey,
            endpoint: hosts[index].endpoint, metadata: hosts[index].metadata,
            lastIncarnation: hosts[index].lastIncarnation, keyringHash: hosts[index].keyset)
        guard
            let node = try? ClusterNode(
                own: identity, configuration: options.configuration,
                authenticator: process.authenticator,
                seed: chance.next())
        else { return }
        hosts[index].bootKey = process.bootKey
        hosts[index].boot = process.boot
        hosts[index].sealedEnd = process.end
        hosts[index].authenticator = process.authenticator
        hosts[index].node = node
        hosts[index].hasProcess = true
        hosts[index].lastIncarnation = node.ownRecord.incarnation
        hosts[index].phase = .running
        hosts[index].isLeaving = false
        hosts[index].nextAcceptedStream = 1
        hosts[index].receiveFloor = now
        hosts[index].sendFloor = now
        occupants[hosts[index].endpoint] = index
        observer.observe(.started(host: index, boot: boots), at: now, in: self)
        readWallClock(host: index, boot: boots, observer: &observer)
        feed(.start, to: index, observer: &observer)
    }

    /// Ends the process. The way it ends decides what its machine sends on its connections.
    mutating func stop(
        _ index: Int, _ end: ProcessEnd = .killed, observer: inout some WorldObserver
    ) {
        let hadProcess = hosts[index].hasProcess
        if hadProcess {
            let streams = hosts[index].streams.sorted { $0.key < $1.key }
            for (_, pipe) in streams { abandon(pipe, by: index, end) }
        }
        hosts[index].phase = end.isMachineGone ? .vanished : .stopped
        guard hadProcess else { return }
        hosts[index].streams.removeAll()
        hosts[index].knocks.removeAll()
        hosts[index].node = nil
        hosts[index].hasProcess = false
        hosts[index].boot = nil
        hosts[index].bootKey = nil
        hosts[index].sealedEnd = nil
        hosts[index].authenticator = nil
        hosts[index].timer = nil
        hosts[index].deadline = nil
        hosts[index].backlog.removeAll()
        hosts[index].receiveDelay = .zero
        hosts[index].sendDelay = .zero
        hosts[index].isExhausted = false
        observer.observe(.stopped(host: index), at: now, in: self)
    }

    /// Adds `count` hosts that run and already know each other: a large cluster without hours of
    /// joining. All views share one storage until they differ.
    package mutating func addFormedHosts(
        _ count: Int, seeds: [Int] = [0], observer: inout some WorldObserver
    ) {
        let first = hosts.count
        addHosts(count, seeds: seeds)
        var view = MemberTable(options.configuration)
        for host in first..<hosts.count {
            boot(host, observer: &observer)
            guard let record = hosts[host].node?.ownRecord else { continue }
            view.put(record, .alive, since: .origin)
        }
        for host in first..<hosts.count {
            let instant = hosts[host].clock.instant(at: now)
            hosts[host].deadline = hosts[host].node?.adopted(view, at: instant) ?? nil
            armTimer(host: host)
            startShell(host: host, boot: hosts[host].boots, observer: &observer)
        }
    }

    func isCurrent(_ host: Int, _ boot: Int) -> Bool {
        hosts[host].boots == boot && hosts[host].hasProcess
    }

    /// A process that was stopped by a signal continues.
    mutating func wake(_ index: Int, _ order: WakeOrder, observer: inout some WorldObserver) {
        guard hosts[index].phase == .paused else { return }
        hosts[index].phase = .running
        hosts[index].timer = nil
        let backlog = hosts[index].backlog
        hosts[index].backlog.removeAll()
        let boot = hosts[index].boots
        if order == .timersFirst { fireOverdueTimer(host: index, observer: &observer) }
        for arrival in backlog {
            guard isCurrent(index, boot) else { return }
            process(arrival, host: index, observer: &observer)
        }
        guard isCurrent(index, boot) else { return }
        fireOverdueTimer(host: index, observer: &observer)
    }

    // The only timer of a shell.

    mutating func fireTimer(
        host: Int, generation: UInt64, observer: inout some WorldObserver
    ) {
        guard let timer = hosts[host].timer, timer.generation == generation else { return }
        guard hosts[host].phase == .running else { return }
        hosts[host].timer = nil
        fireOverdueTimer(host: host, observer: &observer)
    }

    private mutating func fireOverdueTimer(host: Int, observer: inout some WorldObserver) {
        guard let deadline = hosts[host].deadline else { return }
        guard deadline <= hosts[host].clock.instant(at: now) else { return armTimer(host: host) }
        feed(.deadlineReached, to: host, observer: &observer)
    }

    /// Ensures an event at the node's next deadline; an event that comes too early sets it again.
    mutating func armTimer(host: Int) {
        guard let deadline = hosts[host].deadline else { return }
        let due = max(hosts[host].clock.time(of: deadline), now)
        if let timer = hosts[host].timer, timer.time <= due { return }
        let time = due + hostRandom.duration(from: .zero, through: options.timerLateness)
        hosts[host].timerGeneration += 1
        let generation = hosts[host].timerGeneration
        hosts[host].timer = (time, generation)
        queue.schedule(.timer(host: host, generation: generation), at: time)
    }
}

extension ClusterNode {
    fileprivate mutating func adopted(_ view: MemberTable, at now: ClusterInstant)
        -> ClusterInstant?
    {
        adopt(view, at: now)
        return agenda.next
    }
}

extension SeededRandom {
    /// As many random bytes as the type holds.
    mutating func octets<Bytes: Octets>() -> Bytes {
        Bytes(filling: { buffer in
            for offset in stride(from: 0, to: buffer.count, by: 8) {
                buffer.storeBytes(of: next().bigEndian, toByteOffset: offset, as: UInt64.self)
            }
        })
    }
}
