package import MembershipWire

/// The catalogue: faults between nodes.
extension IridiumError {
    /// IR-01. `reason` is the system's text. `holder` is the process that has the port,
    /// `process 8402, "iridium …"`; if it is a node of ours, it also says what stops it.
    package static func cannotListen(
        _ endpoint: Endpoint, transport: String, for purpose: ListeningPurpose, reason: String,
        holder: Holder?, remedy: ListeningRemedy = .otherPort
    ) -> IridiumError {
        IridiumError(
            1, exit: .unavailable,
            what: "cannot listen on \(endpoint) (\(transport)): \(reason)",
            why: holder.map { "\($0.text), holds it" } ?? remedy.cause,
            try: (holder?.isPrompt == true && purpose == .cluster
                ? "to join that node: !join_cluster \(endpoint.address) \(endpoint.port); or " : "")
                + remedy.advice(for: endpoint, purpose)
                + (holder?.node.map { name in
                    ", or stop that node: "
                        + Advice.leave(name, dataRoot: holder?.dataRoot)
                } ?? ""),
            meaning:
                "Another process has the port, or the address is not one of this machine's. A node "
                + "needs the same port for UDP and TCP.")
    }

    /// IR-02. The other side could not open what we sealed.
    package static func keyRefused(seed: String, fingerprint: String) -> IridiumError {
        IridiumError(
            2, exit: .permission,
            what: "\(seed) refused us: it does not have our key \(fingerprint)",
            why: "the nodes were given different key files, "
                + "or the key was rotated and this node is not known there",
            try: "compare with \"iridium keys id FILE\" on both hosts",
            meaning:
                "Nodes recognise each other by the cluster key. The other side could not open what was "
                + "sealed with ours; it does not say more, so that no one can probe for keys.")
    }

    /// IR-03.
    package static func wrongCluster(seed: String, cluster: String) -> IridiumError {
        IridiumError(
            3, exit: .configuration,
            what: "\(seed) does not belong to the cluster \"\(cluster)\"",
            why: "it has the same key and another cluster name; such clusters never merge",
            try: "--cluster NAME, or check --seed",
            meaning: wrongClusterMeaning)
    }

    static let wrongClusterMeaning =
        "Clusters with one key and different names stay apart on purpose. Give both nodes the same "
        + "--cluster, or none. A key that has been rotated is valid only for the name of its cluster."

    /// IR-04. Zero tries: the failure was certain without trying; nil: it was tried for that time,
    /// perhaps several times. `isCheck`: the failure was found by a check of the ways there.
    package static func unreachable(
        _ seed: String, tries: Int?, after span: Duration, cause: Unreachable, isCheck: Bool = false
    ) -> IridiumError {
        let spent =
            switch tries {
            case 0?: ""
            case let tries?:
                " (\(Layout.count(tries, "try", "tries")), \(DurationText.spoken(span)))"
            case nil: span > .zero ? " within \(DurationText.spoken(span))" : ""
            }
        return IridiumError(
            .unreachable, exit: .unavailable,
            what: "cannot reach \(seed)\(spent)",
            why: cause.text,
            try: isCheck ? cause.adviceAfterCheck : cause.advice(for: seed),
            meaning:
                "Nothing answered at that address. \"refused\" means that the host is there and no "
                + "program listens; \"timed out\" that packets are lost on the way.")
    }

    /// IR-05. `candidates` are this host's addresses with their interfaces: "10.0.0.7 (eth0)".
    package static func cannotAdvertise(
        _ address: IPAddress, candidates: [String], suggestion: Endpoint?, cause: String? = nil
    ) -> IridiumError {
        IridiumError(
            5, exit: .configuration,
            what: "cannot advertise \(address): other nodes cannot call that address",
            why: cause
                ?? (candidates.isEmpty
                    ? "members need an address of this host that they can call"
                    : "this host has \(candidates.joined(separator: ", ")); members need one"),
            try: "--advertise \(suggestion.map(Advice.advertised) ?? "HOST:PORT")",
            meaning:
                "All members call the advertised address. 0.0.0.0 and :: mean \"every address of this "
                + "host\": a node can listen on them, but others cannot call them.")
    }

