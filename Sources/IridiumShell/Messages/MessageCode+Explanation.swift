internal import MembershipWire

/// Messages at length: what `iridium explain IR-04` prints, and the table in Specs/Shell.md.
extension MessageCode {
    /// The message as it may look, what it means, and what a command exits with.
    package var explained: String {
        let exit =
            switch severity {
            case .failure(let status): "Exit code \(status.rawValue): \(status.meaning)."
            case .warning:
                "A warning: the node goes on, and says it at most once a minute a member."
            case .note: "A note, not a failure."
            case .build: "Seen only while the program is built."
            }
        return "\(text) looks like this:\n\n\(sample.text)\n\(explanation)\n\(exit)\n"
    }

    /// The table of all messages in Specs/Shell.md. It ends with a line end.
    package static var markdownTable: String {
        let rows = allCases.sorted().map { code in
            let message = code.sample.message
            let exit =
                switch code.severity {
                case .failure(let status): "\(status.rawValue)"
                case .warning: "warning"
                case .note: "note"
                case .build: "build"
                }
            let cells = [message.what, message.why ?? "", message.advice ?? ""].map {
                $0.replacing("|", with: "\\|")
            }
            return "| \(code.text) · \(exit) | \(cells.joined(separator: " | ")) |\n"
        }
        return "| code · exit | what | why | try |\n| --- | --- | --- | --- |\n" + rows.joined()
    }

