import MembershipWire

/// The keys of a node, and its knowledge of the other members' keys: by fingerprints, never the
/// keys.
public struct KeyringStatus: Hashable, Sendable {
    /// The stage of a rotation.
    public enum Stage: String, Hashable, Sendable, CaseIterable {
        /// One key; no rotation is under way.
        case settled
        /// The new key opens everywhere, and does not seal anywhere yet.
        case installed
        /// The new key seals; the old one still opens.
        case switched
    }

    /// The use of a key.
    public enum Role: Hashable, Sendable {
        /// Frames and streams are sealed under it, and opened.
        case seals
        /// Frames and streams are opened under it.
        case accepted
        /// A member that was known when it was retired may fetch the new keys by it until then, in
        /// seconds since 1970.
        case retired(until: UInt64)
    }

    /// One key.
    public struct Key: Hashable, Sendable {
        /// Eight hexadecimal digits.
        public let fingerprint: String
        /// Its use.
        public let role: Role
    }

    /// The keyring hash that a living member shows on its heartbeats.
    public struct Showing: Hashable, Sendable {
        /// Its id.
        public let id: NodeID
        /// Its name.
        public let name: NodeAlias
        /// Eight hexadecimal digits, as in `hash`; nil before it was heard.
        public let hash: String?
    }

    /// Rises with every step of a rotation: three a rotation. 0: never rotated.
    public let version: UInt64
    /// The stage of a rotation.
    public let stage: Stage
    /// Eight hexadecimal digits that all members with this keyset show; "00000000" for version 0.
    public let hash: String
    /// In order: the one that seals, the accepted ones, the retired ones whose time is not over.
    public let keys: [Key]
    /// The member that made this version; nil for version 0.
    public let author: NodeID?
    /// The file that holds it; nil: in memory only, so the next start needs a file or another
    /// member.
    public let path: String?
    /// Whether this node drives a rotation now.
    public let isRotating: Bool
    /// The living members, this node included, by name.
    public let members: [Showing]
}
