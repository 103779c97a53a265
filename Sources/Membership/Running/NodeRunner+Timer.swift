internal import MembershipCore
import NIOCore

/// One timer for everything the node waits for.
///
/// It is set again only when the next deadline moves earlier. If a deadline moved later, the timer
/// fires too early and is set again: that is rare, and cheaper than moving the timer with every
/// ack.
extension NodeRunner {
    func armTimer() {
        guard lifecycle != .stopped, drain.patience == nil, let deadline = node.agenda.next
        else { return }
        if let timerSetFor, timerSetFor <= deadline { return }
        setTimer(for: deadline)
    }

    private func setTimer(for instant: ClusterInstant) {
        timer?.cancel()
        timerSetFor = instant
        let target = TimerTarget(runner: NIOLoopBound(self, eventLoop: loop))
        timer = try? loop.scheduleCallback(at: instant.deadline, handler: target)
    }

    func timerFired() {
        guard lifecycle != .stopped else { return }
        (timer, timerSetFor) = (nil, nil)
        let now = ClusterInstant.now()
        guard let deadline = node.agenda.next, deadline <= now || drain.patience != nil else {
            return armTimer()
        }
        switch drain.timerFired(queueIsEmpty: queueIsEmpty, at: now) {
        case .run: feed(.deadlineReached, at: now)
        case .wait(let patience): setTimer(for: patience)
        }
    }

    /// A timer that waited for the queue to be empty may run now.
    func datagramReadCompleted() {
        guard drain.patience != nil else { return }
        let now = ClusterInstant.now()
        guard drain.readCompleted(queueIsEmpty: queueIsEmpty, at: now) else { return }
        timer?.cancel()
        (timer, timerSetFor) = (nil, nil)
        feed(.deadlineReached, at: now)
    }

    func cancelTimer() {
        timer?.cancel()
        (timer, timerSetFor) = (nil, nil)
        clockTimer?.cancel()
        clockTimer = nil
    }

    private var queueIsEmpty: Bool {
        datagrams == nil || !settings.udp.hasDatagramWaiting
    }
}

private struct TimerTarget: NIOScheduledCallbackHandler, Sendable {
    let runner: NIOLoopBound<NodeRunner>

    func handleScheduledCallback(eventLoop: some EventLoop) { runner.value.timerFired() }
}
