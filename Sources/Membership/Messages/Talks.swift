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
        /// Until the handler has returned, even if the caller waits no longer.
        private var running: [NodeID: Int] = [:]

        init(atOnce: Int, requests: AsyncStream<ServedRequest>.Continuation) {
            self.atOnce = atOnce
            self.requests = requests
        }

        /// The most messages of one other member at once. A member has two streams for messages, so
        /// one that waits for its answers is never held up by this.
        static func share(of atOnce: Int) -> Int { max(1, min(2, atOnce / 2), atOnce / 4) }

        /// Takes a place for a message; false if there is none. Those of this node itself may take all.
        mutating func begin(for member: NodeID, isOwn: Bool) -> Bool {
            let share = isOwn ? atOnce : Self.share(of: atOnce)
            guard running.values.reduce(0, +) < atOnce, running[member, default: 0] < share
            else { return false }
            running[member, default: 0] += 1
            return true
        }

        mutating func end(for member: NodeID) {
            guard let count = running[member] else { return }
            running[member] = count > 1 ? count - 1 : nil
        }
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
