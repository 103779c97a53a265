import MembershipWire

/// Which keys a node holds, and what it knows of the others' keys: by fingerprints, never the keys.
public struct KeyringStatus: Hashable, Sendable {
    /// Where a rotation stands.
    public enum Stage: String, Hashable, Sendable, CaseIterable {
        /// One key; no rotation is under way.
        case settled
        /// The new key opens everywhere, and seals nowhere yet.
        case installed
        /// The new key seals; the old one still opens.
        case switched
    }

    /// What a key is good for.
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
        /// What it is good for.
        public let role: Role
    }

    /// What a living member shows on its heartbeats.
    public struct Showing: Hashable, Sendable {
        /// Who.
        public let id: NodeID
        /// What it is called.
        public let name: NodeAlias
        /// Eight hexadecimal digits, as in `hash`; nil before it was heard.
        public let hash: String?
    }

    /// Rises with every step of a rotation: three a rotation. 0: never rotated.
    public let version: UInt64
    /// Where a rotation stands.
    public let stage: Stage
    /// Eight hexadecimal digits that all members with this keyset show; "00000000" for version 0.
    public let hash: String
    /// In order: the one that seals, the accepted ones, the retired ones whose time is not over.
    public let keys: [Key]
    /// Who made this version; nil for version 0.
    public let author: NodeID?
    /// The file that holds it; nil: in memory only, so that the next start needs a file or must ask.
    public let path: String?
    /// Whether a rotation is driven from this node just now.
    public let isRotating: Bool
    /// The living members, this node included, by name.
    public let members: [Showing]
}
