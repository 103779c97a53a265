internal import MembershipSecurity
import MembershipWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system's text for one of its errors: `Address already in use`.
func systemText(_ error: Int32) -> String { SystemError(errno: error).description }

extension ClusterError: CustomStringConvertible {
    /// The error and its reason, in one line.
    public var description: String {
        switch self {
        case .cannotListen(let endpoint, let transport, let errno):
            "cannot listen on \(endpoint) (\(transport.rawValue)): \(systemText(errno))"
        case .cannotAdvertise(let endpoint, _):
            "cannot tell other members to call \(endpoint): it is not an address of one host"
        case .key(let error): error.description
        case .identity(let path, let reason):
            "cannot keep the node's identity in \(path): \(reason)"
        case .identityDamaged(let path, let reason):
            "the file \(path), which holds the node's identity, is damaged: \(reason)"
        case .identityInUse(let path, let holder):
            "another node of this name runs from \(path)"
                + (holder.map { " (process \($0))" } ?? "")
        case .identityTaken(let endpoint):
            "another process uses this node's identity, at \(endpoint); this node has stopped"
        case .toleranceOutOfRange(let span):
            "the tolerance cannot be \(span): it takes 100 ms to 5 minutes"
        case .invalidConfiguration(let option, let reason):
            "the configuration cannot be used: \(option): \(reason)"
        case .metadataTooLong(let bytes):
            "metadata is \(bytes) bytes; at most \(Bounds.metadataBytes) fit"
        case .messageTooLong(let bytes):
            "the message is \(bytes) bytes; a datagram or a broadcast takes \(Bounds.userPayloadBytes), "
                + "a stream \(Bounds.streamedMessageBytes)"
        case .stateTooLarge(let bytes):
            "the state of this member would take \(bytes) bytes; it takes \(Bounds.stateBytes) in "
                + "\(Bounds.stateEntries) keys, and a value \(Bounds.stateValueBytes)"
        case .badStateKey(let key):
            "the key '\(key.prefix(80))' is not 1 to \(Bounds.stateKeyBytes) bytes of letters, digits and ._/:-"
        case .congested: "messages come faster than they can be sent"
        case .memberGone(let id): "no living member has the id \(id)"
        case .memberOutdated(let id):
            "\(id) runs an earlier version, which takes no messages by stream"
        case .memberUnreachable(let id): "no stream to \(id) could be opened, or it broke"
        case .noReader(let type): "no program at the member reads messages of type \(type)"
        case .refused: "the member's application has refused the message"
        case .typeServed(let type): "messages of type \(type) are already served in this process"
        case .joinFailed(let failures):
            failures.isEmpty
                ? "no seed was given"
                : "no seed accepted this node: "
                    + failures.map(\.description).joined(separator: "; ")
        case .timedOut(let view):
            "the condition was not met in time; \(view.livingCount) members are alive"
        case .cancelled: "the task was cancelled"
        case .notRunning: "the cluster is not running: it was not started, or it has stopped"
        case .alreadyStarted: "the cluster was started before, and a Cluster runs only once"
        }
    }

    /// The advice, in one clause; nil if there is none.
    public var hint: String? {
        switch self {
        case .cannotListen(_, _, EADDRINUSE): "another port, or port 0 for any free one"
        case .cannotListen(_, _, EADDRNOTAVAIL): "an address of this host"
        case .cannotListen(_, _, EACCES): "a port above 1023"
        case .cannotListen: nil
        case .cannotAdvertise(_, let candidates):
            candidates.isEmpty
                ? "set advertise to an address that others can call"
                : "set advertise to one of " + candidates.map(\.description).joined(separator: ", ")
        case .key(let error): error.hint
        case .identity: "make the state directory writable for this process"
        case .identityDamaged:
            "restore it from a backup; or move the file away, and the node is a new member"
        case .identityInUse, .identityTaken:
            "stop the other one, or give each node another name"
        case .joinFailed(let failures): failures.mostTelling(by: \.failure)?.failure.hint
        case .notRunning: "start the cluster first; after its end, make a new Cluster"
        case .alreadyStarted: "make a new Cluster"
        case .congested: "send it again after a few milliseconds"
        case .memberGone: "look at the view again: the member has left, has died or was never here"
        case .memberOutdated: "upgrade it; a datagram (Cluster.send) reaches it as it is"
        case .memberUnreachable:
            "open the member's port for TCP, and ask whether the message arrived"
        case .noReader: "serve or read the type there, with Cluster.serve or Cluster.messages"
        case .typeServed: "use another number for the type"
        case .refused, .toleranceOutOfRange, .invalidConfiguration, .metadataTooLong,
            .messageTooLong, .stateTooLarge, .badStateKey,
            .timedOut, .cancelled:
            nil
        }
    }
}

