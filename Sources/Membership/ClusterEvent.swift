/// The events of `Cluster.events`: first a snapshot, then every change.
///
/// A reader that falls behind gets `lagged` with a new snapshot; it never delays the protocol.
@nonexhaustive
public enum ClusterEvent: Hashable, Sendable {
    /// All members that this node knows, itself included. The first event of every subscription.
    case snapshot([Member])
    /// A member is new, or has returned after it was dead or had left.
    case joined(Member)
    /// A member did not answer; it becomes `failed` unless it answers.
    case suspected(Member)
    /// A suspected member answered.
    case recovered(Member)
    /// A member was declared dead.
    case failed(Member)
    /// A member said goodbye.
    case left(Member)
    /// A member restarted before it was declared dead: another process with the same identity and
    /// another `Member.boot`. Its memory is lost. A member that was dead returns by `joined`.
    case restarted(Member)
    /// A member changed its metadata, address or name; `was` is the member before. If a member
    /// restarts with other metadata, `restarted` comes first.
    case updated(Member, was: Member)
    /// A tombstone was dropped: its time was over, or a command removed it.
    case removed(Member)
    /// A message of the application, to all or to this member alone, of a type that no `Cluster.messages` reads.
    case message(from: NodeID, type: UInt16, payload: [UInt8])
    /// A notice for people that is not a change of a member.
    case notice(ClusterNotice)
    /// The reader was too slow: `dropped` events are lost, and the snapshot is the present state.
    case lagged(dropped: Int, snapshot: [Member])
}

/// Warnings and refusals that concern this node itself.
@nonexhaustive
public enum ClusterNotice: Hashable, Sendable {
    /// A file that a node can do without.
    public enum ForgottenFile: String, Hashable, Sendable {
        /// The members that it knew; without them a seed is needed to find the cluster.
        case members
        /// Its last incarnation; without it the cluster tells the node.
        case incarnation
        /// The members that may fetch new keys by a retired one; without it they fetch them from
        /// another member.
        case entitled
    }

    /// Joined by TCP, but heartbeats get no answer by UDP. [IR-08]
    case noUDP(to: NodeAlias, endpoint: Endpoint)
    /// A member has answered by TCP only, twice in a row: UDP between it and us is blocked. It
    /// stays alive, but news reaches it late.
    case onlyTCP(from: NodeAlias, endpoint: Endpoint)
    /// A member has signed two different statements under one incarnation: it lies, or two
    /// processes use its identity. Reported once for each member.
    ///
    /// - Parameter proof: a PEERS message of both statements, which anyone can check by the key in
    ///   them. Specs/Wire.md, sections 3 and 5.3.
    case contradiction(by: NodeAlias, at: Endpoint, proof: [UInt8])
    /// Two living members state one name. The first one keeps it, and the other is shown by its id;
    /// either may be this node.
    case nameContested(
        NodeAlias, bearer: NodeID, at: Endpoint, rival: NodeID, rivalAt: Endpoint)
    /// A member states the boot key of this node as its own, so that others take this node's frames
    /// for that member's. This node continues under a new boot key. Reported once a minute at most.
    case ownBootClaimed(by: NodeAlias, at: Endpoint)
    /// A member that has been declared dead says that it lives, and does not answer at the address that it
    /// states. It stays dead until it answers. Told once, until then.
    case uncallable(NodeAlias, at: Endpoint)
    /// The other members hold this node for dead: they get no answer at the address that it states, and its
    /// heartbeats get none either. Its own connections pass. Told once a minute at most.
    /// - Parameter triedBy: the members that have accused it.
    case ownAddressUncallable(Endpoint, triedBy: [NodeAlias])
    /// A file of the last life is damaged; it is at `path` now. The node continues without it.
    case forgotten(ForgottenFile, path: String, reason: String)
    /// Another living process uses our identity; this node has stopped. [IR-20]
    case identityInUse(by: Endpoint)
    /// No member answered for 30 s: the seeds that were tried, and the result of each.
    case stillAlone(tried: [String])
    /// This node now has another keyset: one step of a rotation that `by` drives (nil: unknown).
    /// `fingerprint` is that of the key that now seals.
    case keysChanged(
        version: UInt64, stage: KeyringStatus.Stage, fingerprint: String, by: NodeID?)
    /// New cluster keys were not accepted because they could not be stored. This node will be left
    /// behind until `path` can be written.
    case keysNotKept(path: String, reason: String)
    /// This host cannot send datagrams to a member: its socket has another address family, there is
    /// no route, or a firewall of this host refuses it; `errno` says which. Reported once for each
    /// member.
    case cannotSend(to: NodeAlias, endpoint: Endpoint, errno: Int32)
    /// This process can open no further file, so connections wait: members that join, and fallback
    /// probes. Reported once until it has been over for a minute. [IR-19]
    case tooManyFiles
    /// A provider of seeds has no answer. Its last answer still counts, and it is asked again.
    case seedsUnknown(provider: String, reason: String)
    /// A seed refused us or could not be reached; it is tried again.
    case seedFailed(seed: String, failure: JoinFailure)
}
