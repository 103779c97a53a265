import MembershipWire

/// Heartbeats that we sent on behalf of other members (indirect probes, SWIM's ping-req). At most
/// `Bounds.queueEntries` at once.
struct RelayTasks: Sendable {
    struct Task: Sendable {
        let requester: NodeID
        /// The sequence of the request, echoed in the answer.
        let echoedSequence: UInt64
        let target: NodeID
    }

    private var tasks: [UInt64: Task] = [:]
    private let waits: ClosedRange<Duration>

    init(_ configuration: CoreConfiguration) {
        waits = configuration.shortestRelayWait...configuration.longestRelayWait
    }

    var isFull: Bool { tasks.count >= Bounds.queueEntries }

    /// The heartbeat of this sequence is for another member. Returns how long its answer is waited for.
    mutating func add(
        _ task: Task, under sequence: UInt64, timeoutMilliseconds: UInt16
    ) -> Duration {
        tasks[sequence] = task
        return min(
            max(.milliseconds(Int64(timeoutMilliseconds)), waits.lowerBound), waits.upperBound)
    }

    /// The heartbeat was answered, or has been waited for long enough; nil if it was for ourselves.
    mutating func finish(_ sequence: UInt64) -> Task? { tasks.removeValue(forKey: sequence) }

    /// Ends all. Returns the deadlines that mean nothing any more.
    mutating func stop() -> [DeadlineTable.Purpose] {
        defer { tasks.removeAll() }
        return tasks.keys.map { .relay($0) }
    }
}
