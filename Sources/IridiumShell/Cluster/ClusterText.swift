internal import MembershipWire

/// The texts about starting, joining, leaving and inspecting the cluster. Each has its line end.
package enum ClusterText {
    static let off =
        "The cluster is off. !start_cluster lets others join this node; "
        + "!join_cluster HOST PORT joins a cluster.\n"

    /// The answer to `!start_cluster`.
    package static func started(_ facts: ClusterStarted) -> String {
        guard !facts.wasRunning else {
            return "The cluster server is already running: \"\(facts.clusterName)\" "
                + "on \(facts.address), key \(facts.keyFingerprint).\n"
        }
        let origin =
            switch facts.keyOrigin {
            case .new(let path): " (new, in \(path))"
            case .existing(let path): " (from \(path))"
            case .given: ""
            }
        return """
            Started cluster server!
            Cluster "\(facts.clusterName)" is up on \(facts.address) (udp+tcp), \
            key \(facts.keyFingerprint)\(origin).
              Join from another \(invitation(facts))

            """
    }

    /// The answer to `!join_cluster` when it worked.
    package static func joined(_ facts: ClusterJoined) -> String {
        let heartbeats =
            facts.heartbeatsPass
            ? "heartbeats pass both ways"
            : facts.uncallable == nil
                ? "no heartbeat was answered yet: see !cluster_check" : "no heartbeat was answered"
        let converged =
            facts.convergedIn.map { span in
                // Tenths of a second, and not "0.0 s".
                let tenths = span < .milliseconds(50) ? nil : 1
                return "converged in \(DurationText.spoken(span, decimals: tenths))"
            }
            ?? "still converging"
        var text = """
            Connected to cluster!
            Received \(Layout.count(facts.receivedMembers, "member", "members")); \(heartbeats). \
            Joined "\(facts.clusterName)": \(facts.aliveNames.count) alive \
            (\(Layout.list(facts.aliveNames))), \(converged).

            """
        if let found = facts.uncallable {
            text += """
                \(Layout.list(found.triedBy)) got no answer from this node at \(found.address), the address that it \
                states: the others will declare it dead. Try --advertise with an address that leads here, or open \
                its port \(found.address.port) for UDP and TCP.

                """
        }
        if let started = facts.startedFirst {
            let taken = started.takenPort.map { ", because \($0) is taken" } ?? ""
            text +=
                "The cluster server was off. It was started first, on \(started.address)\(taken).\n"
        }
        return text
    }

    /// The answer to `!leave_cluster`.
    package static func left(told: Int) -> String {
        told == 0
            ? "Left the cluster; there was no other member.\n"
            : "Left the cluster; said goodbye to \(Layout.count(told, "member", "members")).\n"
    }

    /// The answer to `!cluster_send` and `iridium send`.
    package static func sent(to members: Int) -> String {
        members == 0
            ? "There is no other member; the message went to no one.\n"
            : "Sent to \(Layout.count(members, "member", "members")).\n"
    }

    /// The answer to `!cluster_events`.
    package static func events(_ lines: [EventLine]) -> String {
        guard !lines.isEmpty else { return "No events yet.\n" }
        return lines.map { $0.textWithReason + "\n" }.joined()
    }

    /// The answer to `!cluster_check` and `iridium netcheck`.
    package static func reachability(_ report: ReachabilityReport) -> String {
        let rows = report.steps.map { step in
            let mark =
                switch step.result {
                case .passed: "ok"
                case .failed: "FAIL"
                case .skipped: "-"
                }
            return ["  " + mark, step.name, Layout.printable(step.text)]
        }
        let lines = ["Checking \(report.target):"] + Layout.table(rows)
        return lines.joined(separator: "\n") + "\n" + (report.problem?.text ?? "")
    }

    /// The rest of "Join from another …": the command to type there.
    private static func invitation(_ facts: ClusterStarted) -> String {
        let command = "!join_cluster \(facts.address.address) \(facts.address.port)"
        var words = ["iridium"]
        if facts.clusterName != "default" {
            words += ["--cluster", Layout.shellWord(facts.clusterName)]
        }
        guard facts.address.address.isLoopback else {
            // On loopback, where it listens by default, other members could not reach it.
            words += ["--key-file", "PATH", "-H", "ITS-ADDRESS"]
            return "host, given the same key:  \(words.joined(separator: " "))   then   \(command)"
        }
        if let root = facts.dataRoot { words += ["--data-root-dir", Layout.shellWord(root)] }
        if let file = facts.keyFile { words += ["--key-file", Layout.shellWord(file)] }
        if facts.isNameGiven {
            let port = Advice.nextPort(after: facts.address.port)
            words += ["--node-alias", nextName(after: facts.nodeName), "-P", "\(port)"]
        }
        return "terminal:  \(words.joined(separator: " "))   then   \(command)"
    }

    /// `n2` after `n1`; `web-2` after `web`.
    static func nextName(after name: String) -> String {
        let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.reversed()
        guard let number = UInt32(String(digits)), number < .max, digits.first != "0" else {
            return "\(name)-2"
        }
        return name.dropLast(digits.count) + "\(number + 1)"
    }
}
