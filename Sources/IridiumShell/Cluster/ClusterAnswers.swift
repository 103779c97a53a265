package import MembershipWire

/// Facts about the cluster that the owner hands to the session: plain values, filled in by the
/// node.
///
/// They hold facts, not words. The words are made here, in one place for the REPL and the command
/// line. There is no clock in this module: times arrive as text, spans as `Duration`.

/// The cluster server runs.
package struct ClusterStarted: Hashable, Sendable {
    /// Where the cluster key came from.
    package enum KeyOrigin: Hashable, Sendable {
        /// Made just now and written to this file.
        case new(path: String)
        /// Found in this file.
        case existing(path: String)
        /// Came from standard input or from a credential.
        case given
    }

    package var clusterName: String
    /// This node's own name, and whether its user chose it.
    package var nodeName: String
    package var isNameGiven: Bool
    /// The address that other members use.
    package var address: Endpoint
    /// Eight hexadecimal digits.
    package var keyFingerprint: String
    package var keyOrigin: KeyOrigin
    /// The values of `--data-root-dir` and `--key-file`; a node that joins from this host needs the
    /// same.
    package var dataRoot: String?
    package var keyFile: String?
    /// True if the server was already running.
    package var wasRunning: Bool

    package init(
        clusterName: String, nodeName: String, isNameGiven: Bool, address: Endpoint,
        keyFingerprint: String, keyOrigin: KeyOrigin, dataRoot: String? = nil,
        keyFile: String? = nil, wasRunning: Bool = false
    ) {
        self.clusterName = clusterName
        self.nodeName = nodeName
        self.isNameGiven = isNameGiven
        self.address = address
        self.keyFingerprint = keyFingerprint
        self.keyOrigin = keyOrigin
        self.dataRoot = dataRoot
        self.keyFile = keyFile
        self.wasRunning = wasRunning
    }
}

/// This node is a member now.
package struct ClusterJoined: Hashable, Sendable {
    /// The cluster server, if this join started it.
    package struct StartedFirst: Hashable, Sendable {
        package var address: Endpoint
        /// The usual port, if it was taken and another one was used.
        package var takenPort: UInt16?

        package init(address: Endpoint, takenPort: UInt16?) {
            self.address = address
            self.takenPort = takenPort
        }
    }

    /// An address at which others get no answer.
    package struct Uncallable: Hashable, Sendable {
        package var address: Endpoint
        package var triedBy: [String]

        package init(address: Endpoint, triedBy: [String]) {
            self.address = address
            self.triedBy = triedBy
        }
    }

    package var clusterName: String
    /// The member that accepted the join, as the user wrote it.
    package var seed: String
    /// Members in the peer list that came with the hello-ack, this node not counted.
    package var receivedMembers: Int
    /// Number of members alive when the join ended, this node included.
    package var members: Int
    /// Whether heartbeats pass in both directions; without them this node will be suspected.
    package var heartbeatsPass: Bool
    /// The address that this node states and those that got no answer there; nil: none has said so.
    package var uncallable: Uncallable?
    /// The names of all members alive, this node's among them.
    package var aliveNames: [String]
    /// From the request until all views agreed; nil if they do not agree yet.
    package var convergedIn: Duration?
    package var startedFirst: StartedFirst?

    package init(
        clusterName: String, seed: String, receivedMembers: Int, members: Int,
        heartbeatsPass: Bool, aliveNames: [String], convergedIn: Duration?,
        startedFirst: StartedFirst? = nil, uncallable: Uncallable? = nil
    ) {
        self.clusterName = clusterName
        self.seed = seed
        self.receivedMembers = receivedMembers
        self.members = members
        self.heartbeatsPass = heartbeatsPass
        self.aliveNames = aliveNames
        self.convergedIn = convergedIn
        self.startedFirst = startedFirst
        self.uncallable = uncallable
    }
}