    /// IR-07. Ids are shown by their first eight digits; `suggestion` is a free name.
    package static func nameTaken(
        _ name: String, holder: Endpoint, state: MemberState, holderID: String, ownID: String,
        suggestion: String
    ) -> IridiumError {
        IridiumError(
            7, exit: .configuration,
            what:
                "the name \"\(name)\" is taken by \(holder) (\(state.rawValue), id \(holderID))",
            why: "names are unique; this node has another id (\(ownID))",
            try: "--node-alias \(suggestion), "
                + "or if the old \(name) is gone: iridium forget \(name)",
            meaning:
                "A living member with another identity has this name. A node that lost its identity is "
                + "a new node to the others, until the old one is forgotten.")
    }

    /// IR-08. A warning: the node keeps running.
    package static func noUDP(
        to name: String, _ endpoint: Endpoint, fault: UDPFault = .onTheWay
    ) -> IridiumError {
        IridiumError(
            8, severity: .warning,
            what: "joined, but \(name) (\(endpoint)) gets no UDP from us; TCP works",
            why: fault.reason(to: endpoint), try: fault.advice(to: name, endpoint),
            meaning:
                "The peer list came over TCP, but heartbeats are UDP and get no answer. Until UDP "
                + "passes, this node and the member suspect each other.")
    }

    /// IR-13. `listensAs` is this node's name.
    package static func selfJoin(_ endpoint: Endpoint, listensAs name: String) -> IridiumError {
        IridiumError(
            13, exit: .usage,
            what: "\(endpoint) is this node itself",
            why: "it listens there as \(name)",
            try: "the address of another node; iridium agents lists the nodes of this machine",
            meaning: "The address leads back to this node. Nothing was changed.")
    }

    /// IR-14.
    package static func ambiguousAddress(_ text: String) -> IridiumError {
        IridiumError(
            14, exit: .usage,
            what: "cannot tell host from port in \(Layout.quoted(text))",
            why: "IPv6 addresses contain colons", try: "write \(Advice.bracketed(text))",
            meaning: "Without brackets the last group of an IPv6 address looks like a port.")
    }

    /// IR-15. `noAnswer`: the name service did not answer, so the name may still exist.
    package static func hostNotFound(_ host: String, noAnswer: Bool) -> IridiumError {
        IridiumError(
            15, exit: .unknownHost,
            what: "cannot find the host \(Layout.quoted(host))",
            why: noAnswer ? "no answer from DNS" : "the name does not exist",
            try: noAnswer
                ? "check the network of this machine, or give an address" : "check the spelling",
            meaning: "The system looked the name up by its own rules: in files and in DNS.")
    }

    /// IR-16. Protocol versions, lowest and highest; nil if the other side did not state them.
    package static func versionMismatch(
        member: String, theirs: ClosedRange<Int>?, ours: ClosedRange<Int>
    ) -> IridiumError {
        IridiumError(
            16, exit: .protocolFault,
            what:
                "\(member) speaks \(Advice.protocols(theirs: theirs, ours: ours)): none in common",
            why: "the versions of the two programs are too far apart",
            try: theirs.map { $0.lowerBound > ours.upperBound } == false
                ? "upgrade \(member)" : "upgrade this node",
            meaning:
                "Each node speaks a range of protocol versions, and two nodes need one in common. "
                + "Upgrade one node after the other: neighbouring versions always have one.")
    }

    /// IR-17. A note.
    package static func tombstone(name: String, leftAgo span: Duration, kept: Duration)
        -> IridiumError
    {
        IridiumError(
            17, severity: .note,
            what: "\(name) left \(DurationText.elapsed(span)) ago and is kept for "
                + DurationText.elapsed(kept),
            why: "so that old rumors cannot revive it",
            try: "iridium members --no-left hides it; iridium forget \(name) removes it",
            meaning:
                "A node remembers a member that left or died for a while, so that it recognises old "
                + "rumors about the member as old. iridium forget removes it at once.")
    }

