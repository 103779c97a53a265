internal import MembershipCore
import NIOCore

/// The clock of the running node is the one of its event loop, so that a deadline of the core is a
/// deadline of the loop. It is monotonic: setting the time of day does not move it.
extension ClusterInstant {
    static func now() -> ClusterInstant {
        ClusterInstant(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds))
    }

    var deadline: NIODeadline { .uptimeNanoseconds(UInt64(clamping: nanoseconds)) }
}