/// One line of the member table.
package struct MemberRow: Hashable, Sendable {
    package var name: String
    /// The name that it claims, if another member holds that name.
    package var statedName: String?
    /// Sixteen hexadecimal digits.
    package var id: String
    /// The boot, which identifies this run of the member: sixteen hexadecimal digits.
    package var boot: String
    /// The versions of the wire protocol that it states; nil if an earlier agent does not tell.
    package var protocols: ClosedRange<UInt8>?
    package var state: MemberState
    package var address: Endpoint
    package var isSelf: Bool
    /// nil if it was not measured from here.
    package var roundTripTime: Duration?
    package var incarnation: UInt64
    /// How long it has been in `state`.
    package var timeInState: Duration
    /// Its metadata: any bytes.
    package var metadata: [UInt8]
    /// Why it is suspect, dead or alive again: one line.
    package var reason: String?
    /// The members that accuse it.
    package var accusers: [String]
    /// For a suspect: the time until it is declared dead unless it refutes.
    package var deadIn: Duration?
    /// Its machine says that its process is gone.
    package var isProcessGone: Bool

    package init(
        name: String, statedName: String? = nil, id: String = "-", boot: String = "-",
        protocols: ClosedRange<UInt8>? = nil, state: MemberState,
        address: Endpoint, isSelf: Bool = false, roundTripTime: Duration?, incarnation: UInt64,
        timeInState: Duration, metadata: [UInt8] = [], reason: String? = nil,
        accusers: [String] = [], deadIn: Duration? = nil, isProcessGone: Bool = false
    ) {
        self.name = name
        self.statedName = statedName
        self.id = id
        self.boot = boot
        self.protocols = protocols
        self.state = state
        self.address = address
        self.isSelf = isSelf
        self.roundTripTime = roundTripTime
        self.incarnation = incarnation
        self.timeInState = timeInState
        self.metadata = metadata
        self.reason = reason
        self.accusers = accusers
        self.deadIn = deadIn
        self.isProcessGone = isProcessGone
    }
}

/// How far the members agree about the membership.
package struct ViewAgreement: Hashable, Sendable {
    /// A member that has not been heard from for a while.
    package struct Silent: Hashable, Sendable {
        package var name: String
        package var since: Duration

        package init(name: String, since: Duration) {
            self.name = name
            self.since = since
        }
    }

    /// The view digest in hexadecimal; its first eight digits are shown.
    package var digest: String
    /// Number of nodes with this digest, this one included, and number of nodes that should have
    /// it.
    package var agreeing: Int
    package var total: Int
    package var silent: [Silent]

    package init(digest: String, agreeing: Int, total: Int, silent: [Silent] = []) {
        self.digest = digest
        self.agreeing = agreeing
        self.total = total
        self.silent = silent
    }
}

/// Everything that `!cluster_members` shows.
package struct MemberListing: Hashable, Sendable {
    /// In the order to show them.
    package var rows: [MemberRow]
    /// nil if nothing is known about it.
    package var view: ViewAgreement?
    /// How long tombstones are kept.
    package var tombstonesKept: Duration

    package init(
        rows: [MemberRow], view: ViewAgreement?, tombstonesKept: Duration = .seconds(86_400)
    ) {
        self.rows = rows
        self.view = view
        self.tombstonesKept = tombstonesKept
    }
}

/// The steps that were tried on the way to a node, in order.
package struct ReachabilityReport: Equatable, Sendable {
    /// One step.
    package struct Step: Hashable, Sendable {
        package enum Result: String, Hashable, Sendable {
            case passed
            case failed
            /// Not tried, because an earlier step failed or it does not apply.
            case skipped
        }

        /// One word: "name", "tcp", "key", "udp".
        package var name: String
        package var result: Result
        /// "connected in 0.2 ms".
        package var text: String

        package init(name: String, result: Result, text: String) {
            self.name = name
            self.result = result
            self.text = text
        }
    }

    package var target: String
    package var steps: [Step]
    /// The failure, with advice.
    package var problem: IridiumError?

    package init(target: String, steps: [Step], problem: IridiumError? = nil) {
        self.target = target
        self.steps = steps
        self.problem = problem
    }
}
