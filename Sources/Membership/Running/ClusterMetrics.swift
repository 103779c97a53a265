internal import CoreMetrics
internal import MembershipCore
import MembershipWire

/// Reports the node's status to the metrics backend of the process, once a second at most. Without
/// a backend it does nothing, because an idle node has little other work.
final class ClusterMetrics {
    /// Whether there is a backend. It must have been chosen before: a counter belongs to the
    /// backend that existed when it was made.
    let isHeard: Bool
    private let datagramsIn: Counter
    private let datagramsOut: Counter
    private let bytesIn: Counter
    private let bytesOut: Counter
    private let members: [(state: MemberState, gauge: Gauge)]
    private let health: Gauge
    private let dimensions: [(String, String)]
    private var refused: [String: Counter] = [:]

    private var told = ClusterStatus.Traffic()
    private var toldRefused: [String: UInt64] = [:]
    private var lastReport: ClusterInstant?

    init(cluster: String, node: NodeAlias) {
        let dimensions = [("cluster", cluster), ("node", node.text)]
        self.dimensions = dimensions
        isHeard = !(MetricsSystem.factory is NOOPMetricsHandler)
        datagramsIn = Counter(label: "iridium_datagrams_received_total", dimensions: dimensions)
        datagramsOut = Counter(label: "iridium_datagrams_sent_total", dimensions: dimensions)
        bytesIn = Counter(label: "iridium_bytes_received_total", dimensions: dimensions)
        bytesOut = Counter(label: "iridium_bytes_sent_total", dimensions: dimensions)
        health = Gauge(label: "iridium_local_health", dimensions: dimensions)
        members = MemberState.allCases.map {
            let state = [("state", $0.rawValue)]
            return ($0, Gauge(label: "iridium_members", dimensions: dimensions + state))
        }
    }

    /// Whether there is a backend and the last report is a second old.
    func isDue(at now: ClusterInstant) -> Bool {
        guard isHeard else { return false }
        guard let lastReport else { return true }
        return now - lastReport >= .seconds(1)
    }

    func report(
        _ traffic: ClusterStatus.Traffic, refused: [ClusterStatus.Refusal],
        counts: (MemberState) -> Int, localHealth: Int, at now: ClusterInstant
    ) {
        lastReport = now
        datagramsIn.increment(by: traffic.datagramsIn &- told.datagramsIn)
        datagramsOut.increment(by: traffic.datagramsOut &- told.datagramsOut)
        bytesIn.increment(by: traffic.bytesIn &- told.bytesIn)
        bytesOut.increment(by: traffic.bytesOut &- told.bytesOut)
        told = traffic
        for refusal in refused { report(refusal) }
        for (state, gauge) in members { gauge.record(counts(state)) }
        health.record(localHealth)
    }

    private func report(_ refusal: ClusterStatus.Refusal) {
        let before = toldRefused[refusal.reason] ?? 0
        guard refusal.count > before else { return }
        toldRefused[refusal.reason] = refusal.count
        let counter =
            refused[refusal.reason]
            ?? Counter(
                label: "iridium_refused_total",
                dimensions: dimensions + [("reason", refusal.reason)])
        refused[refusal.reason] = counter
        counter.increment(by: refusal.count - before)
    }
}

extension Counter {
    fileprivate func increment(by amount: UInt64) {
        guard amount > 0 else { return }
        increment(by: Int64(clamping: amount))
    }
}
