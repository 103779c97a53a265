import MembershipCore
import MembershipSimulator

/// Members by memberlist's rules on the same network, with the same faults and the same seeds.
///
/// What is there: probes with relays, nacks and the TCP fallback, suspicion with confirmations,
/// awareness, gossip and piggybacking with its retransmission limit, the full exchange. What is not:
/// joining, leaving, user messages; the members know each other from the beginning.
struct BaselineWorld {
    private(set) var now: WorldInstant = .beginning
    private(set) var nodes: [BaselineNode] = []
    private(set) var bytesSent: UInt64 = 0
    private(set) var deaths: [DeathWatch.Death] = []
    /// Who heard of the first incarnation above 1 of a member, and when.
    private(set) var updates: [Int: WorldInstant] = [:]
    var watchedUpdate: Int?
    var network: NetworkModel

    private var queue = EventQueue<Event>()
    private var isStopped: [Bool]
    private var isPaused: [Bool]
    private var wakeOrder: [WakeOrder]
    private var backlog: [[BaselinePacket]]
    private var overdue: [[Event]]
    private var receiveDelay: [Duration]
    private var receiveFloor: [WorldInstant]
    private var random: SeededRandom
    private let transmitLimit: Int

    private enum Event {
        case packet(BaselinePacket, to: Int, isAdmitted: Bool)
        case probe(Int)
        case probeTimeout(Int, sequence: UInt64)
        case probeEnd(Int, sequence: UInt64)
        case nack(Int, sequence: UInt64)
        case gossip(Int)
        case pushPull(Int)
        case suspicion(Int, member: Int, serial: UInt64)
        case action(Action)
    }

    init(count: Int, seed: UInt64, loss: Probability) {
        random = SeededRandom(seed: seed, label: "baseline")
        network = NetworkModel()
        network.loss = loss
        transmitLimit = MemberlistRules.transmitLimit(count)
        isStopped = Array(repeating: false, count: count)
        isPaused = isStopped
        wakeOrder = Array(repeating: .socketsFirst, count: count)
        backlog = Array(repeating: [], count: count)
        overdue = Array(repeating: [], count: count)
        receiveDelay = Array(repeating: .zero, count: count)
        receiveFloor = Array(repeating: .beginning, count: count)
        for index in 0..<count {
            let chance = SeededRandom(seed: seed, label: "member", index: UInt64(index))
            nodes.append(BaselineNode(index: index, count: count, random: chance))
            network.addHost()
            let scale = MemberlistRules.pushPullScale(count)
            let starts: [(Event, Duration)] = [
                (.probe(index), MemberlistRules.probeInterval),
                (.gossip(index), MemberlistRules.gossipInterval),
                (.pushPull(index), MemberlistRules.pushPullInterval * scale),
            ]
            for (event, interval) in starts {
                queue.schedule(event, at: now + random.duration(from: .zero, through: interval))
            }
        }
    }

    mutating func plan(_ action: Action, at time: WorldInstant) {
        queue.schedule(.action(action), at: time)
    }

    /// Says that a member has something new to tell of itself.
    mutating func update(_ member: Int) {
        nodes[member].incarnation += 1
        watchedUpdate = member
        nodes[member].spread(
            BaselineClaim(
                kind: .alive, member: member, incarnation: nodes[member].incarnation, from: member))
    }

