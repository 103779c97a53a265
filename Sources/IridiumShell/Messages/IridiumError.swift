package import MembershipWire

/// A message: what happened, why, and what to try.
///
/// All messages are rows of the catalogue, in `IridiumError+Cluster.swift`, `+Files.swift` and
/// `+Commands.swift`: a row is a function that takes the facts and holds the number, the severity
/// or exit code, the words and the meaning; the message as it may look is in the list below the rows.
/// The prompt, standard error, `iridium.error/1` JSON, `iridium explain` and the table in
/// Specs/Shell.md are all made from these rows.
///
/// A `what` starts in lower case and has no full stop: it follows `iridium: `. `why` gives the fact
/// that explains it, `advice` the next thing to type. No message ever advises to delete a data
/// directory.
package struct IridiumError: Error, Hashable, Sendable {
    package let code: MessageCode
    /// What happens when a command ends with this message.
    package let severity: Severity
    package let what: String
    package let why: String?
    package var advice: String?
    /// What to know beyond the message itself. Complete sentences.
    let meaning: String

    init(
        _ code: MessageCode, severity: Severity, what: String, why: String? = nil,
        try advice: String?, meaning: String
    ) {
        self.code = code
        self.severity = severity
        self.what = what
        self.why = why
        self.advice = advice
        self.meaning = meaning
    }

    init(
        _ code: MessageCode, exit: ExitStatus, what: String, why: String? = nil,
        try advice: String?, meaning: String
    ) {
        self.init(
            code, severity: .failure(exit: exit), what: what, why: why, try: advice,
            meaning: meaning)
    }

    /// What a command that fails with this exits with; nil for warnings and notes.
    package var exit: ExitStatus? {
        if case .failure(let status) = severity { return status }
        return nil
    }

    /// Every message with facts made up for showing, by number.
    package static let samples: [IridiumError] =
        (clusterSamples + filesSamples + commandsSamples).sorted { $0.code < $1.code }
}

/// The facts of some messages.
extension IridiumError {
    /// Who has a port.
    package struct Holder: Hashable, Sendable {
        /// `process 8402, "iridium agent --name n1"`.
        package var text: String
        /// The name of its node, and the data root that it was given.
        package var node: String?
        package var dataRoot: String?
        /// Whether it is a prompt: one can join it as well.
        package var isPrompt: Bool

        package init(text: String, node: String?, dataRoot: String?, isPrompt: Bool = false) {
            self.isPrompt = isPrompt
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

    /// Why datagrams do not pass, as far as this node can tell.
    package enum UDPFault: Hashable, Sendable {
        /// They leave this host.
        case onTheWay
        /// They leave this host, and answers go to an address that this host may not have.
        case stated(Endpoint)
        /// This node's socket has another family than the member's address.
        case family(own: IPAddress)
        /// The address that this node listens on is no longer this host's.
        case addressGone(IPAddress)
        /// This host does not send them; the system's text says why.
        case unsendable(String)
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