    /// IR-20. `upFor`: how long the other has been running, if known.
    package static func identityInUse(
        name: String, at address: IPAddress, upFor span: Duration?, id: String
    ) -> IridiumError {
        IridiumError(
            .identityInUse, exit: .configuration,
            what: "\(name) (\(address)\(span.map { ", up \(Advice.uptime($0))" } ?? "")) "
                + "already uses our node id \(id)",
            why: "the data directory was probably copied",
            try:
                "on the copy: iridium id --reset \(name), or another --node-alias NAME",
            meaning:
                "Two processes with one identity would contradict each other without end, so the later "
                + "one stops. Give the copy its own identity.")
    }

    /// IR-22.
    package static func notIridium(seed: String) -> IridiumError {
        IridiumError(
            22, exit: .protocolFault,
            what: "\(seed) answers, but not as an Iridium node",
            why: "it closed the connection, or it does not speak this protocol",
            try: "check the port; without options a node listens on 2254",
            meaning: "Another program listens at that address.")
    }

    /// IR-23.
    package static func turnedAway(seed: String, cause: TurnedAway) -> IridiumError {
        IridiumError(
            23, exit: .unavailable,
            what: cause == .busy
                ? "\(seed) is too busy to take us in" : "\(seed) is leaving the cluster",
            why: cause == .busy
                ? "it has as many streams open as its limit allows" : "it is shutting down",
            try: cause == .busy ? "again in a few seconds" : "another member's address",
            meaning: "The member works and the key is right. Only the moment was wrong.")
    }

    /// IR-25. `step` is "install", "switch" or "retire". No refusals: the rotation was interrupted.
    package static func rotationStopped(step: String, refusals: [KeysRefusal]) -> IridiumError {
        IridiumError(
            25, exit: .nothingMatched,
            what: "the rotation of keys stopped at \"\(step)\": "
                + (refusals.isEmpty
                    ? "it was interrupted"
                    : Layout.count(refusals.count, "member", "members")
                        + " did not confirm: "
                        + Layout.list(refusals.map { "\($0.member) (\($0.reason))" })),
            why: "the next step waits for all members, so that no two of them lose each other; "
                + "meanwhile the cluster keeps working",
            try: "fix the members listed, then run iridium keys rotate again to resume"
                + (refusals.first.map { "; or --without \($0.member)" } ?? ""),
            meaning:
                "A rotation installs the new key everywhere, seals with it, and retires the old one; each step "
                + "begins when every living member has confirmed the one before. The same command, on any "
                + "member, continues where the rotation stopped and makes no further key.")
    }

    /// IR-26. `driver` is the name of the member that drives it; nil: this node.
    package static func rotationUnderWay(by driver: String?) -> IridiumError {
        IridiumError(
            26, exit: .unavailable,
            what: "a rotation of keys is under way, run by \(driver ?? "this node")",
            why: "two rotations at once would make two keys",
            try: "iridium keys list shows how far it is",
            meaning: "One node at a time replaces the keys, and the others follow.")
    }

    /// IR-27. The cluster server ended without a request to stop.
    package static var clusterStopped: IridiumError {
        IridiumError(
            .clusterStopped, exit: .other,
            what: "the cluster server has stopped by itself",
            why: "one of its sockets was closed, or a system call failed; "
                + "the other members will declare this node dead",
            try: "at a prompt !start_cluster or !join_cluster HOST PORT; "
                + "an agent: start it again",
            meaning:
                "A node without its sockets is not a member. A prompt continues with its cluster off. An "
                + "agent ends, so that its service manager can start it again.")
    }

    /// IR-30.
    package static func metadataTooLong(bytes: Int) -> IridiumError {
        IridiumError(
            30, exit: .usage,
            what: "metadata is \(bytes) bytes; at most \(Bounds.metadataBytes) fit in a record",
            why: "every member stores it", try: "shorten it",
            meaning: "Metadata travels with the member's record in datagrams of bounded size.")
    }

    /// IR-33.
    package static var messageTooLong: IridiumError {
        IridiumError(
            33, exit: .usage,
            what: "the message has more than \(Bounds.userPayloadBytes) bytes",
            why: "it travels in one datagram",
            try: "shorten it, or send a reference to the rest",
            meaning:
                "A message to all passes from member to member in datagrams of bounded size. Members "
                + "do not assemble messages from parts.")
    }

