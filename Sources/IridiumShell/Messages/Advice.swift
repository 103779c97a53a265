package import MembershipWire

/// Small parts of the catalogue's sentences.
package enum Advice {
    /// The port to try if this one is taken.
    static func nextPort(after port: UInt16) -> UInt16 {
        port < UInt16.max ? port + 1 : 2254
    }

    /// The command that stops a node, with the data root if commands would not look there by
    /// themselves.
    static func leave(_ name: String, dataRoot: String?) -> String {
        "iridium leave --agent \(Layout.shellWord(name))"
            + (dataRoot.map { " --data-root-dir \(Layout.shellWord($0))" } ?? "")
    }

    /// A name for a second node on this machine; `NAME` if it would be too long.
    static func otherName(than name: String) -> String {
        let other = name + "-2"
        return (try? NodeAlias(parsing: other)) == nil ? "NAME" : other
    }

    /// An address as `--advertise` takes it; without a port, the node's own port is used.
    static func advertised(_ endpoint: Endpoint) -> String {
        guard endpoint.port == 0, case .v4 = endpoint.address else { return "\(endpoint)" }
        return "\(endpoint.address)"
    }

    /// Permission bits in the usual notation: 0644.
    static func octal(_ mode: UInt16) -> String {
        let digits = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: Swift.max(0, 4 - digits.count)) + digits
    }

    /// The users who can read or change a file with these permission bits, with the verb; nil if only
    /// its owner can, and its group can at most read it.
    package static func exposure(_ mode: UInt16) -> String? {
        if mode & 0o004 != 0 { return "every user of this machine can read" }
        if mode & 0o002 != 0 { return "every user of this machine can change" }
        return mode & 0o020 != 0 ? "a group can change" : nil
    }

    /// `1–2`, or `1` if there is only one.
    static func versions(_ range: ClosedRange<Int>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)–\(range.upperBound)"
    }

    /// `protocol 3–4, this node 1–2`; the other side may not have stated its versions.
    static func protocols(theirs: ClosedRange<Int>?, ours: ClosedRange<Int>) -> String {
        let other = theirs.map { "protocol \(versions($0))" } ?? "another protocol"
        return "\(other), this node \(versions(ours))"
    }

    /// In the largest unit that is not zero: "3 days", "5 h", "12 min", "40 s".
    static func uptime(_ span: Duration) -> String {
        let seconds = Swift.max(0, span.components.seconds)
        return switch seconds {
        case 172_800...: "\(seconds / 86_400) days"
        case 7_200...: "\(seconds / 3_600) h"
        case 120...: "\(seconds / 60) min"
        default: "\(seconds) s"
        }
    }

    /// The rule that a name breaks, in full.
    static func aliasRule(_ error: NodeAliasError) -> String {
        let rule = "at most \(NodeAlias.maximumBytes), first a letter or digit"
        return switch error {
        case .illegalCharacter(let position, _):
            // The error's own text is "character 4 is a space; allowed: …, the first …".
            String(describing: error).split(separator: ";").first.map {
                "\($0); allowed: a-z A-Z 0-9 . _ -, \(rule)"
            } ?? "character \(position) is not allowed"
        case .empty, .tooLong: "\(error); allowed: a-z A-Z 0-9 . _ -, \(rule)"
        }
    }

    /// A legal name close to `text`: illegal characters at its ends are dropped, others become a
    /// dash.
    static func legalAlias(for text: String) -> String {
        guard let suggestion = NodeAlias.suggestion(for: text)?.text else { return "NAME" }
        let trimmed = suggestion.reversed().drop { $0 == "-" }.reversed()
        return String(trimmed)
    }

    /// The probable meaning of the address: `[::1]:2254` for `::1:2254`; both readings if both are
    /// possible.
    static func bracketed(_ text: String) -> String {
        var ways: [String] = []
        if let colon = text.lastIndex(of: ":"),
            let port = try? HostAndPort.port(parsing: text[text.index(after: colon)...]),
            case .v6 = IPAddress(String(text[..<colon]))
        {
            ways.append("[\(text[..<colon])]:\(port)")
        }
        if IPAddress(text) != nil, !text.hasSuffix(":2254") { ways.append("[\(text)]:2254") }
        return ways.isEmpty ? "[ADDRESS]:PORT" : ways.joined(separator: " or ")
    }
}

