internal import MembershipCore
import NIOCore

/// One timer for everything the node waits for: see `DeadlineTimer`.
extension NodeRunner {
    func armTimer() {
        guard lifecycle != .stopped, drain.patience == nil, let deadline = node.agenda.next
        else { return }
        timer.set(for: deadline)
    }

    func timerFired() {
        guard lifecycle != .stopped else { return }
        let now = ClusterInstant.now()
        guard let deadline = node.agenda.next, deadline <= now || drain.patience != nil else {
            return armTimer()
        }
        switch drain.timerFired(queueIsEmpty: queueIsEmpty, at: now) {
        case .run: feed(.deadlineReached, at: now)
        case .wait(let patience): timer.set(for: patience)
        }
    }

    /// A timer that waited for the queue to be empty may run now.
    func datagramReadCompleted() {
        guard drain.patience != nil else { return }
        let now = ClusterInstant.now()
        guard drain.readCompleted(queueIsEmpty: queueIsEmpty, at: now) else { return }
        feed(.deadlineReached, at: now)
    }

    func closeTimer() {
        timer.close()
        clockTimer?.cancel()
        clockTimer = nil
    }

    private var queueIsEmpty: Bool {
        datagrams == nil || !settings.udp.hasDatagramWaiting
    }
}
