import MembershipCore

/// The effects of the network on packets: delay, loss, duplication and reordering.
///
/// Loss adds up along the way: the network's, that of each end, and that of this one link. A cut
/// link loses everything; streams wait until it is restored (`StreamPipe`).
package struct NetworkModel: Sendable {
    package var latency: LatencyDistribution
    /// Packets lost anywhere.
    package var loss = Probability.never
    /// Datagrams lost in addition, anywhere and by host; streams pass.
    private var datagramLoss = Probability.never
    private var datagramLossByHost: [Int: Probability] = [:]
    /// Delivered twice, each copy with a separate delay.
    package var duplication = Probability.never
    /// Held back long enough to be overtaken, by up to `reorderingDelay` more.
    package var reordering = Probability.never
    package var reorderingDelay: Duration = .milliseconds(20)

    private var outboundLoss: [Probability] = []
    private var inboundLoss: [Probability] = []
    private var linkLoss: [UInt64: Probability] = [:]
    /// Hosts that the address they state does not lead to.
    private var uncallable: Set<Int> = []
    private var filters: [FilteredLink: ConnectionFilter] = [:]
    /// Cuts by name, in the order in which they were made.
    private var cuts: [Cut] = []

    /// Nil: any host.
    private struct FilteredLink: Hashable {
        var sender: Int?
        var receiver: Int?
    }

    private struct Cut {
        var name: Int
        /// For each host whether it is on the first side.
        var isInside: [Bool]
        /// Only packets from the inside to the outside are lost.
        var isOneWay: Bool
    }

    package init(latency: LatencyDistribution = .lan) { self.latency = latency }

    /// The fate of one datagram: the delays after which copies arrive; none if it is lost.
    package struct Fate {
        package var first: Duration?
        package var second: Duration?
    }

    package mutating func addHost() {
        outboundLoss.append(.never)
        inboundLoss.append(.never)
        for index in cuts.indices { cuts[index].isInside.append(false) }
    }

    package func fate(from sender: Int, to receiver: Int, random: inout SeededRandom) -> Fate {
        guard !isCut(from: sender, to: receiver), !isLost(from: sender, to: receiver, &random),
            !isDatagramLost(from: sender, to: receiver, &random), !uncallable.contains(receiver)
        else { return Fate() }
        var fate = Fate(first: delay(&random))
        if random.chance(duplication) { fate.second = delay(&random) }
        return fate
    }

    package func isCut(from sender: Int, to receiver: Int) -> Bool {
        guard sender != receiver else { return false }
        return cuts.contains { cut in
            let (inside, other) = (cut.isInside[sender], cut.isInside[receiver])
            return inside != other && (inside || !cut.isOneWay)
        }
    }

    /// Whether one packet of a link that is not cut is lost.
    package func isLost(from sender: Int, to receiver: Int, _ random: inout SeededRandom) -> Bool {
        guard sender != receiver else { return false }
        if random.chance(loss) { return true }
        if random.chance(outboundLoss[sender]) || random.chance(inboundLoss[receiver]) {
            return true
        }
        guard !linkLoss.isEmpty else { return false }
        return random.chance(linkLoss[Self.link(sender, receiver)] ?? .never)
    }

    private func isDatagramLost(
        from sender: Int, to receiver: Int, _ random: inout SeededRandom
    ) -> Bool {
        guard datagramLoss != .never || !datagramLossByHost.isEmpty else { return false }
        return [datagramLoss, datagramLossByHost[sender], datagramLossByHost[receiver]]
            .contains { random.chance($0 ?? .never) }
    }

    /// The fate of connections that `sender` opens to `receiver`.
    func filter(from sender: Int, to receiver: Int) -> ConnectionFilter {
        if uncallable.contains(receiver) { return .refuses }
        guard !filters.isEmpty, sender != receiver else { return .passes }
        for link in [
            FilteredLink(sender: sender, receiver: receiver), FilteredLink(receiver: receiver),
            FilteredLink(sender: sender), FilteredLink(),
        ] {
            if let filter = filters[link] { return filter }
        }
        return .passes
    }

    /// The delay of one packet in one direction.
    package func delay(_ random: inout SeededRandom) -> Duration {
        let delay = latency.draw(&random)
        guard random.chance(reordering) else { return delay }
        return delay + random.duration(from: .zero, through: reorderingDelay)
    }

    // Changes to the model.

    package mutating func setLoss(inbound: Probability, outbound: Probability, of host: Int) {
        inboundLoss[host] = inbound
        outboundLoss[host] = outbound
    }

    package mutating func setLoss(_ probability: Probability, from sender: Int, to receiver: Int) {
        linkLoss[Self.link(sender, receiver)] = probability == .never ? nil : probability
    }

    mutating func setFilter(_ filter: ConnectionFilter, from sender: Int?, to receiver: Int?) {
        let link = FilteredLink(sender: sender, receiver: receiver)
        filters[link] = filter == .passes ? nil : filter
    }

    mutating func setUncallable(_ host: Int, _ isUncallable: Bool) {
        if isUncallable { uncallable.insert(host) } else { uncallable.remove(host) }
    }

    mutating func setDatagramLoss(_ probability: Probability, of host: Int?) {
        guard let host else { return datagramLoss = probability }
        datagramLossByHost[host] = probability == .never ? nil : probability
    }

    package mutating func cut(_ inside: [Int], isOneWay: Bool, name: Int) {
        heal(name)
        var sides = [Bool](repeating: false, count: inboundLoss.count)
        for host in inside where sides.indices.contains(host) { sides[host] = true }
        cuts.append(Cut(name: name, isInside: sides, isOneWay: isOneWay))
    }

    package mutating func heal(_ name: Int) { cuts.removeAll { $0.name == name } }

    /// Resets everything except the latency.
    mutating func healAll() {
        cuts.removeAll()
        linkLoss.removeAll()
        filters.removeAll()
        uncallable.removeAll()
        datagramLossByHost.removeAll()
        datagramLoss = .never
        (loss, duplication, reordering) = (.never, .never, .never)
        for host in inboundLoss.indices { setLoss(inbound: .never, outbound: .never, of: host) }
    }

    private static func link(_ sender: Int, _ receiver: Int) -> UInt64 {
        UInt64(sender) << 32 | UInt64(receiver)
    }
}