extension SeedFailure: CustomStringConvertible {
    /// `10.0.0.5:2254: nothing listens there`.
    public var description: String { "\(seed): \(failure)" }
}

extension JoinFailure: CustomStringConvertible {
    /// The reason why the seed did not accept the join: one clause.
    public var description: String {
        switch self {
        case .hostNotFound: "the name has no address"
        case .connectionRefused: "nothing listens there"
        case .timedOut: "no answer in time"
        case .unreachable(let errno): systemText(errno)
        case .unknownKey: "it has another cluster key"
        case .retiredKey: "our cluster key was replaced, and the new one could not be fetched"
        case .wrongCluster: "it belongs to a cluster with another name"
        case .version: "it speaks no protocol version that we speak"
        case .busy: "it has too many callers at the moment"
        case .leaving: "it is leaving the cluster"
        case .nameTaken(let holder, let endpoint):
            "our name is taken by the member \(holder.short) at \(endpoint)"
        case .selfJoin: "it is this node itself"
        case .protocolViolation: "it closed the connection, or no node listens there"
        }
    }

    var hint: String? {
        switch self {
        case .hostNotFound: "check the name, and the name server"
        case .connectionRefused: "check that a node runs there, and its port"
        case .timedOut, .unreachable: "check the address, and that TCP and UDP pass to its port"
        case .unknownKey: "give all nodes the same key"
        case .retiredKey: "give the node the new key"
        case .wrongCluster: "give all nodes the same cluster name"
        case .version: "upgrade the older of the two"
        case .busy, .leaving: "try again, or another seed"
        case .nameTaken: "give this node another name"
        case .selfJoin: "the address of another member"
        case .protocolViolation: "check the address"
        }
    }
}

extension ClusterKeyError: CustomStringConvertible {
    /// The error and its reason, in one line.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason, _): "cannot read the cluster key \(path): \(reason)"
        case .exposed(let path, let mode):
            "others can read or change the cluster key \(path) (mode 0\(String(mode, radix: 8)))"
        case .malformed(let path, let reason): "\(path) is not a cluster key: \(reason)"
        case .otherCluster(let path, let cluster):
            "\(path) belongs to a cluster of another name than \"\(cluster)\""
        case .unwritable(let path, let reason, _): "cannot write the cluster key \(path): \(reason)"
        }
    }

    var hint: String? {
        switch self {
        case .unreadable(_, _, ENOENT):
            "copy the key file of another node, or make the first with iridium keygen"
        case .unreadable: "let this process read it, and no other user"
        case .exposed(let path, _): "chmod 600 \(path)"
        case .malformed: "copy the key file of another node"
        case .otherCluster: "use the cluster name of the other members"
        case .unwritable: "make the folder writable for this process"
        }
    }
}

extension KeyRotationError: CustomStringConvertible {
    /// The error and its reason, in one line.
    public var description: String {
        switch self {
        case .notRunning: "the cluster is not running"
        case .underWay: "this node already runs a rotation"
        case .graceOutOfRange(let span): "the grace cannot be \(span): it takes 0 to 30 days"
        case .unknownMember(let name): "no living member has the name \(name)"
        case .notConfirmed(let stage, let refusals):
            "\(refusals.count) members did not confirm the stage \(stage.rawValue): "
                + refusals.map(\.description).joined(separator: "; ")
        case .overtaken(let version, let driver):
            "another rotation is under way (version \(version))"
                + (driver.map { ", run by \($0.short)" } ?? "")
        case .cannotKeep(let path, let reason): "cannot write the new keys to \(path): \(reason)"
        case .cancelled(let stage): "cancelled in the stage \(stage.rawValue)"
        case .versionsExhausted: "the versions of keysets are used up"
        }
    }
}

extension KeyRotationError.Refusal: CustomStringConvertible {
    /// `n3: no answer in time`.
    public var description: String { "\(name): \(reason)" }
}

extension KeyRotationError.Reason: CustomStringConvertible {
    /// One clause.
    public var description: String {
        switch self {
        case .connectionRefused: "nothing listens at its address"
        case .timedOut: "no answer in time"
        case .unreachable(let errno): systemText(errno)
        case .cannotKeep: "it cannot store the new keys; its log says why"
        case .declined: "it holds other keys"
        case .unknownKey: "it does not have our key"
        case .busy: "it has too many callers at the moment"
        case .leaving: "it is leaving"
        case .brokeOff: "it closed the connection"
        }
    }
}
