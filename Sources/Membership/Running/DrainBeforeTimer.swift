internal import MembershipCore

/// Sockets are drained before timers are run.
///
/// Picture a process that was stopped for three seconds. When it wakes, its timers say that no
/// member answered, but its socket's queue holds all the answers. So if a datagram waits when the
/// timer fires, the timer waits too, until a read has left the queue empty. A flood must not stop
/// time for ever: after `longestWait` the timer runs regardless.
///
/// The event loop alone does not ensure this order. It handles the sockets that were ready when it
/// last looked, at most 32 datagrams of each, and then all timers that have become due since.
struct DrainBeforeTimer {
    static let longestWait: Duration = .milliseconds(50)

    /// The time at which we stop waiting for the queue to become empty; nil while no timer waits.
    private(set) var patience: ClusterInstant?

    enum Verdict: Equatable {
        case run
        /// Ask again after a read, and at that moment at the latest.
        case wait(until: ClusterInstant)
    }

    /// The timer has fired.
    mutating func timerFired(queueIsEmpty: Bool, at now: ClusterInstant) -> Verdict {
        if !queueIsEmpty {
            let patience = patience ?? now + Self.longestWait
            if now < patience {
                self.patience = patience
                return .wait(until: patience)
            }
        }
        patience = nil
        return .run
    }

    /// A read is over. Returns true if a waiting timer is to run now.
    mutating func readCompleted(queueIsEmpty: Bool, at now: ClusterInstant) -> Bool {
        guard patience != nil else { return false }
        return timerFired(queueIsEmpty: queueIsEmpty, at: now) == .run
    }
}
