internal import CShims
import LibC
internal import MembershipCore

/// A timer of the kernel with a descriptor that becomes readable at a moment (timerfd, Linux).
struct KernelTimer {
    let descriptor: CInt

    /// nil where there is none, or no descriptor is left.
    init?() {
        #if os(Linux)
            let descriptor = timerfd_create(CLOCK_MONOTONIC, O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            self.descriptor = descriptor
        #else
            return nil
        #endif
    }

    /// Moves it. It must not have come already.
    func set(for moment: ClusterInstant) {
        #if os(Linux)
            // The clock of `ClusterInstant` is this one. All zero would mean never.
            let nanoseconds = max(1, moment.nanoseconds)
            var time = itimerspec()
            time.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
            time.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
            _ = timerfd_settime(descriptor, CInt(TFD_TIMER_ABSTIME), &time, nil)
        #endif
    }
}
