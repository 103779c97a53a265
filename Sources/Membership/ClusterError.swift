/// The reason why a cluster could not be started, joined or controlled. None of these changes any
/// state.
@nonexhaustive
public enum ClusterError: Error, Hashable, Sendable {
    /// The socket cannot be bound; `errno` says why. [IR-01, IR-19]
    case cannotListen(Endpoint, transport: Transport, errno: Int32)
    /// Other members cannot reach `address`; `candidates` are this host's addresses. [IR-05]
    case cannotAdvertise(Endpoint, candidates: [IPAddress])
    /// The key could not be read; `description` names the path and the reason. [IR-10, IR-11]
    case key(ClusterKeyError)
    /// The identity kept on disk could not be read or written. [IR-18]
    case identity(path: String, reason: String)
    /// The identity file of the node cannot be used. It is not changed. [IR-24]
    case identityDamaged(path: String, reason: String)
    /// Another process, or another cluster of this process, runs a node of this name from this
    /// directory. `holder` is its process id, if it could be read.
    case identityInUse(path: String, holder: Int32?)
    /// A later life of our identity runs at `endpoint`; this node has stopped. [IR-20]
    case identityTaken(by: Endpoint)
    /// `tolerance` is outside 100 ms to 5 minutes.
    case toleranceOutOfRange(Duration)
    /// More than 512 bytes. [IR-30]
    case metadataTooLong(bytes: Int)
    /// More than 1,024 bytes, or more than 1 MiB for a message by stream.
    case messageTooLong(bytes: Int)
    /// The state of this member would take more than 16,000 bytes or 128 keys, or one value more than 4,096 bytes.
    case stateTooLarge(bytes: Int)
    /// Not 1 to 64 bytes of `[A-Za-z0-9._/:-]`.
    case badStateKey(String)
    /// Messages come faster than they leave; nothing was sent. A pause of a few milliseconds helps.
    case congested
    /// No living member has this id.
    case memberGone(NodeID)
    /// The member runs an earlier version of this library, which takes no messages by stream.
    case memberOutdated(NodeID)
    /// No stream to the member could be opened, or it broke: whether the message arrived is not known.
    case memberUnreachable(NodeID)
    /// The member has nothing that reads, or serves, messages of this type.
    case noReader(type: UInt16)
    /// The handler of the type has refused the message.
    case refused
    /// A handler of this process serves this type already.
    case typeServed(UInt16)
    /// No seed accepted the join; one failure per seed tried.
    case joinFailed([SeedFailure])
    /// The condition did not hold in time; the view as it was then.
    case timedOut(ClusterView)
    /// The calling task was cancelled; the cluster runs on.
    case cancelled
    /// The configuration is contradictory or out of range: `option` names the property, `reason`
    /// the fault.
    case invalidConfiguration(option: String, reason: String)
    /// Not started yet, or already stopped.
    case notRunning
    /// Started before; a cluster runs once.
    case alreadyStarted

    /// A transport of the one port that a node uses.
    public enum Transport: String, Hashable, Sendable {
        /// Heartbeats and gossip.
        case udp
        /// Join and sync.
        case tcp
    }
}

/// The failure of one seed.
public struct SeedFailure: Hashable, Sendable {
    /// The seed as the caller wrote it.
    public let seed: String
    /// The reason why it did not accept the join.
    public let failure: JoinFailure

    package init(seed: String, failure: JoinFailure) {
        self.seed = seed
        self.failure = failure
    }
}

/// The reason why a seed did not accept the join.
@nonexhaustive
public enum JoinFailure: Hashable, Sendable {
    /// The name does not resolve. [IR-15]
    case hostNotFound
    /// Nothing listens there. [IR-04]
    case connectionRefused
    /// No answer in time. [IR-04]
    case timedOut
    /// The network reports an error; `errno` says which. [IR-04]
    case unreachable(errno: Int32)
    /// It does not have our key. Unauthenticated. [IR-02]
    case unknownKey
    /// Our key was replaced while we were away, and we could not get the new one.
    case retiredKey
    /// It has our key but another cluster name. Unauthenticated. [IR-03]
    case wrongCluster
    /// No protocol version in common. Unauthenticated. [IR-16]
    case version
    /// It has too many streams open now; try again.
    case busy
    /// It is leaving the cluster itself.
    case leaving
    /// Another living member has our name. [IR-07]
    case nameTaken(by: NodeID, at: Endpoint)
    /// The seed is this node itself. [IR-13]
    case selfJoin
    /// It closed the connection or broke the protocol; perhaps it is not an Iridium node.
    case protocolViolation
}

/// The reason why a cluster key cannot be used.
@nonexhaustive
public enum ClusterKeyError: Error, Hashable, Sendable {
    /// `reason` is the system's text. [IR-10]
    case unreadable(path: String, reason: String, errno: Int32)
    /// Users other than owner and group can read it. [IR-11]
    case exposed(path: String, mode: UInt16)
    /// Not a key file, or a damaged one. It is not changed.
    case malformed(path: String, reason: String)
    /// The keys were rotated in a cluster of another name than `cluster`, and are valid only there. [IR-03]
    case otherCluster(path: String, cluster: String)
    /// `reason` is the system's text. [IR-18]
    case unwritable(path: String, reason: String, errno: Int32)
}
