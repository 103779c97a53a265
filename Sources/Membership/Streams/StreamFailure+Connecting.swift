internal import MembershipCore
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension StreamFailure {
    /// The meaning of a failed connect.
    init(connecting error: any Error) {
        switch error {
        case ChannelError.connectTimeout:
            self = .timedOut
        case let error as IOError:
            switch error.errnoCode {
            case ECONNREFUSED: self = .refused
            case ETIMEDOUT: self = .timedOut
            case let number: self = .unreachable(errno: number)
            }
        default:
            self = .broken
        }
    }
}

extension TimeAmount {
    init(_ duration: Duration) { self = .nanoseconds(duration.nanoseconds) }
}