    mutating func run(for duration: Duration) {
        let end = now + duration
        while let (time, event) = queue.popNext(through: end) {
            now = time
            handle(event)
        }
        now = end
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .packet(let packet, let receiver, let isAdmitted):
            arrive(packet, at: receiver, isAdmitted: isAdmitted)
        case .action(let action): perform(action)
        case .probe(let node), .probeTimeout(let node, _), .probeEnd(let node, _),
            .nack(let node, _), .gossip(let node), .pushPull(let node),
            .suspicion(let node, _, _):
            guard !isStopped[node] else { return }
            if isPaused[node] { overdue[node].append(event) } else { fire(event) }
        }
    }

    private mutating func fire(_ event: Event) {
        switch event {
        case .probe(let node): beginProbe(node)
        case .probeTimeout(let node, let sequence): askOthers(node, sequence)
        case .probeEnd(let node, let sequence): endProbe(node, sequence)
        case .nack(let node, let sequence):
            guard let asked = nodes[node].relayed.removeValue(forKey: sequence) else { return }
            send(.nack(sequence: asked.sequence), from: node, to: asked.requester)
        case .gossip(let node): gossip(node)
        case .pushPull(let node): pushPull(node)
        case .suspicion(let node, let member, let serial): judge(node, member, serial)
        case .packet, .action: break
        }
    }

    // Probing.

    private mutating func beginProbe(_ node: Int) {
        let interval = MemberlistRules.probeInterval * (nodes[node].awareness + 1)
        queue.schedule(.probe(node), at: now + interval)
        guard let target = nodes[node].nextTarget() else { return }
        let sequence = nodes[node].nextSerial()
        nodes[node].probe = BaselineNode.Probe(target: target, sequence: sequence)
        let entry = nodes[node].entries[target]
        // A suspect is shown what is held against it.
        let accusation =
            entry.kind == .suspect
            ? [
                BaselineClaim(
                    kind: .suspect, member: target, incarnation: entry.incarnation, from: node)
            ] : []
        send(.ping(sequence: sequence, requester: nil), from: node, to: target, also: accusation)
        queue.schedule(
            .probeTimeout(node, sequence: sequence), at: now + MemberlistRules.probeTimeout)
        queue.schedule(
            .probeEnd(node, sequence: sequence), at: now + (interval - .microseconds(1)))
    }

    private mutating func askOthers(_ node: Int, _ sequence: UInt64) {
        guard let probe = nodes[node].probe, probe.sequence == sequence, !probe.isAcked else {
            return
        }
        let relays = nodes[node].randomMembers(MemberlistRules.indirectChecks, except: probe.target)
        nodes[node].probe?.nacksExpected = relays.count
        for relay in relays {
            send(.indirectPing(target: probe.target, sequence: sequence), from: node, to: relay)
        }
        send(.streamPing(sequence: sequence), from: node, to: probe.target)
    }

    private mutating func endProbe(_ node: Int, _ sequence: UInt64) {
        guard let probe = nodes[node].probe, probe.sequence == sequence else { return }
        nodes[node].probe = nil
        guard !probe.isAcked else { return nodes[node].noteHealth(-1) }
        nodes[node].noteHealth(probe.nacksExpected > 0 ? probe.nacksExpected - probe.nacks : 1)
        let incarnation = nodes[node].entries[probe.target].incarnation
        hear(
            BaselineClaim(
                kind: .suspect, member: probe.target, incarnation: incarnation, from: node),
            at: node)
    }

    private mutating func judge(_ node: Int, _ member: Int, _ serial: UInt64) {
        guard let suspicion = nodes[node].suspicions[member], suspicion.serial == serial else {
            return
        }
        guard suspicion.deadline <= now else {
            return queue.schedule(
                .suspicion(node, member: member, serial: serial), at: suspicion.deadline)
        }
        let incarnation = nodes[node].entries[member].incarnation
        hear(
            BaselineClaim(kind: .dead, member: member, incarnation: incarnation, from: node),
            at: node)
    }

    // Spreading.

    private mutating func gossip(_ node: Int) {
        queue.schedule(.gossip(node), at: now + MemberlistRules.gossipInterval)
        guard !nodes[node].broadcasts.isEmpty else { return }
        let deadUntil = WorldInstant(
            nanoseconds: now.nanoseconds - MemberlistRules.gossipToTheDead.nanoseconds)
        let targets = nodes[node].randomMembers(MemberlistRules.gossipNodes, deadUntil: deadUntil)
        for target in targets where !nodes[node].broadcasts.isEmpty {
            send(.gossip, from: node, to: target)
        }
    }

    private mutating func pushPull(_ node: Int) {
        let scale = MemberlistRules.pushPullScale(nodes.count)
        queue.schedule(.pushPull(node), at: now + MemberlistRules.pushPullInterval * scale)
        guard let target = nodes[node].randomMembers(1).first else { return }
        send(.pushPull(nodes[node].claims, isAnswer: false), from: node, to: target)
    }

    private mutating func hear(_ claim: BaselineClaim, at node: Int) {
        guard let kind = nodes[node].hear(claim, at: now) else { return }
        switch kind {
        case .dead:
            deaths.append(DeathWatch.Death(observer: node, member: claim.member, time: now))
        case .suspect:
            if let suspicion = nodes[node].suspicions[claim.member] {
                queue.schedule(
                    .suspicion(node, member: claim.member, serial: suspicion.serial),
                    at: max(now, suspicion.deadline))
            }
        case .alive:
            if claim.member == watchedUpdate, updates[node] == nil { updates[node] = now }
        }
    }

    // The network.

    private mutating func send(
        _ message: BaselineMessage, from node: Int, to target: Int, also extra: [BaselineClaim] = []
    ) {
        var claims = extra
        switch message {
        case .streamPing, .streamAck, .pushPull: break
        case .ping, .ack, .indirectPing, .nack, .gossip:
            claims += nodes[node].takeBroadcasts(limit: transmitLimit)
        }
        let packet = BaselinePacket(sender: node, message: message, claims: claims)
        bytesSent += UInt64(Self.bytes(of: packet))
        let delays: [Duration?]
        if message.isReliable {
            delays = [reliableDelay(from: node, to: target)]
        } else {
            let fate = network.fate(from: node, to: target, random: &random)
            delays = [fate.first, fate.second]
        }
        for delay in delays.compactMap(\.self) {
            queue.schedule(.packet(packet, to: target, isAdmitted: false), at: now + delay)
        }
    }

    /// A connection and what is sent over it: three ways, and 200 ms more for each loss.
    private mutating func reliableDelay(from node: Int, to target: Int) -> Duration? {
        var delay: Duration = .zero
        for _ in 0..<3 {
            var pause: Duration = .milliseconds(200)
            while network.isCut(from: node, to: target)
                || network.isLost(from: node, to: target, &random)
            {
                delay += pause
                pause = pause * 2
                guard delay < .seconds(10) else { return nil }
            }
            delay += network.delay(&random)
        }
        return delay
    }

    private mutating func arrive(_ packet: BaselinePacket, at node: Int, isAdmitted: Bool) {
        guard !isStopped[node] else { return }
        guard !isPaused[node] else { return backlog[node].append(packet) }
        if !isAdmitted, receiveDelay[node] > .zero || receiveFloor[node] > now {
            receiveFloor[node] = max(receiveFloor[node], now + receiveDelay[node])
            return queue.schedule(
                .packet(packet, to: node, isAdmitted: true), at: receiveFloor[node])
        }
        read(packet, at: node)
    }

    private mutating func read(_ packet: BaselinePacket, at node: Int) {
        for claim in packet.claims { hear(claim, at: node) }
        switch packet.message {
        case .ping(let sequence, _):
            send(.ack(sequence: sequence), from: node, to: packet.sender)
        case .streamPing(let sequence):
            send(.streamAck(sequence: sequence), from: node, to: packet.sender)
        case .ack(let sequence), .streamAck(let sequence):
            if nodes[node].probe?.sequence == sequence { nodes[node].probe?.isAcked = true }
            if let asked = nodes[node].relayed.removeValue(forKey: sequence) {
                send(.ack(sequence: asked.sequence), from: node, to: asked.requester)
            }
        case .indirectPing(let target, let sequence):
            let own = nodes[node].nextSerial()
            nodes[node].relayed[own] = (packet.sender, sequence)
            send(.ping(sequence: own, requester: packet.sender), from: node, to: target)
            queue.schedule(.nack(node, sequence: own), at: now + MemberlistRules.probeTimeout)
        case .nack(let sequence):
            if nodes[node].probe?.sequence == sequence { nodes[node].probe?.nacks += 1 }
        case .gossip: break
        case .pushPull(let claims, let isAnswer):
            if !isAnswer {
                send(.pushPull(nodes[node].claims, isAnswer: true), from: node, to: packet.sender)
            }
            // What others hold for dead is only suspected.
            for claim in claims {
                let kind: BaselineClaim.Kind = claim.kind == .dead ? .suspect : claim.kind
                hear(
                    BaselineClaim(
                        kind: kind, member: claim.member, incarnation: claim.incarnation,
                        from: packet.sender),
                    at: node)
            }
        }
    }

    private static func bytes(of packet: BaselinePacket) -> Int {
        let own =
            switch packet.message {
            case .ping: MemberlistRules.pingBytes
            case .ack, .nack: MemberlistRules.ackBytes
            case .indirectPing: MemberlistRules.indirectPingBytes
            case .gossip: MemberlistRules.gossipOverheadBytes
            case .streamPing, .streamAck: 3 * MemberlistRules.ackBytes
            case .pushPull(let claims, _): 200 + claims.count * MemberlistRules.aliveBytes
            }
        return packet.claims.reduce(own) {
            $0 + ($1.kind == .alive ? MemberlistRules.aliveBytes : MemberlistRules.accusationBytes)
        }
    }

    // Faults.

    private mutating func perform(_ action: Action) {
        switch action {
        case .crash(let host), .abort(let host), .vanish(let host), .remove(let host):
            isStopped[host] = true
        case .pause(let host): isPaused[host] = true
        case .resume(let host, let order): wake(host, order)
        case .starve(let host, let receive, _): receiveDelay[host] = receive
        case .setLoss(let probability): network.loss = probability
        case .setHostLoss(let host, let inbound, let outbound):
            network.setLoss(inbound: inbound, outbound: outbound, of: host)
        case .cut(let inside, let isOneWay, let name):
            network.cut(inside, isOneWay: isOneWay, name: name)
        case .heal(let name): network.heal(name)
        case .start, .restart, .leave, .setExhausted, .leapClock, .setWallClock, .setDatagramLoss,
            .setLinkLoss, .setConnectionFilter, .resetStreams, .setDuplication, .setReordering,
            .setLatency, .endFaults, .setSeedName, .setMetadata, .writeState, .broadcast,
            .rotateKeys, .rename, .copyIdentity, .accuse, .accuseOfBeingGone, .join,
            .setUncallable, .conjure, .speakForGhosts:
            break
        }
    }

    private mutating func wake(_ host: Int, _ order: WakeOrder) {
        isPaused[host] = false
        let (packets, events) = (backlog[host], overdue[host])
        backlog[host] = []
        overdue[host] = []
        if order == .timersFirst { for event in events { fire(event) } }
        for packet in packets { read(packet, at: host) }
        if order == .socketsFirst { for event in events { fire(event) } }
    }
}

extension BaselineMessage {
    fileprivate var isReliable: Bool {
        switch self {
        case .streamPing, .streamAck, .pushPull: true
        case .ping, .ack, .indirectPing, .nack, .gossip: false
        }
    }
}
