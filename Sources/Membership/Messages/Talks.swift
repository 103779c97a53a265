internal import MembershipCore
import MembershipWire
import NIOCore

/// Messages by stream that are under way, and the handlers of those that come.
///
/// The core opens streams and knows who is on the other side; the bytes stay here. Bounds: as many calls as
/// the program makes, each of at most 1 MiB; callers as many as the core admits.
struct Talks {
    /// Our requests, by attempt.
    var requests: [UInt64: PendingRequest] = [:]
    /// Of those that are connected.
    var attempts: [StreamID: UInt64] = [:]
    var callers: [StreamID: Caller] = [:]
    var servers: [UInt16: Server] = [:]
    private var lastAttempt: UInt64 = 0

    struct PendingRequest {
        let message: [UInt8]
        let type: UInt16
        let timeout: Scheduled<Void>
        let conclude: (Outcome) -> Void
        var answer: MessageParts?
    }

    struct Caller {
        let member: NodeID
        var message: MessageParts?
    }

    /// A handler that `Cluster.serve` runs.
    struct Server {
        let atOnce: Int
        let requests: AsyncStream<ServedRequest>.Continuation
        var running = 0
    }

    /// How a call of ours ended.
    enum Outcome: Equatable, Sendable {
        /// The message is there; with an answer if something serves its type.
        case done([UInt8]?)
        case ended(StreamEndCode)
        case failed
        case gone
        case timedOut
        case cancelled
        case stopped
    }

    mutating func nextAttempt() -> UInt64 {
        lastAttempt += 1
        return lastAttempt
    }
}

/// A message that `Cluster.serve` is to answer, once.
struct ServedRequest: Sendable {
    let message: Message
    /// nil: the application refuses it.
    let answer: @Sendable ([UInt8]?) -> Void
}
