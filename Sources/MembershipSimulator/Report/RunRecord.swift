import MembershipCore
import MembershipWire

/// What a report draws, gathered while a run goes on: what was done, who heard of it when, what each
/// believed of each, and what each had sent at regular moments.
///
/// It keeps times and host numbers only; `RunReport` makes pictures of them.
package struct RunRecord: WorldObserver, Sendable {
    /// What a user does or suffers and all others should hear of.
    enum Subject: Hashable, Sendable {
        case change(MemberChange.Kind, of: Int)
        case message(of: Int, payload: [UInt8])
    }

    /// One such thing.
    struct Event: Sendable {
        /// What was done, in one word: events of one verb are drawn as one curve.
        var verb: String
        var host: Int
        var time: WorldInstant
        /// When each other host was first told.
        var heard: [Int: WorldInstant] = [:]

        var delays: [Duration] { heard.values.map { $0 - time } }
    }

    /// From `time` on, `observer` believes this of `member`; nil: nothing.
    struct Belief: Sendable {
        var time: WorldInstant
        var observer: Int
        var member: Int
        var state: MemberState?
    }

    private(set) var actions: [PlannedAction] = []
    private(set) var events: [Event] = []
    private(set) var beliefs: [Belief] = []
    /// Starts and ends of processes.
    private(set) var lives: [(time: WorldInstant, host: Int, isRunning: Bool)] = []
    /// Moments of samples, and what each host had sent by then, in bytes.
    private(set) var moments: [WorldInstant] = []
    private(set) var sent: [[UInt64]] = []
    private var open: [Subject: Int] = [:]

    package init() {}

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        switch event {
        case .action(let action):
            actions.append(PlannedAction(at: time, action))
            expect(action, time, in: world)
        case .started(let host, _): lives.append((time, host, true))
        case .stopped(let host): lives.append((time, host, false))
        case .noticed(let host, .changed(let change)):
            guard let member = world.host(of: change.record.id) else { return }
            let state = change.kind == .removed ? nil : change.state
            beliefs.append(Belief(time: time, observer: host, member: member, state: state))
            hear(.change(change.kind, of: member), host, time)
        case .noticed(let host, .userMessage(let origin, _, let payload)):
            guard let member = world.host(of: origin) else { return }
            hear(.message(of: member, payload: payload), host, time)
        case .noticed, .holdsKeyset, .misspoke, .sent, .wrote: break
        }
    }

    /// Notes what each host has sent so far. To be called at even distances.
    package mutating func sample(_ world: World) {
        moments.append(world.now)
        sent.append(world.hosts.map { $0.traffic.datagramBytesSent + $0.traffic.streamBytesSent })
    }

    /// Nobody hears of what is asked of a host that does not run.
    private mutating func expect(_ action: Action, _ time: WorldInstant, in world: World) {
        func runs(_ host: Int) -> Bool { world.hosts[host].hasProcess }
        switch action {
        case .start(let host) where !runs(host):
            begin("join", host, .change(.joined, of: host), time)
        case .crash(let host) where runs(host), .abort(let host) where runs(host),
            .vanish(let host) where runs(host), .remove(let host) where runs(host):
            begin("kill", host, .change(.failed, of: host), time)
        case .leave(let host) where runs(host):
            begin("leave", host, .change(.left, of: host), time)
        case .setMetadata(let host, _) where runs(host):
            begin("update", host, .change(.updated, of: host), time)
        case .broadcast(let host, _, let payload) where runs(host):
            begin("message", host, .message(of: host, payload: payload), time)
        case .start, .crash, .abort, .vanish, .remove, .leave, .setSeedName, .setMetadata,
            .broadcast, .restart,
            .pause, .resume, .setExhausted, .starve, .leapClock, .setWallClock, .setLoss,
            .setHostLoss, .setDatagramLoss, .setLinkLoss, .setConnectionFilter, .resetStreams,
            .setDuplication, .setReordering, .setLatency, .cut, .heal, .endFaults,
            .rotateKeys, .rename, .copyIdentity, .accuse, .join:
            break
        }
    }

    private mutating func begin(
        _ verb: String, _ host: Int, _ subject: Subject, _ time: WorldInstant
    ) {
        open[subject] = events.count
        events.append(Event(verb: verb, host: host, time: time))
    }

    private mutating func hear(_ subject: Subject, _ observer: Int, _ time: WorldInstant) {
        guard let index = open[subject], events[index].host != observer else { return }
        if events[index].heard[observer] == nil { events[index].heard[observer] = time }
    }
}
