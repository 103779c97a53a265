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
    private let lifelinesHeld: Gauge
    private let lifelinesWatching: Gauge
    private let lifelinesLost: Counter
    private let falseAlarms: Counter
    private let gone: Counter
    private let dimensions: [(String, String)]
    private var refused: [String: Counter] = [:]

    private var told = ClusterStatus.Traffic()
    private var toldLifelines = ClusterStatus.Lifelines()
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
        lifelinesHeld = Gauge(label: "iridium_lifelines_held", dimensions: dimensions)
        lifelinesWatching = Gauge(label: "iridium_lifelines_watched_by", dimensions: dimensions)
        lifelinesLost = Counter(label: "iridium_lifelines_lost_total", dimensions: dimensions)
        falseAlarms = Counter(
            label: "iridium_lifelines_false_alarms_total", dimensions: dimensions)
        gone = Counter(label: "iridium_members_gone_total", dimensions: dimensions)
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
        _ traffic: ClusterStatus.Traffic, lifelines: ClusterStatus.Lifelines,
        refused: [ClusterStatus.Refusal], counts: (MemberState) -> Int, localHealth: Int,
        at now: ClusterInstant
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
        lifelinesHeld.record(lifelines.held)
        lifelinesWatching.record(lifelines.watchedBy)
        lifelinesLost.increment(by: lifelines.lost &- toldLifelines.lost)
        falseAlarms.increment(by: lifelines.falseAlarms &- toldLifelines.falseAlarms)
        gone.increment(by: lifelines.gone &- toldLifelines.gone)
        toldLifelines = lifelines
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
