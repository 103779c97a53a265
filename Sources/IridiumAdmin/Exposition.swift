import IridiumNode
import Membership
import MembershipWire

/// Metrics as text (Prometheus text format 0.0.4). No label names a member: series must not grow with
/// the cluster.
struct Exposition {
    static let type = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// One family: its help, its kind and its samples.
    private mutating func add(
        _ name: String, _ kind: String, _ help: String, _ samples: [(labels: String, value: String)]
    ) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
        for sample in samples { text += "\(name)\(sample.labels) \(sample.value)\n" }
    }

    private mutating func add(_ name: String, _ kind: String, _ help: String, _ value: some Any) {
        add(name, kind, help, [("", "\(value)")])
    }

    private static func label(_ name: String, _ value: String) -> String {
        let escaped = value.flatMap { character -> [Character] in
            switch character {
            case "\\": ["\\", "\\"]
            case "\"": ["\\", "\""]
            case "\n": ["\\", "n"]
            default: [character]
            }
        }
        return "\(name)=\"\(String(escaped))\""
    }

    private static func labels(_ pairs: (String, String)...) -> String { labels(pairs) }

    private static func labels(_ pairs: [(String, String)]) -> String {
        guard !pairs.isEmpty else { return "" }
        return "{" + pairs.map { label($0.0, $0.1) }.joined(separator: ",") + "}"
    }

    init(_ status: ClusterStatus, members: [Member], changes: SeenChanges) {
        let node = status.localMember
        add(
            "iridium_build_info", "gauge", "The version of the program; always 1.",
            [
                (
                    Self.labels(
                        ("version", IridiumVersion.text), ("cluster", status.clusterName),
                        ("node", node.name.text)), "1"
                )
            ])
        add(
            "iridium_uptime_seconds", "gauge", "Since the node started.",
            Self.seconds(status.uptime))
        add(
            "iridium_members", "gauge", "Members by state, this node included.",
            MemberState.allCases.map { state in
                (Self.labels(("state", state.rawValue)), "\(status.counts[state] ?? 0)")
            })
        add(
            "iridium_view_heard_from", "gauge",
            "Living members that told their view since this node's last changed.",
            status.heardFrom)
        add(
            "iridium_view_agreeing", "gauge", "Those of them whose view equals this node's.",
            status.agreeing)
        add(
            "iridium_local_health", "gauge", "Local health: 0 is well, more is slower.",
            status.health)
        add(
            "iridium_incarnation", "gauge", "How often the node has stated its record again.",
            node.incarnation.number)
        add(
            "iridium_member_events_total", "counter", "Changes of members that this node saw.",
            ChangeOfMember.Kind.allCases.map { kind in
                (Self.labels(("event", kind.rawValue)), "\(changes.count(of: kind))")
            })
        addTraffic(status)
        addLifelines(status.lifelines)
        addStates(status.states)
        addRoundTrips(members)
        addTimes(status)
    }

    private mutating func addTraffic(_ status: ClusterStatus) {
        let traffic = status.traffic
        let directions = [Self.labels(("direction", "in")), Self.labels(("direction", "out"))]
        add(
            "iridium_datagrams_total", "counter", "UDP datagrams, refused ones included.",
            [
                (directions[0], "\(traffic.datagramsIn)"),
                (directions[1], "\(traffic.datagramsOut)"),
            ])
        add(
            "iridium_datagram_bytes_total", "counter", "Bytes of UDP payload.",
            [(directions[0], "\(traffic.bytesIn)"), (directions[1], "\(traffic.bytesOut)")])
        add(
            "iridium_refused_total", "counter", "Input that was dropped, by reason.",
            status.refused.map { (Self.labels(("reason", $0.reason)), "\($0.count)") })
    }

    private mutating func addLifelines(_ lifelines: ClusterStatus.Lifelines) {
        add(
            "iridium_lifelines", "gauge",
            "Connections by which members watch each other, by the side that opened them.",
            [
                (Self.labels(("opened_by", "this_node")), "\(lifelines.held)"),
                (Self.labels(("opened_by", "others")), "\(lifelines.watchedBy)"),
            ])
        add(
            "iridium_lifelines_lost_total", "counter", "Those that ended without a farewell.",
            lifelines.lost)
        add(
            "iridium_lifelines_false_alarms_total", "counter",
            "Lost ones whose member was found alive.", lifelines.falseAlarms)
        add(
            "iridium_members_gone_total", "counter",
            "Members declared dead because their process was gone.", lifelines.gone)
    }

    private mutating func addStates(_ states: ClusterStatus.States) {
        add(
            "iridium_publishing_members", "gauge", "Living members that publish a state.",
            states.members)
        add("iridium_state_bytes", "gauge", "Keys and values that are held.", states.bytes)
    }

    /// Of the living members that answered, as they are now.
    private mutating func addRoundTrips(_ members: [Member]) {
        let times = members.filter(\.isLiving).compactMap(\.roundTripTime).sorted()
        guard let longest = times.last else { return }
        add(
            "iridium_round_trip_seconds", "gauge",
            "Latest round trips to living members: the median and the longest.",
            [
                (Self.labels(("of", "median")), Self.seconds(times[times.count / 2])),
                (Self.labels(("of", "longest")), Self.seconds(longest)),
            ])
    }

    private mutating func addTimes(_ status: ClusterStatus) {
        addHistograms(
            "iridium_heartbeat_round_trip_seconds",
            "From a heartbeat of this node to its ack, for each that was acknowledged.",
            [([], status.roundTrips)])
        addHistograms(
            "iridium_suspicion_seconds", "How long suspicions took, by the state that ended them.",
            [
                ([("end", "alive")], status.recoveries),
                ([("end", "dead")], status.convictions),
            ])
        addHistograms(
            "iridium_death_news_age_seconds",
            "From the last answer of a member to this node until this node held it dead.",
            [([], status.deaths)])
    }

    /// A family of histograms. Each range counts all that is below its bound, as Prometheus expects it.
    private mutating func addHistograms(
        _ name: String, _ help: String,
        _ histograms: [(labels: [(String, String)], durations: ClusterStatus.Durations)]
    ) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) histogram\n"
        for (labels, durations) in histograms {
            var total: UInt64 = 0
            let bounds = durations.bounds.map(Self.seconds) + ["+Inf"]
            for (bound, count) in zip(bounds, durations.counts) {
                total &+= count
                text += "\(name)_bucket\(Self.labels(labels + [("le", bound)])) \(total)\n"
            }
            text += "\(name)_sum\(Self.labels(labels)) \(Self.seconds(durations.sum))\n"
            text += "\(name)_count\(Self.labels(labels)) \(total)\n"
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return "\(Double(seconds) + Double(attoseconds) / 1e18)"
    }
}
