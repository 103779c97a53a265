import MembershipWire

extension ClusterEvent {
    /// The member that has changed; nil for snapshots, messages and notices.
    public var member: Member? {
        switch self {
        case .joined(let member), .suspected(let member), .recovered(let member),
            .failed(let member), .left(let member), .restarted(let member),
            .updated(let member, was: _), .removed(let member):
            member
        case .snapshot, .message, .notice, .lagged: nil
        }
    }

    /// All members, if the event is a complete list: at the start, and after the reader was too
    /// slow.
    public var snapshot: [Member]? {
        switch self {
        case .snapshot(let members), .lagged(_, let members): members
        case .joined, .suspected, .recovered, .failed, .left, .restarted, .updated, .removed,
            .message, .notice:
            nil
        }
    }
}

extension ClusterEvent: CustomStringConvertible {
    /// One line for logs: `n3 (10.0.0.7:2254) failed: by n2: no ack in 180 ms, …`.
    public var description: String {
        switch self {
        case .snapshot(let members): "\(members.count) members"
        case .joined(let member): Self.line(member, "joined")
        case .suspected(let member): Self.line(member, "suspected")
        case .recovered(let member): Self.line(member, "recovered")
        case .failed(let member): Self.line(member, "failed")
        case .left(let member): Self.line(member, "left")
        case .restarted(let member): Self.line(member, "restarted")
        case .updated(let member, let was):
            Self.line(member, "updated its \(Self.differences(from: was, to: member))")
        case .removed(let member): Self.line(member, "removed")
        case .message(let sender, let type, let payload):
            "message of type \(type) from \(sender.short), \(payload.count) bytes"
        case .notice(let notice): notice.description
        case .lagged(let dropped, let members):
            "\(dropped) events were missed; \(members.count) members"
        }
    }

    private static func differences(from old: Member, to new: Member) -> String {
        var words: [String] = []
        if old.endpoint != new.endpoint { words.append("address") }
        if old.metadata != new.metadata { words.append("metadata") }
        if old.name != new.name || old.statedName != new.statedName { words.append("name") }
        return words.isEmpty ? "statement" : words.joined(separator: ", ")
    }

    private static func line(_ member: Member, _ verb: String) -> String {
        let reason = member.reason.map { ": \($0.text)" } ?? ""
        return "\(member.name) (\(member.endpoint)) \(verb)\(reason)"
    }
}

extension ClusterNotice: CustomStringConvertible {
    private static func list(_ names: [NodeAlias]) -> String {
        names.map(\.text).joined(separator: ", ")
    }

    /// The event, in one line.
    public var description: String {
        switch self {
        case .noUDP(let name, let endpoint):
            "joined, but \(name) (\(endpoint)) does not answer by UDP: open the port for UDP"
        case .onlyTCP(let name, let endpoint):
            "\(name) (\(endpoint)) answers by TCP only: open UDP port \(endpoint.port) between it and us"
        case .contradiction(let name, let endpoint, _):
            "\(name) (\(endpoint)) has signed two statements under one incarnation: it lies, or two "
                + "processes use its identity"
        case .nameContested(let name, let bearer, let place, let rival, let rivalPlace):
            "two members are called \(name): \(bearer.short) at \(place), which came first, and "
                + "\(rival.short) at \(rivalPlace), which is called by its id"
        case .ownBootClaimed(let name, let endpoint):
            "\(name) (\(endpoint)) states the boot key of this node as its own: it lies; this node continues "
                + "under a new boot key"
        case .uncallable(let name, let endpoint):
            "\(name) calls others and does not answer at \(endpoint), the address that it states: it stays "
                + "dead until it does"
        case .ownAddressUncallable(let endpoint, let members):
            "\(members.isEmpty ? "no member" : Self.list(members) + " tried and") got no answer from this "
                + "node at \(endpoint), the address that it states: state one that leads here, or open its "
                + "port for UDP and TCP"
        case .forgotten(let file, let path, let reason):
            "the file of \(file.rawValue) is damaged and was kept as \(path): \(reason)"
        case .identityInUse(let endpoint):
            "another process uses this node's identity, at \(endpoint); this node has stopped"
        case .stillAlone(let tried): "still alone: tried \(tried.joined(separator: ", "))"
        case .keysChanged(let version, let stage, let fingerprint, _):
            "cluster keys: version \(version) (\(stage.rawValue)), key \(fingerprint) seals"
        case .keysNotKept(let path, let reason):
            "new cluster keys were not taken, for \(path) cannot be written: \(reason)"
        case .cannotSend(let name, let endpoint, let errno):
            "no datagram can be sent to \(name) (\(endpoint)): \(systemText(errno))"
        case .tooManyFiles: "this process can open no further file: connections wait"
        case .seedsUnknown(let provider, let reason): "no seeds from \(provider): \(reason)"
        case .seedFailed(let seed, let failure): "the seed \(seed) was not joined: \(failure)"
        }
    }
}