extension IridiumError.ListeningRemedy {
    /// One clause; nil if the system's own words are enough.
    var cause: String? {
        switch self {
        case .otherPort: nil
        case .higherPort: "ports below 1024 are for root"
        case .otherAddress(let own):
            own.isEmpty
                ? "no interface of this host has that address"
                : "this host has \(Layout.list(own.map(\.description)))"
        }
    }

    func advice(
        for endpoint: Endpoint, _ purpose: IridiumError.ListeningPurpose
    ) -> String {
        switch self {
        case .otherPort:
            "another port: \(purpose.portOption) \(Advice.nextPort(after: endpoint.port))"
        case .higherPort: "a port from 1024: \(purpose.portOption) \(purpose.usualPort)"
        case .otherAddress(let own):
            "an address of this host: \(purpose.hostOption) "
                + (own.first.map(\.description) ?? "127.0.0.1")
        }
    }
}

extension IridiumError.Unreachable {
    /// The advice: steps for both sides, unless the fault is plainly on this side.
    func advice(for seed: String) -> String {
        switch self {
        case .refused:
            "start a node there: !start_cluster at its prompt, or iridium agent; "
                + "iridium netcheck \(seed) checks the connection"
        case .timedOut, .noRoute:
            "on that host: iridium status; on this one: iridium netcheck \(seed)"
        case .boundElsewhere:
            "end this node, and start it with -H and an address of this host that the others can call"
        }
    }

    /// The same for a user that has just run the check.
    var adviceAfterCheck: String {
        switch self {
        case .refused: "on that host, iridium status shows the address that its node listens on"
        case .timedOut, .noRoute, .boundElsewhere:
            "on that host: iridium status; between the hosts: let TCP through"
        }
    }

    /// One clause.
    var text: String {
        switch self {
        case .refused: "refused: nothing listens there"
        case .timedOut: "timed out: host down or a firewall"
        case .noRoute(let reason): "unreachable: \(reason)"
        case .boundElsewhere(let own):
            "unreachable: this node listens only on \(own)"
        }
    }
}

extension IridiumError.UDPFault {
    /// One clause.
    package func reason(to endpoint: Endpoint) -> String {
        switch self {
        case .onTheWay:
            "a firewall drops UDP \(endpoint.port), or datagrams over 512 B"
        case .stated(let own):
            "UDP \(endpoint.port) is dropped on the way, or answers do not reach \(own), "
                + "which this node states as its address"
        case .family(let own):
            "this node listens on \(own), so it sends \(Self.family(own)) only, "
                + "and the member is at an \(Self.family(endpoint.address)) address"
        case .addressGone(let own): "this node listens on \(own), which this host no longer has"
        case .unsendable(let reason): "this host does not send to \(endpoint.address): \(reason)"
        }
    }

    func advice(to name: String, _ endpoint: Endpoint) -> String {
        switch self {
        case .onTheWay: "open UDP \(endpoint.port) both ways; iridium netcheck \(name)"
        case .stated(let own):
            "open UDP \(endpoint.port) both ways, or, instead of \(own), --advertise an address at "
                + "which the others reach this host"
        case .family:
            "start this node with -H and an address of the other family, or -H :: for both"
        case .addressGone:
            "give the address back to this host, or start the node with -H and another address"
        case .unsendable: "check the routes and the firewall of this host; iridium netcheck \(name)"
        }
    }

    private static func family(_ address: IPAddress) -> String {
        switch address {
        case .v4: "IPv4"
        case .v6: "IPv6"
        }
    }
}
