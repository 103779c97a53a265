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
    /// How many of them are for each requester; none where there are none.
    private var open: [NodeID: Int] = [:]
    private let openPerRequester: Int
    private let waits: ClosedRange<Duration>

    init(_ configuration: CoreConfiguration) {
        openPerRequester = configuration.relaysPerRequester
        waits = configuration.shortestRelayWait...configuration.longestRelayWait
    }

    /// Whether one more would be tried for this member: no member has all relays of a node.
    func admits(_ requester: NodeID) -> Bool {
        tasks.count < Bounds.queueEntries && open[requester, default: 0] < openPerRequester
    }

    /// The heartbeat of this sequence is for another member. Returns how long its answer is waited for.
    mutating func add(
        _ task: Task, under sequence: UInt64, timeoutMilliseconds: UInt16
    ) -> Duration {
        tasks[sequence] = task
        open[task.requester, default: 0] += 1
        return min(
            max(.milliseconds(Int64(timeoutMilliseconds)), waits.lowerBound), waits.upperBound)
    }

    /// The heartbeat was answered, or has been waited for long enough; nil if it was for ourselves.
    mutating func finish(_ sequence: UInt64) -> Task? {
        guard let task = tasks.removeValue(forKey: sequence) else { return nil }
        let left = open[task.requester, default: 1] - 1
        open[task.requester] = left > 0 ? left : nil
        return task
    }

    /// Ends all. Returns the deadlines that mean nothing any more.
    mutating func stop() -> [DeadlineTable.Purpose] {
        defer {
            tasks.removeAll()
            open.removeAll()
        }
        return tasks.keys.map { .relay($0) }
    }
}