    /// What to know beyond the message itself. Complete sentences.
    private var explanation: String {
        switch self {
        case .cannotListen:
            "Another process has the port, or the address is not one of this machine's. A node "
                + "needs the same port for UDP and TCP."
        case .keyRefused:
            "Nodes recognise each other by the cluster key. The other side could not open what was "
                + "sealed with ours; it does not say more, so that nobody can probe for keys."
        case .wrongCluster:
            "Clusters with one key and different names stay apart on purpose. Give both nodes the "
                + "same --cluster, or none."
        case .unreachable:
            "Nothing answered at that address. \"refused\" means that the host is there and no "
                + "program listens; \"timed out\" that packets are lost on the way."
        case .cannotAdvertise:
            "The advertised address is what all members call. 0.0.0.0 and :: mean \"every address "
                + "of this host\" and are good for listening only."
        case .nameTaken:
            "A living member with another identity has this name. A node that lost its identity is "
                + "a new node to the others, until the old one is forgotten."
        case .noUDP:
            "The peer list came over TCP, but heartbeats are UDP and get no answer. The member will "
                + "be suspected by us, and we by it, until UDP passes."
        case .sodiumMissing: "The only system library that Iridium needs to be built."
        case .keyUnreadable: "The key file is there, but this user may not read it."
        case .keyExposed:
            "A key that everybody can read protects nothing, so the node refuses it. If others may "
                + "have read it, a new key must be made: changing the mode does not take it back."
        case .badAlias:
            "Names appear in tables, logs and file names; so they are plain ASCII and cannot look "
                + "like one another."
        case .selfJoin: "The address leads back to this node. Nothing was changed."
        case .ambiguousAddress:
            "Without brackets the last group of an IPv6 address looks like a port."
        case .hostNotFound: "The name was looked up by the system's own rules, files and DNS."
        case .versionMismatch:
            "Each node speaks a range of protocol versions; two of them need one in common. Upgrade "
                + "one node after the other: neighbouring versions always have one."
        case .tombstone:
            "A member that left or died is remembered for a while, so that late news of it is known "
                + "to be old. forget removes it at once."
        case .cannotWrite:
            "A node with a name keeps its identity and its incarnation, so that it comes back as "
                + "itself. Choose a place that this user may write to."
        case .tooManyFiles: "Each socket is an open file, and the system allows a process so many."
        case .identityInUse:
            "Two processes with one identity would contradict each other without end; so the later "
                + "one stops. Give the copy an identity of its own."
        case .keyMalformed: "A key file is made by iridium keygen and holds nothing else."
        case .notIridium: "Something listens there and does not speak the protocol."
        case .turnedAway: "The member is sound and the key right; only the moment was wrong."
        case .identityDamaged:
            "The file holds the key that this node signs with. A new one by itself would make the node "
                + "a stranger with a known name, so that is for a person to decide: a copy of the "
                + "file makes it the same member again; after iridium id --reset it is a new one, "
                + "the old files are kept beside it, and the others declare the old member dead."
        case .rotationStopped:
            "A rotation installs the new key everywhere, seals with it, and retires the old one; each step "
                + "begins when every living member has confirmed the one before. Asked again, on any "
                + "member, it goes on where it stopped, and makes no further key."
        case .rotationUnderWay: "Keys are replaced by one node at a time, and the others follow."
        case .clusterStopped:
            "A node without its sockets is no member, so the prompt has its cluster off and an agent "
                + "ends, for whoever watches over it to start it again."
        case .directoryExposed:
            "Whoever can write to a directory can put other files in place of those in it, whatever "
                + "their modes: the socket by which commands come, the identity, the key. So it "
                + "must belong to the user of the node or to root, and nobody else may write to it. "
                + "Look at what is in it before you change its mode."
        case .metadataTooLong:
            "Metadata travels with the member's record in datagrams of bounded size."
        case .badValue: "The option is known, its value is not of the kind it takes."
        case .nameLocked:
            "A node's directory belongs to one process at a time: two of one identity would be taken "
                + "for one member that contradicts itself."
        case .messageTooLong:
            "Messages to all are passed on from member to member in datagrams of bounded size, and "
                + "are not put together again from parts."
        case .badArguments: "The command is known, its arguments are missing or not understood."
        case .unknownCommand: "Upper and lower case differ in commands."
        case .noAgent:
            "Commands talk to a running node through its control socket. It is looked for in the "
                + "directory shown; --data-root-dir chooses another."
        case .severalAgents: "With one agent running no option is needed; with several, say which."
        case .timedOut: "What was waited for had not happened when the time was over."
        case .clusterOff: "This node runs its machine only; it is no member of any cluster."
        case .notAllowed:
            "A remote session has a machine of its own, may look at the cluster, and may not touch "
                + "files, other programs or the membership of the node."
        case .badProgram: "Each error is shown with its line before this message."
        case .noSuchMember: "The name is not in this node's table, not even as dead or left."
        case .noSuchProgram: "Programs are numbered from 0 in the order they were spawned."
        case .tooManyPrograms: "The number of background programs is bounded."
        case .cannotRead: "The system refused to open or to read the file."
        case .alreadyExists: "A key that is overwritten is lost, and with it the cluster it opens."
        case .notAnImage:
            "What is disassembled is an image, as the assembler writes it. A source is text already."
        case .noDemo:
            "iridium demo runs a small cluster in one process, and its prompt can kill, pause and "
                + "cut off the nodes of it."
        case .holdsSecret:
            "The file looks like a cluster key or an identity, or like what is left of one. Nothing of "
                + "it was shown or run."
        case .agentSilent:
            "The command was handed over and not answered in time. What the agent has not begun by "
                + "then it does not do later: it sees that nobody waits."
        case .agentFailed: "The node refused a request, or the connection to it broke."
        }
    }

