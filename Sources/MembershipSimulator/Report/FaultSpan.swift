import MembershipCore

/// A period of a run with a fault of one host, or of the network for all.
struct FaultSpan: Hashable {
    /// nil: every host.
    var host: Int?
    var label: String
    var start: WorldInstant
    var end: WorldInstant

    /// The periods that the actions of a run make. A fault that never ended lasts until `end`.
    static func spans(of actions: [PlannedAction], until end: WorldInstant) -> [FaultSpan] {
        var reader = Reader()
        for planned in actions { reader.read(planned.action, planned.time) }
        reader.endAll(at: end)
        return reader.spans.filter { $0.end > $0.start }
    }

    /// The present faults, by host and kind; two faults of one kind at one host are one.
    private struct Reader {
        struct Key: Hashable, Comparable {
            var host: Int
            var kind: String

            static func < (a: Key, b: Key) -> Bool { (a.host, a.kind) < (b.host, b.kind) }
        }

        var spans: [FaultSpan] = []
        private var open: [Key: (label: String, start: WorldInstant)] = [:]
        private var cuts: [Int: [Int]] = [:]
        private static let everybody = -1

        mutating func read(_ action: Action, _ time: WorldInstant) {
            switch action {
            case .starve(let host, let receive, let send):
                let isFed = receive == .zero && send == .zero
                set(host, "starve", isFed ? nil : "starved", time)
            case .setHostLoss(let host, let inbound, let outbound):
                set(host, "loss", Self.label(inbound, outbound), time)
            case .setLinkLoss(let sender, let receiver, let loss):
                let label = loss == .never ? nil : "loses \(loss.text) to n\(receiver)"
                set(sender, "link to \(receiver)", label, time)
            case .cut(let inside, let isOneWay, let name):
                cuts[name] = inside
                for host in inside {
                    begin(host, "cut \(name)", isOneWay ? "cut off, one way" : "cut off", time)
                }
            case .heal(let name):
                for host in cuts.removeValue(forKey: name) ?? [] {
                    finish(host, "cut \(name)", time)
                }
            case .setLoss(let loss):
                set(Self.everybody, "loss", loss == .never ? nil : "loss \(loss.text)", time)
            case .setDatagramLoss(let host, let loss):
                let label = loss == .never ? nil : "datagrams lost \(loss.text)"
                set(host ?? Self.everybody, "datagrams", label, time)
            case .setDuplication(let share):
                let label = share == .never ? nil : "duplication \(share.text)"
                set(Self.everybody, "duplication", label, time)
            case .setReordering(let share, _):
                let label = share == .never ? nil : "reordering \(share.text)"
                set(Self.everybody, "reordering", label, time)
            case .setLatency(let latency):
                set(Self.everybody, "latency", "latency to \(latency.longest.shortText)", time)
            case .setExhausted(let host, let isExhausted):
                set(host, "descriptors", isExhausted ? "out of descriptors" : nil, time)
            case .setUncallable(let host, let isUncallable):
                set(host, "address", isUncallable ? "cannot be called" : nil, time)
            case .setConnectionFilter(let sender, let receiver, let filter):
                let label = filter == .passes ? nil : "connections \(filter.rawValue)"
                set(
                    receiver ?? sender ?? Self.everybody, "filter \(sender ?? -1)", label, time)
            case .endFaults: endAll(at: time)
            case .start, .crash, .abort, .vanish, .remove, .restart, .pause, .resume, .leave,
                .leapClock, .setWallClock, .resetStreams, .setSeedName, .setMetadata, .writeState,
                .broadcast,
                .rotateKeys,
                .rename, .copyIdentity, .accuse, .accuseOfBeingGone, .join, .conjure,
                .speakForGhosts:
                break
            }
        }

        private static func label(_ inbound: Probability, _ outbound: Probability) -> String? {
            switch (inbound, outbound) {
            case (.never, .never): nil
            case (.always, .always): "isolated"
            case (.never, .always): "mute"
            case (.always, .never): "deaf"
            default: "loses \(max(inbound, outbound).text)"
            }
        }

        private mutating func set(
            _ host: Int, _ kind: String, _ label: String?, _ time: WorldInstant
        ) {
            finish(host, kind, time)
            if let label { begin(host, kind, label, time) }
        }

        private mutating func begin(
            _ host: Int, _ kind: String, _ label: String, _ time: WorldInstant
        ) {
            let key = Key(host: host, kind: kind)
            if open[key] == nil { open[key] = (label, time) }
        }

        private mutating func finish(_ host: Int, _ kind: String, _ time: WorldInstant) {
            let key = Key(host: host, kind: kind)
            guard let (label, start) = open.removeValue(forKey: key) else { return }
            let span = FaultSpan(
                host: host == Self.everybody ? nil : host, label: label, start: start, end: time)
            spans.append(span)
        }

        mutating func endAll(at time: WorldInstant) {
            for key in open.keys.sorted() { finish(key.host, key.kind, time) }
        }
    }
}