    /// IR-64.
    package static func stateRefused(_ reason: String) -> IridiumError {
        IridiumError(
            64, exit: .usage,
            what: reason, why: "every member holds the state of every other",
            try: "shorter values, fewer of them, or names of letters and digits",
            meaning:
                "A member publishes a small map of values for facts about itself that others need: "
                + "whether it is ready, which parts it serves. Keep larger data elsewhere, and put "
                + "its address into the state.")
    }

    /// IR-45.
    package static func clusterOff(command: String) -> IridiumError {
        IridiumError(
            .clusterOff, exit: .unavailable,
            what: "\(command) needs a cluster, and the cluster is off",
            why: "this node was not started as a member, or it has left",
            try: "!start_cluster, or !join_cluster HOST PORT",
            meaning: "This node runs only its machine; it is not a member of a cluster.")
    }

    /// IR-48. `suggestion` is a member with a similar name.
    package static func noSuchMember(_ name: String, suggestion: String?) -> IridiumError {
        IridiumError(
            48, exit: .nothingMatched,
            what: "there is no member \(Layout.quoted(name))"
                + (suggestion.map { "; did you mean \($0)?" } ?? ""),
            why: "names are compared letter by letter", try: "iridium members",
            meaning: "The name is not in this node's table, not even as dead or left.")
    }

    /// IR-44. `waitedFor`: "3 members alive in one view"; `found`: "2 are".
    package static func timedOut(waitedFor goal: String, after span: Duration, found: String?)
        -> IridiumError
    {
        IridiumError(
            44, exit: .timedOut,
            what: "gave up after \(DurationText.spoken(span)) waiting for \(goal)",
            why: found, try: "iridium members; a longer --timeout",
            meaning: "The condition was not met before the time was up.")
    }

    static let clusterSamples: [IridiumError] = [
        .cannotListen(
            Endpoint(.v4(0x7F00_0001), port: 2254), transport: "udp",
            for: .cluster, reason: "the address is already in use",
            holder: .init(
                text: "process 8402, \"iridium agent --name n1\"", node: "n1", dataRoot: nil)),
        .keyRefused(seed: "n1 (10.0.0.5:2254)", fingerprint: "3f9a21c0"),
        .wrongCluster(seed: "10.0.0.5:2254", cluster: "staging"),
        .unreachable("192.0.2.1:2254", tries: 3, after: .seconds(6), cause: .timedOut),
        .cannotAdvertise(
            .v4(0), candidates: ["10.0.0.7 (eth0)", "172.17.0.1 (docker0)"],
            suggestion: Endpoint(.v4(0x0A00_0007), port: 2254)),
        .nameTaken(
            "n2", holder: Endpoint(.v4(0x7F00_0001), port: 2255), state: .alive,
            holderID: "51d0c3f7",
            ownID: "a4410c2e", suggestion: "n2b"),
        .noUDP(to: "n1", Endpoint(.v4(0x0A00_0005), port: 2254)),
        .selfJoin(Endpoint(.v4(0x7F00_0001), port: 2254), listensAs: "n1"),
        .ambiguousAddress("::1:2254"),
        .hostNotFound("iridum-gossip", noAnswer: false),
        .versionMismatch(member: "n1", theirs: 3...4, ours: 1...2),
        .tombstone(name: "n4", leftAgo: .seconds(100), kept: .seconds(86_400)),
        .identityInUse(
            name: "n1", at: .v4(0x0A00_0005), upFor: .seconds(3 * 86_400), id: "7c1e09aa"),
        .notIridium(seed: "127.0.0.1:22"),
        .turnedAway(seed: "n1 (10.0.0.5:2254)", cause: .busy),
        .rotationStopped(
            step: "install", refusals: [.init(member: "n3", reason: "no answer")]),
        .rotationUnderWay(by: "n2"),
        .clusterStopped,
        .metadataTooLong(bytes: 611),
        .messageTooLong,
        .stateRefused("the state of this member would take 17000 bytes"),
        .clusterOff(command: "!cluster_check"),
        .noSuchMember("n9", suggestion: nil),
        .timedOut(waitedFor: "3 members alive", after: .seconds(30), found: "2 are alive"),
    ]
}
