internal import MembershipWire

/// The catalogue: the words of every message.
///
/// A `what` starts in lower case and has no full stop: it follows `iridium: `. `why` gives the fact
/// that explains it, `advice` the next thing to type. No message ever advises to delete a data
/// directory.
extension IridiumError {
    /// The words of one message.
    package struct Message: Hashable, Sendable {
        package let code: MessageCode
        package let what: String
        package let why: String?
        package let advice: String?

        init(_ code: MessageCode, what: String, why: String? = nil, advice: String? = nil) {
            self.code = code
            self.what = what
            self.why = why
            self.advice = advice
        }
    }

    /// The words for these facts. One long switch on purpose: it is a table, to be read as one.
    package var message: Message {
        switch self {
        case .cannotListen(
            let endpoint, let transport, let purpose, let reason, let holder, let remedy):
            Message(
                .cannotListen, what: "cannot listen on \(endpoint) (\(transport)): \(reason)",
                why: holder.map { "\($0.text), holds it" } ?? remedy.cause,
                advice: remedy.advice(for: endpoint, purpose)
                    + (holder?.node.map { name in
                        ", or stop that node: "
                            + Advice.leave(name, dataRoot: holder?.dataRoot)
                    } ?? ""))
        case .keyRefused(let seed, let fingerprint):
            Message(
                .keyRefused, what: "\(seed) refused us: it does not have our key \(fingerprint)",
                why: "the nodes were given different key files, "
                    + "or the key was rotated and this node is not known there",
                advice: "compare with \"iridium keys id FILE\" on both hosts")
        case .wrongCluster(let seed, let cluster):
            Message(
                .wrongCluster, what: "\(seed) belongs to another cluster than \"\(cluster)\"",
                why: "same key, different cluster name: they never merge",
                advice: "--cluster NAME, or check --seed")
        case .unreachable(let seed, let tries, let span, let cause, let isCheck):
            Message(
                .unreachable,
                what: "cannot reach \(seed)"
                    + (tries == 0
                        ? ""
                        : " (\(Layout.count(tries, "try", "tries")), \(DurationText.spoken(span)))"),
                why: cause.text,
                advice: isCheck ? cause.adviceAfterCheck : cause.advice(for: seed))
        case .cannotAdvertise(let address, let candidates, let suggestion):
            Message(
                .cannotAdvertise,
                what: "cannot advertise \(address): other nodes cannot call that address",
                why: candidates.isEmpty
                    ? "members need an address of this host that they can call"
                    : "this host has \(candidates.joined(separator: ", ")); members need one",
                advice: "--advertise \(suggestion.map(Advice.advertised) ?? "HOST:PORT")")
        case .nameTaken(let name, let holder, let state, let holderID, let ownID, let suggestion):
            Message(
                .nameTaken,
                what:
                    "the name \"\(name)\" is taken by \(holder) (\(state.rawValue), id \(holderID))",
                why: "names are unique; this node has another id (\(ownID))",
                advice: "--node-alias \(suggestion), "
                    + "or if the old \(name) is gone: iridium forget \(name)")
        case .noUDP(let name, let endpoint):
            Message(
                .noUDP, what: "joined, but \(name) (\(endpoint)) gets no UDP from us; TCP works",
                why: "a firewall drops UDP \(endpoint.port), or datagrams over 512 B",
                advice: "open UDP \(endpoint.port) both ways; iridium netcheck \(name)")
        case .sodiumMissing:
            Message(
                .sodiumMissing, what: "libsodium headers are missing",
                why: "the module CSodium needs sodium.h",
                advice: "sudo apt-get install libsodium-dev / brew install libsodium")
        case .keyUnreadable(let path, let reason, let details):
            Message(
                .keyUnreadable, what: "cannot read \(path): \(reason)", why: details,
                advice: "chown, or a service credential")
        case .keyExposed(let path, let mode):
            Message(
                .keyExposed,
                what: "every user of this machine can read \(path) (mode \(Advice.octal(mode)))",
                why: "whoever reads it can join the cluster",
                advice: "chmod 0600 \(path) (group-read stays legal); if it was read: "
                    + "iridium keys rotate --grace 0s, on any running member")
        case .badAlias(let text, let problem):
            Message(
                .badAlias, what: "\(Layout.quoted(text)) cannot be a node name",
                why: Advice.aliasRule(problem),
                advice: "--node-alias \(Advice.legalAlias(for: text))")
        case .selfJoin(let endpoint, let name):
            Message(
                .selfJoin, what: "\(endpoint) is this node itself",
                why: "it listens there as \(name)",
                advice: "give another node's address; iridium agents lists those here")
        case .ambiguousAddress(let text):
            Message(
                .ambiguousAddress, what: "cannot tell host from port in \(Layout.quoted(text))",
                why: "IPv6 addresses contain colons", advice: "write \(Advice.bracketed(text))")
        case .hostNotFound(let host, let noAnswer):
            Message(
                .hostNotFound, what: "cannot find the host \(Layout.quoted(host))",
                why: noAnswer ? "no answer from DNS" : "the name does not exist",
                advice: noAnswer
                    ? "check the network of this machine, or give an address" : "check the spelling"
            )
        case .versionMismatch(let member, let theirs, let ours):
            Message(
                .versionMismatch,
                what:
                    "\(member) speaks \(Advice.protocols(theirs: theirs, ours: ours)): none in common",
                why: "versions of both programs",
                advice: theirs.map { $0.lowerBound > ours.upperBound } == false
                    ? "upgrade \(member)" : "upgrade this node")
        case .tombstone(let name, let span, let kept):
            Message(
                .tombstone,
                what: "\(name) left \(DurationText.elapsed(span)) ago and is kept for "
                    + DurationText.elapsed(kept),
                why: "so that old rumors cannot revive it",
                advice: "members --no-left; iridium forget \(name)")
        case .cannotWrite(let path, let reason, let purpose, let option):
            Message(
                .cannotWrite, what: "cannot write to \(path): \(reason)", why: purpose,
                advice: option)
        case .tooManyFiles(let open, let limit):
            Message(
                .tooManyFiles,
                what: "cannot open another socket: \(open) of \(limit) files are open",
                why: "limit of this process; known members stay, new joins are refused",
                advice: "ulimit -n \(Swift.max(65_536, limit))")
        case .identityInUse(let name, let address, let span, let id):
            Message(
                .identityInUse,
                what: "\(name) (\(address)\(span.map { ", up \(Advice.uptime($0))" } ?? "")) "
                    + "already uses our node id \(id)",
                why: "the data directory was probably copied",
                advice:
                    "on the copy: iridium id --reset \(name), or another --node-alias NAME")
        case .keyMalformed(let path, let reason):
            Message(
                .keyMalformed, what: "\(path) is not a cluster key: \(reason)",
                why: "the file is damaged or is something else; it is left as it is",
                advice: "another file with --key-file PATH, or a new one: iridium keygen --out FILE"
            )
        case .identityDamaged(let path, let reason, let node, let root):
            Message(
                .identityDamaged, what: "cannot be \(node) by \(path): \(reason)",
                why:
                    "who this node is stands there; the file is left as it is, and no other is made",
                advice: "put back a copy of the file, or be a new member that keeps the old file: "
                    + "iridium id --reset \(node)" + (root.map { " --data-root-dir \($0)" } ?? ""))
        case .notIridium(let seed):
            Message(
                .notIridium, what: "\(seed) answers, but not as an Iridium node",
                why: "it hung up or broke the rules of the protocol",
                advice: "check the port; a node listens on 2254 unless it was told otherwise")
        case .turnedAway(let seed, let cause):
            Message(
                .turnedAway,
                what: cause == .busy
                    ? "\(seed) is too busy to take us in" : "\(seed) is leaving the cluster",
                why: cause == .busy
                    ? "it has as many streams open as it may" : "it was told to leave",
                advice: cause == .busy ? "again in a few seconds" : "another member's address")
        case .rotationStopped(let step, let refusals):
            Message(
                .rotationStopped,
                what: "the rotation of keys stopped at \"\(step)\": "
                    + (refusals.isEmpty
                        ? "it was interrupted"
                        : Layout.count(refusals.count, "member", "members")
                            + " did not confirm: "
                            + Layout.list(refusals.map { "\($0.member) (\($0.reason))" })),
                why: "the next step waits for all, so that no two members lose each other; "
                    + "the cluster works on meanwhile",
                advice: "mend what is named, then iridium keys rotate goes on from here"
                    + (refusals.first.map { "; or --without \($0.member)" } ?? ""))
        case .rotationUnderWay(let driver):
            Message(
                .rotationUnderWay,
                what: "a rotation of keys is under way, driven by \(driver ?? "this node")",
                why: "two at once would each make a key",
                advice: "iridium keys list shows how far it is")
        case .clusterStopped:
            Message(
                .clusterStopped, what: "the cluster server has stopped by itself",
                why: "a socket of it was closed, or the system failed it; "
                    + "the others will take this node for dead",
                advice: "at a prompt !start_cluster or !join_cluster HOST PORT; "
                    + "an agent: start it again")
        case .directoryExposed(let path, let owner, let mode, let user):
            Message(
                .directoryExposed,
                what:
                    "others can change what is in \(path) (uid \(owner), mode \(Advice.octal(mode)))",
                why: "a node takes commands and keeps its key and identity there; only uid \(user)"
                    + (user == 0 ? "" : " or root") + " may write to it",
                advice: (owner == user || owner == 0
                    ? "chmod go-w \(path)" : "chown \(user) \(path), chmod go-w \(path)")
                    + ", or another place: --data-root-dir DIR")
        case .metadataTooLong(let bytes):
            Message(
                .metadataTooLong,
                what: "metadata is \(bytes) bytes; at most \(Bounds.metadataBytes) fit in a record",
                why: "every member stores it", advice: "shorten it")
        case .badValue(let option, let value, let expected, let help):
            Message(
                .badValue, what: "\(option) cannot be \(Layout.quoted(value))",
                why: "it takes \(expected)", advice: help)
        case .nameLocked(let name, let path, let root):
            Message(
                .nameLocked, what: "the node \"\(name)\" is running already on this machine",
                why: "its process holds \(path)",
                advice: "another name: --node-alias NAME, or stop it: "
                    + Advice.leave(name, dataRoot: root))
        case .messageTooLong:
            Message(
                .messageTooLong, what: "the message has more than \(Bounds.userPayloadBytes) bytes",
                why: "it travels in one datagram",
                advice: "shorten it, or send where the rest can be had")
        case .badArguments(let command, let problem, let usage, let example):
            Message(
                .badArguments, what: "\(command) \(problem)",
                advice: usage + (example.map { "      for example: \($0)" } ?? ""))
        case .unknownCommand(let word, let suggestion):
            Message(
                .unknownCommand,
                what: "there is no \(Layout.printable(word))"
                    + (suggestion.map { "; did you mean \($0)?" } ?? ""),
                advice: word.hasPrefix("!") ? "!help" : "iridium --help")
        case .noAgent(let directory, let name):
            Message(
                .noAgent,
                what: name.map { "no agent named \(Layout.quoted($0)) is running" }
                    ?? "no agent is running",
                why: "there is no control socket of it in \(directory)",
                advice: "start one: iridium agent; iridium agents lists those here")
        case .severalAgents(let names):
            Message(
                .severalAgents,
                what: "\(names.count) agents are running here: \(Layout.list(names))",
                why: "the command is for one of them",
                advice: "--agent \(names.first ?? "NAME")")
        case .timedOut(let goal, let span, let found):
            Message(
                .timedOut, what: "gave up after \(DurationText.spoken(span)) waiting for \(goal)",
                why: found, advice: "iridium members; a longer --timeout")
        case .clusterOff(let command):
            Message(
                .clusterOff, what: "\(command) needs a cluster, and it is off",
                why: "this node was not started as a member, or it has left",
                advice: "!start_cluster, or !join_cluster HOST PORT")
        case .notAllowed(let command):
            Message(
                .notAllowed, what: "\(command) is not for remote sessions",
                why: "a remote session may look at the cluster, and touch only its own machine",
                advice: "the same command at the node's own prompt")
        case .badProgram(let path, let problem):
            Message(
                .badProgram, what: "cannot assemble \(path): \(problem)",
                why: "a program is a source with a .data and a .code section, or an image",
                advice: "correct what is shown above")
        case .noSuchMember(let name, let suggestion):
            Message(
                .noSuchMember,
                what: "there is no member \(Layout.quoted(name))"
                    + (suggestion.map { "; did you mean \($0)?" } ?? ""),
                why: "names are compared letter by letter", advice: "iridium members")
        case .noSuchProgram(let number):
            Message(
                .noSuchProgram, what: "there is no running program \(number)",
                why: "it has ended, or was never spawned", advice: "!ps")
        case .tooManyPrograms(let limit):
            Message(
                .tooManyPrograms,
                what: "cannot spawn another program: \(limit) were spawned or are waiting",
                why: "limit of this process", advice: "!ps, then !kill N")
        case .cannotRead(let path, let reason):
            Message(
                .cannotRead, what: "cannot read \(Layout.printable(path)): \(reason)",
                why: "the file is missing, or this user may not read it", advice: "check the path")
        case .alreadyExists(let path, let overwrite):
            Message(
                .alreadyExists, what: "\(path) exists already",
                why: "it is not overwritten without being told to",
                advice: "another name" + (overwrite.map { ", or \($0)" } ?? ""))
        case .notAnImage(let path):
            Message(
                .notAnImage,
                what: "cannot disassemble \(Layout.printable(path)): it is not an image",
                why: "an image begins with the letters EPIE and a header of 68 bytes",
                advice: "an image is made by iridium asm FILE -o IMAGE")
        case .noDemo:
            Message(
                .noDemo, what: "!demo is for the prompt of iridium demo, and this is another one",
                why: "it breaks nodes on purpose; those of a demo are there for it",
                advice: "in a shell: iridium demo")
        case .holdsSecret(let path):
            Message(
                .holdsSecret,
                what: "\(Layout.printable(path)) holds a key: it is taken for nothing else",
                why: "what is wrong in a file is quoted, and of a key nothing may be shown",
                advice: "check the path; iridium keys id FILE shows the fingerprint of a key")
        case .agentSilent(let name, let process, let isStopped, let span):
            Message(
                .agentSilent,
                what: "the agent \(Layout.printable(name))"
                    + (process.map { " (process \($0))" } ?? "")
                    + " gave no answer within \(DurationText.spoken(span))",
                why: isStopped
                    ? "its process is stopped, by SIGSTOP or by a debugger"
                    : "it is very busy, or its process is stopped",
                advice: (isStopped ? process.map { "kill -CONT \($0)" } : nil)
                    ?? "again in a while; iridium agents")
        case .agentFailed(let text):
            Message(
                .agentFailed, what: Layout.printable(text), why: "so says the agent",
                advice: "iridium status")
        }
    }
}
