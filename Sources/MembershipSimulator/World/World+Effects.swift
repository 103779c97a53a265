import MembershipCore
import MembershipWire

/// Feeds inputs to a node and carries out its effects: the simulated half of the shell.
extension World {
    mutating func feed(_ input: Input, to host: Int, observer: inout some WorldObserver) {
        guard hosts[host].hasProcess else { return }
        var wishes: [Effect] = []
        swap(&wishes, &effects)
        let instant = hosts[host].clock.instant(at: now)
        hosts[host].deadline = hosts[host].node?.step(input, at: instant, into: &wishes) ?? nil
        let boot = hosts[host].boots
        for wish in wishes where isCurrent(host, boot) {
            carryOut(wish, of: host, observer: &observer)
        }
        wishes.removeAll(keepingCapacity: true)
        swap(&wishes, &effects)
        if isCurrent(host, boot) { armTimer(host: host) }
    }

    private mutating func carryOut(
        _ effect: Effect, of host: Int, observer: inout some WorldObserver
    ) {
        switch effect {
        case .send(let datagram, let sequence, let destination):
            send(datagram, sequence: sequence, to: destination, from: host, observer: &observer)
        case .sendKeys(let stream): sendKeys(on: stream, by: host)
        case .takeKeys(let stream): takeKeys(on: stream, by: host, observer: &observer)
        // In worlds a keyset is a number: frames and streams continue under the only key of the
        // world.
        case .openStream(_, _, _, under: .some), .answerRetiredKey: break
        case .openStream(let stream, let endpoint, let hello, under: nil):
            open(stream, to: endpoint, hello: hello, by: host, observer: &observer)
        case .writeStream(let stream, let message):
            write(message, to: stream, by: host, observer: &observer)
        case .closeStream(let stream):
            close(stream, by: host)
        case .knock(let knock, let endpoint, let patience):
            self.knock(knock, at: endpoint, within: patience, by: host)
        case .notify(let notice):
            heed(notice, of: host, observer: &observer)
        }
    }

    /// The shell's reaction to a notice, besides reporting it.
    private mutating func heed(
        _ notice: Notice, of host: Int, observer: inout some WorldObserver
    ) {
        switch notice {
        case .ownRecordChanged(let record): hosts[host].lastIncarnation = record.incarnation
        case .joinFailed(let attempt, let refusal):
            rest(after: attempt, isBusy: refusal.isBusy, host: host)
            endCall(attempt, by: nil, isBusy: refusal.isBusy, host: host)
        case .joined(let attempt, let outcome):
            rest(after: attempt, host: host)
            endCall(attempt, by: outcome.seed, isBusy: false, host: host)
        case .changed, .noUDP, .streamOnly, .identityInUse, .leaveCompleted, .userMessage,
            .memberMessage, .talk, .stateChanged, .equivocation, .nameContested, .ownBootClaimed,
            .uncallable, .ownAddressUncallable, .keysGiven:
            break
        }
        observer.observe(.noticed(host: host, notice), at: now, in: self)
        switch notice {
        case .leaveCompleted, .identityInUse: stop(host, observer: &observer)
        case .changed, .joined, .joinFailed, .noUDP, .streamOnly, .userMessage, .memberMessage,
            .talk, .stateChanged, .ownRecordChanged, .equivocation, .nameContested,
            .ownBootClaimed, .uncallable, .ownAddressUncallable, .keysGiven:
            break
        }
    }
}

extension ClusterNode {
    /// Handles an input and returns the next deadline, in one access: reading a large value through
    /// an optional would copy it.
    fileprivate mutating func step(
        _ input: Input, at now: ClusterInstant, into effects: inout [Effect]
    ) -> ClusterInstant? {
        handle(input, at: now, into: &effects)
        return agenda.next
    }
}

extension JoinRefusal {
    /// Whether the seed has too many callers at once: then the shell tries again soon.
    fileprivate var isBusy: Bool {
        switch self {
        case .ended(.busy), .stream(.rejected(.busy)): true
        case .ended, .stream, .aliasTaken, .selfJoin, .leaving: false
        }
    }
}
