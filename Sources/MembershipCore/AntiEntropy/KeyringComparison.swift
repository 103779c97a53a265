import MembershipWire

/// Comparing our keyset with the keyring hashes that members show, four bytes on every heartbeat.
///
/// If a member's hash differs from ours for a second, we connect to it and both end up with the newer
/// keyset. So a rotation reaches every member, however long it was away. We make one connection a
/// second. If a connection does not help with a member, we connect to that member ever more rarely.
/// The content of the exchange is up to the shell: the core sees no key. Specs/Protocol.md, "Keys".
struct KeyringComparison: Sendable {
    /// Hash of the keyset that we hold.
    private(set) var ownHash: UInt32
    /// The member that shows another hash, while we wait whether that resolves itself.
    private var pending: NodeID?
    private var nextCall = ClusterInstant.origin
    /// While we rotate keys ourselves the rotation connects to every member.
    private var isRotating = false

    private let patience: Duration
    private let patienceWhileJoining: Duration
    private let longestPause: Duration

    init(ownHash: UInt32, _ configuration: CoreConfiguration) {
        self.ownHash = ownHash
        patience = configuration.keysDifference
        patienceWhileJoining = configuration.keysDifferenceWhileJoining
        longestPause = configuration.longestKeysPause
    }

    /// We hold another keyset now. The hash that a member showed before belongs to the past, too: start its
    /// note again with `KeyringNote.reset`.
    mutating func change(to hash: UInt32) {
        ownHash = hash
        pending = nil
    }

    mutating func setRotating(_ isRotating: Bool) {
        self.isRotating = isRotating
        if isRotating { pending = nil }
    }

    /// A heartbeat, an ack or a hello-ack shows which keyset its sender holds.
    ///
    /// - Parameters:
    ///   - mayCall: whether we could connect to this member.
    ///   - isJoining: while joining, we are almost certainly the one that is behind, and perhaps cannot
    ///     open a frame of the others: then we wait only until the peer list is in.
    /// - Returns: when to look at the difference again, if there is one to wait for.
    mutating func note(
        _ hash: UInt32, of member: NodeID, in note: inout KeyringNote, mayCall: Bool,
        isJoining: Bool, at now: ClusterInstant
    ) -> ClusterInstant? {
        note.hash = hash
        guard hash != ownHash else {
            note.nextCall = nil
            if pending == member { pending = nil }
            return nil
        }
        guard mayCall, !isRotating, pending == nil else { return nil }
        if let next = note.nextCall?.at, now < next { return nil }
        pending = member
        return max(now + (isJoining ? patienceWhileJoining : patience), nextCall)
    }

    /// Time to look at the difference again: the member to connect to if it is still there.
    mutating func takePending() -> NodeID? {
        guard let member = pending.take(), !isRotating else { return nil }
        return member
    }

    /// Whether to connect to the member of `note` now; if so, the next time is settled as well.
    mutating func begin(notedIn note: inout KeyringNote, at now: ClusterInstant) -> Bool {
        guard note.hash != ownHash else { return false }
        let pause = note.nextCall.map { $0.pause * 2 } ?? patience
        let bounded = min(pause, longestPause)
        note.nextCall = (now + bounded, bounded)
        nextCall = now + patience
        return true
    }

    /// The member holds what we hold.
    func confirm(_ note: inout KeyringNote) { note.hash = ownHash }
}

/// The keyring hash that one member has shown, and our calls about it.
struct KeyringNote: Sendable {
    /// The hash that it last showed.
    fileprivate(set) var hash: UInt32?
    /// When we may connect to it again after a talk that left us different, and how long that was to
    /// wait.
    fileprivate var nextCall: (at: ClusterInstant, pause: Duration)?
    /// When we last connected to it because it used a retired key.
    private var lastOutdatedContact: ClusterInstant?

    /// Our own keyset has changed: the member is on its way to the same one, or is not.
    mutating func reset() {
        hash = nil
        nextCall = nil
    }

    /// Whether we may connect to this member because it uses a key that we have retired.
    func admitsOutdatedContact(every pause: Duration, at now: ClusterInstant) -> Bool {
        lastOutdatedContact.map { now - $0 >= pause } ?? true
    }

    mutating func noteOutdatedContact(at now: ClusterInstant) { lastOutdatedContact = now }
}
