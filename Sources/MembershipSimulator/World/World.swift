import MembershipCore
import MembershipWire

/// A simulated cluster: real `ClusterNode` values, with a simulated network, clocks and randomness.
///
/// The world is a value, and everything in it is a function of its seed, its options and the
/// planned actions: the same on every machine, every time. A copy is a second world with the same
/// past, so one formed cluster can be the start of many runs (`reseed`).
///
/// ```swift
/// var world = World(seed: 7, options: WorldOptions())
/// world.addHosts(100)
/// world.plan(.crash(3), at: .beginning + .seconds(20))
/// world.run(through: .beginning + .seconds(30), observer: &transcript)
/// ```
/// Everything that happens is one event in one queue. Handling it may add events, and nothing else
/// moves time. The parts: hosts (`+Hosts`), effects of nodes (`+Effects`), seeds and wall clocks
/// (`+Shell`), datagrams (`+Datagrams`), connections (`+Streams`), actions on the world
/// (`+Actions`).
package struct World: Sendable {
    package private(set) var seed: UInt64
    package let options: WorldOptions
    package internal(set) var now: WorldInstant = .beginning
    package internal(set) var hosts: [SimulatedHost] = []
    package internal(set) var network: NetworkModel
    /// The answer of the name that all hosts have as a seed; nil: there is no such name.
    package internal(set) var seedName: SeedName?
    /// Events handled so far, the cost of a run.
    package private(set) var eventCount: UInt64 = 0

    var queue = EventQueue<PendingEvent>()
    var pipes: [UInt64: StreamPipe] = [:]
    var nextPipe: UInt64 = 0
    /// The host that answers at an address.
    var occupants: [Endpoint: Int] = [:]
    var indices: [NodeID: Int] = [:]
    /// Members that exist in statements only, in the order in which they were made up.
    var ghosts: [Ghost] = []
    let keys: WorldKeys
    var networkRandom: SeededRandom
    var hostRandom: SeededRandom
    /// Reused from one `handle` to the next.
    var effects: [Effect] = []
    /// The last datagram that the codec preserved.
    var lastFaithful: Datagram?

    package init(seed: UInt64, options: WorldOptions) {
        self.seed = seed
        self.options = options
        keys = WorldKeys(seed: seed, fidelity: options.fidelity)
        network = NetworkModel(latency: options.latency)
        network.loss = options.loss
        networkRandom = SeededRandom(seed: seed, label: "network")
        hostRandom = SeededRandom(seed: seed, label: "hosts")
    }

    /// From here on, all randomness comes from another seed: the network's, the hosts' and the
    /// nodes'. The past stays.
    package mutating func reseed(_ seed: UInt64) {
        self.seed = seed
        networkRandom = SeededRandom(seed: seed, label: "network")
        hostRandom = SeededRandom(seed: seed, label: "hosts")
        for index in hosts.indices {
            var chance = SeededRandom(seed: seed, label: "node", index: UInt64(index))
            hosts[index].node?.reseed(chance.next())
        }
    }

    /// Performs `action` at `time`, or now if that has passed.
    package mutating func plan(_ action: Action, at time: WorldInstant) {
        queue.schedule(.action(action), at: max(time, now))
    }

    package mutating func plan(_ actions: [PlannedAction]) {
        for planned in actions { plan(planned.action, at: planned.time) }
    }

    /// Lets the world run until `end`. Afterwards `now` is `end`.
    package mutating func run(through end: WorldInstant, observer: inout some WorldObserver) {
        while let (time, event) = queue.popNext(through: end) {
            now = max(now, time)
            eventCount += 1
            handle(event, observer: &observer)
        }
        now = max(now, end)
    }

    package mutating func run(for duration: Duration, observer: inout some WorldObserver) {
        run(through: now + duration, observer: &observer)
    }

    package mutating func run(for duration: Duration) {
        var nobody = Nobody()
        run(through: now + duration, observer: &nobody)
    }

    /// Runs until `condition` holds, checking every `step`, but at most for `limit`. Returns the
    /// time it took, to the step, or nil.
    package mutating func run(
        atMost limit: Duration, lookingEvery step: Duration, observer: inout some WorldObserver,
        until condition: (World) -> Bool
    ) -> Duration? {
        let start = now
        while true {
            if condition(self) { return now - start }
            guard now - start < limit else { return nil }
            run(through: min(now + step, start + limit), observer: &observer)
        }
    }

    private mutating func handle(_ event: PendingEvent, observer: inout some WorldObserver) {
        switch event {
        case .action(let action): perform(action, observer: &observer)
        case .arrival(let host, let boot, let arrival):
            receive(arrival, host: host, boot: boot, observer: &observer)
        case .admission(let host, let boot, let arrival):
            guard isCurrent(host, boot) else { return }
            guard hosts[host].phase == .running else { return queueUp(arrival, host: host) }
            process(arrival, host: host, observer: &observer)
        case .timer(let host, let generation):
            fireTimer(host: host, generation: generation, observer: &observer)
        case .departure(let packet, let host):
            travel(packet, to: host)
        case .connection(let pipe, let endpoint, let hello):
            connect(pipe, to: endpoint, hello: hello, observer: &observer)
        case .retransmission(let pipe, let side):
            retransmit(pipe, side)
        case .knock(let knock): arrive(knock)
        case .seedCheck(let host, let boot, let position):
            checkSeed(at: position, host: host, boot: boot, observer: &observer)
        case .seedLook(let host, let boot): lookForSeeds(host: host, boot: boot)
        case .seedCall(let host, let boot, let endpoint):
            callSeed(endpoint, host: host, boot: boot, observer: &observer)
        case .clockReading(let host, let boot):
            readWallClock(host: host, boot: boot, observer: &observer)
        }
    }
}

/// One entry of the queue.
enum PendingEvent: Sendable {
    case action(Action)
    /// Something reached a machine. With `boot`, it is for this process only.
    case arrival(host: Int, boot: Int?, Arrival)
    /// Something that reached a starved process earlier has waited long enough.
    case admission(host: Int, boot: Int, Arrival)
    case timer(host: Int, generation: UInt64)
    /// A packet of a starved process leaves it.
    case departure(Packet, host: Int)
    case connection(pipe: UInt64, Endpoint, StreamMessage.Hello)
    case retransmission(pipe: UInt64, StreamSide)
    /// The first packet of a connection that is opened only to be closed.
    case knock(KnockOnTheWay)
    /// One of the host's seeds, by its position in the list.
    case seedCheck(host: Int, boot: Int, position: Int)
    /// The shell looks up the name of all seeds.
    case seedLook(host: Int, boot: Int)
    case seedCall(host: Int, boot: Int, Endpoint)
    case clockReading(host: Int, boot: Int)
}