    /// The message with facts made up for showing.
    package var sample: IridiumError {
        let loopback = IPAddress.v4(0x7F00_0001)
        let n1 = "n1 (10.0.0.5:2254)"
        let tenFive = IPAddress.v4(0x0A00_0005)
        return switch self {
        case .cannotListen:
            .cannotListen(
                Endpoint(loopback, port: 2254), transport: "udp",
                for: .cluster, reason: "the address is already in use",
                holder: .init(
                    text: "process 8402, \"iridium agent --name n1\"", node: "n1", dataRoot: nil))
        case .keyRefused: .keyRefused(seed: n1, fingerprint: "3f9a21c0")
        case .wrongCluster: .wrongCluster(seed: "10.0.0.5:2254", cluster: "staging")
        case .unreachable:
            .unreachable("192.0.2.1:2254", tries: 3, after: .seconds(6), cause: .timedOut)
        case .cannotAdvertise:
            .cannotAdvertise(
                .v4(0), candidates: ["10.0.0.7 (eth0)", "172.17.0.1 (docker0)"],
                suggestion: Endpoint(.v4(0x0A00_0007), port: 2254))
        case .nameTaken:
            .nameTaken(
                "n2", holder: Endpoint(loopback, port: 2255), state: .alive, holderID: "51d0c3f7",
                ownID: "a4410c2e", suggestion: "n2b")
        case .noUDP: .noUDP(to: "n1", Endpoint(tenFive, port: 2254))
        case .sodiumMissing: .sodiumMissing
        case .keyUnreadable:
            .keyUnreadable(
                path: "cluster.key", reason: "permission denied",
                details: "it belongs to uid 0, mode 0600; this process has uid 1000")
        case .keyExposed: .keyExposed(path: "cluster.key", mode: 0o644)
        case .badAlias:
            .badAlias("bad name!", .illegalCharacter(position: 4, character: " "))
        case .selfJoin: .selfJoin(Endpoint(loopback, port: 2254), listensAs: "n1")
        case .ambiguousAddress: .ambiguousAddress("::1:2254")
        case .hostNotFound: .hostNotFound("iridum-gossip", noAnswer: false)
        case .versionMismatch: .versionMismatch(member: "n1", theirs: 3...4, ours: 1...2)
        case .tombstone:
            .tombstone(name: "n4", leftAgo: .seconds(100), kept: .seconds(86_400))
        case .cannotWrite:
            .cannotWrite(
                path: "/var/lib/iridium", reason: "permission denied",
                purpose: "node id and incarnation live there")
        case .tooManyFiles: .tooManyFiles(open: 1_024, limit: 1_024)
        case .identityInUse:
            .identityInUse(name: "n1", at: tenFive, upFor: .seconds(3 * 86_400), id: "7c1e09aa")
        case .keyMalformed:
            .keyMalformed(
                path: "cluster.key", reason: "it is damaged: the check does not match")
        case .notIridium: .notIridium(seed: "127.0.0.1:22")
        case .turnedAway: .turnedAway(seed: n1, cause: .busy)
        case .identityDamaged:
            .identityDamaged(
                path: "/var/lib/iridium/nodes/n1/identity.key",
                reason: "it is damaged: the check does not match", node: "n1", dataRoot: nil)
        case .rotationStopped:
            .rotationStopped(
                step: "install", refusals: [.init(member: "n3", reason: "no answer")])
        case .rotationUnderWay: .rotationUnderWay(by: "n2")
        case .clusterStopped: .clusterStopped
        case .directoryExposed:
            .directoryExposed(path: "/var/lib/iridium", owner: 0, mode: 0o777, user: 0)
        case .metadataTooLong: .metadataTooLong(bytes: 611)
        case .badValue:
            .badValue(
                option: "--timeout", value: "soon", expected: "a span like 30s or 500ms",
                help: "iridium help wait")
        case .nameLocked: .nameLocked("n1", path: "/var/lib/iridium/run/n1.sock", dataRoot: nil)
        case .messageTooLong: .messageTooLong
        case .badArguments:
            .badArguments(
                command: "!join_cluster", problem: "needs a host and a port",
                usage: "!join_cluster HOST PORT", example: "!join_cluster localhost 2254")
        case .unknownCommand: .unknownCommand("!cluster_membrs", suggestion: "!cluster_members")
        case .noAgent: .noAgent(directory: "/run/iridium", name: nil)
        case .severalAgents: .severalAgents(["n1", "n2"])
        case .timedOut:
            .timedOut(waitedFor: "3 members alive", after: .seconds(30), found: "2 are alive")
        case .clusterOff: .clusterOff(command: "!cluster_check")
        case .notAllowed: .notAllowed(command: "!start_cluster")
        case .badProgram: .badProgram(path: "hello.iasm", problem: "2 errors")
        case .noSuchMember: .noSuchMember("n9", suggestion: nil)
        case .noSuchProgram: .noSuchProgram(7)
        case .tooManyPrograms: .tooManyPrograms(limit: 50_000)
        case .cannotRead: .cannotRead(path: "hello.iasm", reason: "no such file or directory")
        case .alreadyExists: .alreadyExists(path: "cluster.key", overwrite: "--force")
        case .agentFailed: .agentFailed("the agent hung up")
        case .notAnImage: .notAnImage(path: "hello.iasm")
        case .noDemo: .noDemo
        case .agentSilent:
            .agentSilent(name: "n1", process: 8_402, isStopped: true, after: .seconds(5))
        case .holdsSecret: .holdsSecret(path: "cluster.key")
        }
    }
}
