package import MembershipWire

/// Everything Iridium has to say about what went wrong: one case a message, with the facts.
///
/// A message answers three questions: what happened, why, and what to try. The words are in
/// `IridiumError+Catalogue.swift` and nowhere else: the REPL, standard error, `iridium.error/1`
/// JSON, `iridium explain` and the table in Specs/Shell.md are all made from them.
package enum IridiumError: Error, Equatable, Sendable {
    /// IR-01. `reason` is the system's text, `holder` who has the port: `process 8402, "iridium …"`,
    /// and if it is one of us, what stops it.
    case cannotListen(
        Endpoint, transport: String, for: ListeningPurpose, reason: String, holder: Holder?,
        remedy: ListeningRemedy = .otherPort)
    /// IR-02. The other side could not open what we sealed.
    case keyRefused(seed: String, fingerprint: String)
    /// IR-03.
    case wrongCluster(seed: String, cluster: String)
    /// IR-04. No tries: it is plain without one. `isCheck`: found out by a check of the ways there.
    case unreachable(
        String, tries: Int, after: Duration, cause: Unreachable, isCheck: Bool = false)
    /// IR-05. `candidates` are this host's addresses with their interfaces: "10.0.0.7 (eth0)".
    case cannotAdvertise(IPAddress, candidates: [String], suggestion: Endpoint?)
    /// IR-07. Ids by their first eight digits; `suggestion` is a name that is free.
    case nameTaken(
        String, holder: Endpoint, state: MemberState, holderID: String, ownID: String,
        suggestion: String)
    /// IR-08. A warning: the node goes on.
    case noUDP(to: String, Endpoint)
    /// IR-09. Only while building; kept here so that it can be explained.
    case sodiumMissing
    /// IR-10. `details` names owner, mode and our uid where they are known.
    case keyUnreadable(path: String, reason: String, details: String?)
    /// IR-11. `mode` holds the permission bits.
    case keyExposed(path: String, mode: UInt16)
    /// IR-12.
    case badAlias(String, NodeAliasError)
    /// IR-13. `listensAs` is this node's name.
    case selfJoin(Endpoint, listensAs: String)
    /// IR-14.
    case ambiguousAddress(String)
    /// IR-15. `noAnswer`: the name service did not answer, so that the name may yet exist.
    case hostNotFound(String, noAnswer: Bool)
    /// IR-16. Protocol versions, lowest and highest; nil where the other side did not say.
    case versionMismatch(member: String, theirs: ClosedRange<Int>?, ours: ClosedRange<Int>)
    /// IR-17. A note.
    case tombstone(name: String, leftAgo: Duration, kept: Duration)
    /// IR-18. `purpose` says what the place is for: "node id and incarnation live there".
    case cannotWrite(
        path: String, reason: String, purpose: String, option: String = "--data-root-dir DIR")
    /// IR-19.
    case tooManyFiles(open: Int, limit: Int)
    /// IR-20. `upFor`: how long the other has been running, where that is known.
    case identityInUse(name: String, at: IPAddress, upFor: Duration?, id: String)
    /// IR-21. The file is left as it is.
    case keyMalformed(path: String, reason: String)
    /// IR-22.
    case notIridium(seed: String)
    /// IR-23.
    case turnedAway(seed: String, cause: TurnedAway)
    /// IR-24. The file is left as it is. `dataRoot` where the commands must be told of it.
    case identityDamaged(path: String, reason: String, node: String, dataRoot: String?)
    /// IR-25. `step` is "install", "switch" or "retire"; no refusals: it was interrupted.
    case rotationStopped(step: String, refusals: [KeysRefusal])
    /// IR-26. Driven by the member of that name; nil: by this node.
    case rotationUnderWay(by: String?)
    /// IR-27. The cluster server ended, and nobody had told it to.
    case clusterStopped
    /// IR-28. A directory of `owner` that a node of `user` keeps its things in; `mode` holds the
    /// permission bits.
    case directoryExposed(path: String, owner: UInt32, mode: UInt16, user: UInt32)
    /// IR-30.
    case metadataTooLong(bytes: Int)
    /// IR-31. `option` as it is written: "--timeout"; `help` lists it.
    case badValue(
        option: String, value: String, expected: String, help: String = "iridium --help")
    /// IR-32. Another process of this machine runs the node of this name. `dataRoot` where commands
    /// must be told of it.
    case nameLocked(String, path: String, dataRoot: String?)
    /// IR-33.
    case messageTooLong
    /// IR-40. `problem`: "needs a host and a port".
    case badArguments(command: String, problem: String, usage: String, example: String?)
    /// IR-41. With the `!` for a command of the REPL.
    case unknownCommand(String, suggestion: String?)
    /// IR-42. Where agents were looked for, and the name that was asked for.
    case noAgent(directory: String, name: String?)
    /// IR-43.
    case severalAgents([String])
    /// IR-44. `waitedFor`: "3 members alive in one view"; `found`: "2 are".
    case timedOut(waitedFor: String, after: Duration, found: String?)
    /// IR-45.
    case clusterOff(command: String)
    /// IR-46. A remote session may not do it.
    case notAllowed(command: String)
    /// IR-47. `problem`: "3 errors, the first at 2:1".
    case badProgram(path: String, problem: String)
    /// IR-48. `suggestion` is a member with a similar name.
    case noSuchMember(String, suggestion: String?)
    /// IR-49.
    case noSuchProgram(Int)
    /// IR-50.
    case tooManyPrograms(limit: Int)
    /// IR-51.
    case cannotRead(path: String, reason: String)
    /// IR-52. `overwrite` is the option that allows it.
    case alreadyExists(path: String, overwrite: String?)
    /// IR-53. What an agent answered that has no message of its own.
    case agentFailed(String)
    /// IR-54.
    case notAnImage(path: String)
    /// IR-55. `!demo` where there is none.
    case noDemo
    /// IR-56. A key file where a program or a list of seeds is expected. Nothing of it is shown.
    case holdsSecret(path: String)
    /// IR-57. The process of the agent, where the system says which it is.
    case agentSilent(name: String, process: Int32?, isStopped: Bool, after: Duration)

    /// Who has a port.
    package struct Holder: Hashable, Sendable {
        /// `process 8402, "iridium agent --name n1"`.
        package var text: String
        /// The name of its node, and the data root that it was given.
        package var node: String?
        package var dataRoot: String?

        package init(text: String, node: String?, dataRoot: String?) {
            self.text = text
            self.node = node
            self.dataRoot = dataRoot
        }
    }

    /// What would help a node that cannot listen.
    package enum ListeningRemedy: Hashable, Sendable {
        /// This one is taken.
        case otherPort
        /// Ports below 1024 are for root.
        case higherPort
        /// This host does not have the address; those that it has.
        case otherAddress([IPAddress])
    }

    /// What a port is wanted for: each has options of its own.
    package enum ListeningPurpose: Hashable, Sendable {
        case cluster
        case remotePrompt

        /// The option that names the host.
        var hostOption: String {
            switch self {
            case .cluster: "-H"
            case .remotePrompt: "--bind-host"
            }
        }

        /// What it listens on unless told otherwise.
        var usualPort: UInt16 {
            switch self {
            case .cluster: 2254
            case .remotePrompt: 2244
            }
        }

        /// The option that names the port.
        var portOption: String {
            switch self {
            case .cluster: "-P"
            case .remotePrompt: "-p"
            }
        }
    }

    /// Why there was no answer.
    package enum Unreachable: Hashable, Sendable {
        case refused
        case timedOut
        /// `reason` is the system's text: "no route to host".
        case noRoute(reason: String)
        /// This node listens on an address by which it cannot get there, such as loopback.
        case boundElsewhere(IPAddress)
    }

    /// A member that did not confirm new keys.
    package struct KeysRefusal: Hashable, Sendable {
        package var member: String
        /// One clause: "no answer".
        package var reason: String

        package init(member: String, reason: String) {
            self.member = member
            self.reason = reason
        }
    }

    /// Why a member did not take us in although all was right.
    package enum TurnedAway: Hashable, Sendable {
        case busy
        case leaving
    }
}
