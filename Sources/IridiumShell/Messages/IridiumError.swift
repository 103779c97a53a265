package import MembershipWire

/// A message: what happened, why, and what to try.
///
/// All messages are rows of the catalogue, in `IridiumError+Cluster.swift`, `+Files.swift` and
/// `+Commands.swift`. A row is a function of the facts. It holds the number, the severity or exit
/// code, the words and the meaning. The list below the rows has a sample of each message. The
/// prompt, standard error, `iridium.error/1` JSON, `iridium explain` and the table in
/// Specs/Shell.md are all made from these rows.
///
/// A `what` starts in lower case and has no full stop, because it follows `iridium: `. `why` gives
/// the fact that explains it, `advice` the next command to type. No message ever advises to delete
/// a data directory.
package struct IridiumError: Error, Hashable, Sendable {
    package let code: CatalogueNumber
    /// The effect on a command that ends with this message.
    package let severity: Severity
    package let what: String
    package let why: String?
    package var advice: String?
    /// Background beyond the message itself. Complete sentences.
    let meaning: String

    init(
        _ code: CatalogueNumber, severity: Severity, what: String, why: String? = nil,
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
        _ code: CatalogueNumber, exit: ExitStatus, what: String, why: String? = nil,
        try advice: String?, meaning: String
    ) {
        self.init(
            code, severity: .failure(exit: exit), what: what, why: why, try: advice,
            meaning: meaning)
    }

    /// The exit code of a command that fails with this message; nil for warnings and notes.
    package var exit: ExitStatus? {
        if case .failure(let status) = severity { return status }
        return nil
    }

    /// Every message with invented facts, by number.
    package static let samples: [IridiumError] =
        (clusterSamples + filesSamples + commandsSamples).sorted { $0.code < $1.code }
}

/// The facts that some messages take.
extension IridiumError {
    /// The process that holds a port.
    package struct Holder: Hashable, Sendable {
        /// `process 8402, "iridium agent --name n1"`.
        package var text: String
        /// The name of its node, and that node's data root.
        package var node: String?
        package var dataRoot: String?
        /// Whether it is a prompt, which one can also join.
        package var isPrompt: Bool

        package init(text: String, node: String?, dataRoot: String?, isPrompt: Bool = false) {
            self.isPrompt = isPrompt
            self.text = text
            self.node = node
            self.dataRoot = dataRoot
        }
    }

    /// The remedy for a node that cannot listen.
    package enum ListeningRemedy: Hashable, Sendable {
        /// The port is taken.
        case otherPort
        /// Ports below 1024 need root.
        case higherPort
        /// This host does not have the address. It has these.
        case otherAddress([IPAddress])
    }

    /// The purpose of a port. Each has different options.
    package enum ListeningPurpose: Hashable, Sendable {
        case cluster
        case remotePrompt
        case http

        /// The option that names the host.
        var hostOption: String {
            switch self {
            case .cluster: "-H"
            case .remotePrompt: "--bind-host"
            case .http: "--http"
            }
        }

        /// The default port.
        var usualPort: UInt16 {
            switch self {
            case .cluster: 2254
            case .remotePrompt: 2244
            case .http: 2265
            }
        }

        /// The option that names the port.
        var portOption: String {
            switch self {
            case .cluster: "-P"
            case .remotePrompt: "-p"
            case .http: "--http"
            }
        }
    }

    /// The reason why datagrams do not pass, as far as this node can tell.
    package enum UDPFault: Hashable, Sendable {
        /// They leave this host, and no answer arrives.
        case onTheWay
        /// They leave this host, and answers go to an address that may not be this host's.
        case stated(Endpoint)
        /// This node's socket has another family than the member's address.
        case family(own: IPAddress)
        /// The address that this node listens on is no longer this host's.
        case addressGone(IPAddress)
        /// This host does not send them; the system's text says why.
        case unsendable(String)
    }

    /// The reason why there was no answer.
    package enum Unreachable: Hashable, Sendable {
        case refused
        case timedOut
        /// `reason` is the system's text: "no route to host".
        case noRoute(reason: String)
        /// This node listens on an address that has no route to the target, such as loopback.
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

    /// The reason why a member refused our join although everything was right.
    package enum TurnedAway: Hashable, Sendable {
        case busy
        case leaving
    }
}
