/// Why a cluster could not be started, joined or commanded. State is unchanged by all of these.
@nonexhaustive
public enum ClusterError: Error, Hashable, Sendable {
    /// The socket cannot be bound; `errno` says why. [IR-01, IR-19]
    case cannotListen(Endpoint, transport: Transport, errno: Int32)
    /// `address` cannot be called by other members; `candidates` are this host's. [IR-05]
    case cannotAdvertise(Endpoint, candidates: [IPAddress])
    /// The key could not be read; `description` names the path and the reason. [IR-10, IR-11]
    case key(ClusterKeyError)
    /// The identity kept on disk could not be read or written. [IR-18]
    case identity(path: String, reason: String)
    /// The file that says who the node is cannot be used, and is left as it is. [IR-24]
    case identityDamaged(path: String, reason: String)
    /// Another process (or another cluster of this one) runs a node of this name from this
    /// directory; `holder` is its process id where it could be read.
    case identityInUse(path: String, holder: Int32?)
    /// A later life of our identity runs at `endpoint`; this node has stopped. [IR-20]
    case identityTaken(by: Endpoint)
    /// `tolerance` is outside 100 ms to 5 minutes.
    case toleranceOutOfRange(Duration)
    /// More than 512 bytes. [IR-30]
    case metadataTooLong(bytes: Int)
    /// More than 1,024 bytes.
    case messageTooLong(bytes: Int)
    /// Messages come faster than they leave; nothing was sent. A pause of some milliseconds helps.
    case congested
    /// No living member has this id.
    case memberGone(NodeID)
    /// No seed took us in; one failure per seed tried.
    case joinFailed([SeedFailure])
    /// What was waited for did not come in time; the view as it was then.
    case timedOut(ClusterView)
    /// The calling task was cancelled; the cluster runs on.
    case cancelled
    /// The configuration cannot mean what it says: `option` names the property, `reason` what is wrong.
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

/// What happened with one seed.
public struct SeedFailure: Hashable, Sendable {
    /// As it was given.
    public let seed: String
    /// Why it did not take us in.
    public let failure: JoinFailure

    package init(seed: String, failure: JoinFailure) {
        self.seed = seed
        self.failure = failure
    }
}

/// Why a seed did not take us in.
@nonexhaustive
public enum JoinFailure: Hashable, Sendable {
    /// The name does not resolve. [IR-15]
    case hostNotFound
    /// Nothing listens there. [IR-04]
    case connectionRefused
    /// No answer in time. [IR-04]
    case timedOut
    /// The network says no; `errno` says why. [IR-04]
    case unreachable(errno: Int32)
    /// It does not have our key. Unauthenticated. [IR-02]
    case unknownKey
    /// Our key was replaced while we were away, and the new one could not be taken.
    case retiredKey
    /// It has our key but another cluster name. Unauthenticated. [IR-03]
    case wrongCluster
    /// No protocol version in common. Unauthenticated. [IR-16]
    case version
    /// It has too many streams open just now; try again.
    case busy
    /// It is leaving the cluster itself.
    case leaving
    /// Our name is taken by another living member. [IR-07]
    case nameTaken(by: NodeID, at: Endpoint)
    /// The seed is this node itself. [IR-13]
    case selfJoin
    /// It hung up or broke the rules; perhaps no Iridium node listens there.
    case protocolViolation
}

/// Why a cluster key cannot be used.
@nonexhaustive
public enum ClusterKeyError: Error, Hashable, Sendable {
    /// `reason` is the system's text. [IR-10]
    case unreadable(path: String, reason: String, errno: Int32)
    /// Others than owner and group can read it. [IR-11]
    case exposed(path: String, mode: UInt16)
    /// Not a key file, or a damaged one. It is left as it is.
    case malformed(path: String, reason: String)
    /// `reason` is the system's text. [IR-18]
    case unwritable(path: String, reason: String, errno: Int32)
}
