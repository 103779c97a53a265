import MembershipWire

extension Action {
    /// The text in a transcript.
    package var text: String {
        switch self {
        case .start(let host): "start n\(host)"
        case .crash(let host): "crash n\(host)"
        case .abort(let host): "abort n\(host)"
        case .vanish(let host): "vanish n\(host)"
        case .remove(let host): "remove n\(host)"
        case .restart(let host, let remembers):
            "restart n\(host)" + (remembers ? "" : " without memory")
        case .pause(let host): "pause n\(host)"
        case .resume(let host, let order):
            "resume n\(host), " + (order == .socketsFirst ? "sockets first" : "timers first")
        case .leave(let host): "leave n\(host)"
        case .setExhausted(let host, let isExhausted):
            "n\(host) " + (isExhausted ? "is out of descriptors" : "has descriptors again")
        case .starve(let host, let receive, let send):
            receive == .zero && send == .zero
                ? "feed n\(host)"
                : "starve n\(host), receive \(receive.shortText), send \(send.shortText)"
        case .leapClock(let host, let duration): "leap clock of n\(host) by \(duration.shortText)"
        case .setWallClock(let host, let error):
            "wall clock of n\(host) wrong by \(error.shortText)"
        case .setLoss(let probability): "loss \(probability.text)"
        case .setHostLoss(let host, let inbound, let outbound):
            "loss of n\(host): in \(inbound.text), out \(outbound.text)"
        case .setDatagramLoss(let host, let probability):
            "loss of datagrams\(host.map { " of n\($0)" } ?? "") \(probability.text)"
        case .setLinkLoss(let sender, let receiver, let probability):
            "loss n\(sender) -> n\(receiver) \(probability.text)"
        case .setConnectionFilter(let sender, let receiver, let filter):
            "connections \(name(sender)) -> \(name(receiver)) \(filter.rawValue)"
        case .resetStreams(let hosts): "reset streams of \(hosts.map(Self.names) ?? "all")"
        case .setUncallable(let host, let isUncallable):
            "n\(host) can " + (isUncallable ? "call and cannot be called" : "be called again")
        case .setDuplication(let probability): "duplication \(probability.text)"
        case .setReordering(let probability, let delay):
            "reordering \(probability.text) by \(delay.shortText)"
        case .setLatency(let latency):
            "latency \(latency.shortest.shortText) to \(latency.longest.shortText)"
        case .cut(let inside, let isOneWay, let name):
            (isOneWay ? "mute " : "cut ") + "\(name): " + Self.names(inside)
        case .heal(let name): "heal \(name)"
        case .endFaults: "faults end"
        case .setSeedName(let name): "seeds: " + Self.names(name.hosts)
        case .setMetadata(let host, let bytes): "metadata of n\(host): \(bytes.count) bytes"
        case .writeState(let host, let entry):
            "n\(host) "
                + (entry.value.map { "writes \(entry.key): \($0.count) bytes" }
                    ?? "removes \(entry.key)")
        case .broadcast(let host, let type, let payload):
            "broadcast by n\(host): type \(type), \(payload.count) bytes"
        case .rotateKeys(let host): "rotate keys at n\(host)"
        case .join(let host, let seed): "join n\(host) by n\(seed)"
        case .rename(let host, let alias): "n\(host) states the name \(alias)"
        case .copyIdentity(let host, let source): "n\(host) has the identity of n\(source)"
        case .conjure(let count, let host): "n\(host) makes up \(count) members"
        case .speakForGhosts(let host): "n\(host) refutes for the members it made up"
        case .accuse(let liar, let target): "n\(liar) accuses n\(target) without a probe"
        case .accuseOfBeingGone(let liars, let host):
            "\(Self.names(liars)) say that n\(host) is gone"
        }
    }

    private func name(_ host: Int?) -> String { host.map { "n\($0)" } ?? "all" }

    private static func names(_ hosts: [Int]) -> String {
        guard hosts.count > 8 else { return hosts.map { "n\($0)" }.joined(separator: " ") }
        return hosts.prefix(6).map { "n\($0)" }.joined(separator: " ")
            + " and \(hosts.count - 6) more"
    }
}
