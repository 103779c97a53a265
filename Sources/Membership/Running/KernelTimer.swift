import LibC
internal import MembershipCore

/// A timer of the kernel with a descriptor that becomes readable at a moment (timerfd, Linux).
struct KernelTimer {
    let descriptor: CInt

    #if canImport(Glibc)
        // The C module does not include their header.
        private typealias Create = @convention(c) (CInt, CInt) -> CInt
        private typealias SetTime =
            @convention(c) (
                CInt, CInt, UnsafePointer<itimerspec>, UnsafeMutablePointer<itimerspec>?
            ) -> CInt

        private static let create = function("timerfd_create", as: Create.self)
        private static let setTime = function("timerfd_settime", as: SetTime.self)
        /// TFD_TIMER_ABSTIME.
        private static let isAbsolute: CInt = 1

        private static func function<F>(_ name: String, as type: F.Type) -> F? {
            dlsym(nil, name).map { unsafeBitCast($0, to: type) }
        }
    #endif

    /// nil where there is none, or no descriptor is left.
    init?() {
        #if canImport(Glibc)
            guard Self.setTime != nil,
                let descriptor = Self.create?(CLOCK_MONOTONIC, O_NONBLOCK | O_CLOEXEC),
                descriptor >= 0
            else { return nil }
            self.descriptor = descriptor
        #else
            return nil
        #endif
    }

    /// Moves it. It must not have come already.
    func set(for moment: ClusterInstant) {
        #if canImport(Glibc)
            // The clock of `ClusterInstant` is this one. All zero would mean never.
            let nanoseconds = max(1, moment.nanoseconds)
            var time = itimerspec()
            time.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
            time.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
            _ = Self.setTime?(descriptor, Self.isAbsolute, &time, nil)
        #endif
    }
}