/// The behaviour of a packet filter towards connections. Datagrams pass.
package enum ConnectionFilter: String, Hashable, Sendable {
    case passes = "pass"
    /// New connections are answered by a reset that names the other machine as its sender.
    case refuses = "are refused"
    /// No packet of any connection passes, and there is no answer.
    case drops = "are dropped"
}

/// The time of one packet in one direction.
package struct LatencyDistribution: Hashable, Sendable {
    /// Uniform in `shortest ... longest`.
    package var shortest: Duration
    package var longest: Duration
    /// The share of late packets; `straggling` is their greatest additional delay.
    package var stragglers: Probability
    package var straggling: Duration

    package init(
        from shortest: Duration, through longest: Duration, stragglers: Probability = .never,
        by straggling: Duration = .zero
    ) {
        self.shortest = shortest
        self.longest = longest
        self.stragglers = stragglers
        self.straggling = straggling
    }

    /// 2 ± 1 ms.
    package static let lan = LatencyDistribution(
        from: .milliseconds(1), through: .milliseconds(3))
    /// 60 ± 30 ms, with one packet in a hundred up to 100 ms later.
    package static let wan = LatencyDistribution(
        from: .milliseconds(30), through: .milliseconds(90), stragglers: Probability(percent: 1),
        by: .milliseconds(100))
    /// 50 ± 30 µs.
    package static let loopback = LatencyDistribution(
        from: .microseconds(20), through: .microseconds(80))

    func draw(_ random: inout SeededRandom) -> Duration {
        let delay = random.duration(from: shortest, through: longest)
        guard random.chance(stragglers) else { return delay }
        return delay + random.duration(from: .zero, through: straggling)
    }
}
