import MembershipCore
import MembershipWire

/// The effects of the plan on the world.
extension World {
    mutating func perform(_ action: Action, observer: inout some WorldObserver) {
        observer.observe(.action(action), at: now, in: self)
        switch action {
        case .start(let host): start(host, observer: &observer)
        case .crash(let host): stop(host, observer: &observer)
        case .abort(let host): stop(host, .aborted, observer: &observer)
        case .vanish(let host): stop(host, .vanished, observer: &observer)
        case .remove(let host): stop(host, .removed, observer: &observer)
        case .setExhausted(let host, let isExhausted): hosts[host].isExhausted = isExhausted
        case .restart(let host, let remembersIncarnation):
            stop(host, observer: &observer)
            if !remembersIncarnation { hosts[host].lastIncarnation = nil }
            start(host, observer: &observer)
        case .pause(let host):
            if hosts[host].phase == .running { hosts[host].phase = .paused }
        case .resume(let host, let order): wake(host, order, observer: &observer)
        case .leave(let host):
            guard hosts[host].phase == .running, !hosts[host].isLeaving else { return }
            hosts[host].isLeaving = true
            feed(.leave, to: host, observer: &observer)
        case .starve(let host, let receive, let send):
            hosts[host].receiveDelay = receive
            hosts[host].sendDelay = send
        case .leapClock(let host, let duration): leap(host, by: duration)
        case .setWallClock(let host, let error):
            hosts[host].wallClockError = error
            readWallClock(host: host, boot: hosts[host].boots, observer: &observer)
        case .setSeedName(let name): seedName = name
        case .setMetadata(let host, let bytes):
            hosts[host].metadata = bytes
            request(.setMetadata(bytes), of: host, observer: &observer)
        case .writeState(let host, let entry):
            request(.writeState([entry]), of: host, observer: &observer)
        case .broadcast(let host, let type, let payload):
            request(.broadcast(type: type, payload: payload), of: host, observer: &observer)
        case .rotateKeys(let host): rotateKeys(at: host, observer: &observer)
        case .rename(let host, let alias): hosts[host].alias = alias
        case .copyIdentity(let host, let source): copyIdentity(to: host, from: source)
        case .accuse(let liar, let target): accuse(target, by: liar, observer: &observer)
        case .conjure(let count, let host): conjure(count, by: host, observer: &observer)
        case .speakForGhosts(let host): speakForGhosts(by: host, observer: &observer)
        case .join(let host, let seed):
            guard hosts[host].phase == .running else { return }
            join(host, by: seed, observer: &observer)
        case .resetStreams(let some): resetStreams(of: some)
        case .accuseOfBeingGone(let liars, let host):
            for liar in liars { accuseOfBeingGone(host, by: liar, observer: &observer) }
        case .setLoss, .setHostLoss, .setDatagramLoss, .setLinkLoss, .setConnectionFilter,
            .setUncallable, .setDuplication, .setReordering, .setLatency, .cut, .heal, .endFaults:
            changeNetwork(action, observer: &observer)
        }
    }

    private mutating func changeNetwork(_ action: Action, observer: inout some WorldObserver) {
        switch action {
        case .setLoss(let probability): network.loss = probability
        case .setHostLoss(let host, let inbound, let outbound):
            network.setLoss(inbound: inbound, outbound: outbound, of: host)
        case .setDatagramLoss(let host, let probability):
            network.setDatagramLoss(probability, of: host)
        case .setLinkLoss(let sender, let receiver, let probability):
            network.setLoss(probability, from: sender, to: receiver)
        case .setConnectionFilter(let sender, let receiver, let filter):
            network.setFilter(filter, from: sender, to: receiver)
        case .setUncallable(let host, let isUncallable):
            network.setUncallable(host, isUncallable)
        case .setDuplication(let probability): network.duplication = probability
        case .setReordering(let probability, let delay):
            network.reordering = probability
            network.reorderingDelay = delay
        case .setLatency(let latency): network.latency = latency
        case .cut(let inside, let isOneWay, let name):
            network.cut(inside, isOneWay: isOneWay, name: name)
        case .heal(let name): network.heal(name)
        case .endFaults: endFaults(observer: &observer)
        case .start, .crash, .abort, .vanish, .remove, .restart, .pause, .resume, .leave,
            .setExhausted, .starve, .leapClock, .setWallClock, .resetStreams, .setSeedName,
            .setMetadata, .writeState, .broadcast, .rotateKeys, .join, .rename, .copyIdentity,
            .accuse, .accuseOfBeingGone, .conjure, .speakForGhosts:
            break
        }
    }

    private mutating func endFaults(observer: inout some WorldObserver) {
        network.healAll()
        network.loss = options.loss
        network.latency = options.latency
        for host in hosts.indices {
            hosts[host].receiveDelay = .zero
            hosts[host].sendDelay = .zero
            hosts[host].isExhausted = false
            wake(host, .socketsFirst, observer: &observer)
        }
    }

    /// The clock leaps; the timer of the old time is set again.
    private mutating func leap(_ host: Int, by duration: Duration) {
        hosts[host].clock.leap(by: duration)
        hosts[host].timer = nil
        if hosts[host].phase == .running { armTimer(host: host) }
    }

    /// A user's request; lost if no process is running.
    private mutating func request(
        _ input: Input, of host: Int, observer: inout some WorldObserver
    ) {
        guard hosts[host].phase == .running, !hosts[host].isLeaving else { return }
        feed(input, to: host, observer: &observer)
    }
}
