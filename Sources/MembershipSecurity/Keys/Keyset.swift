/// The keys that all members of a cluster should hold, as one value with a version.
///
/// A rotation passes through three of them: the old key and the new one (installed), the new one
/// and the old one (switched), the new one alone (settled), with the old one retired for a while.
/// The member that drives the rotation signs each. A member that meets a newer keyset accepts it.
/// The key of a file that was never rotated is version 0, which has no signature. Specs/Wire.md,
/// section 5.4.
///
/// Invariant: no two keys, retired ones included, share an id. The signature is not checked here:
/// see `isSigned(in:)`.
package import MembershipWire

package struct Keyset: Sendable {
    /// The stage of a rotation.
    package enum Stage: UInt8, Hashable, Sendable, CaseIterable {
        /// One key.
        case settled = 0
        /// The last key is the new one: every member opens with it, and no member seals with it
        /// yet.
        case installed = 1
        /// The first key is the new one, and seals; the others will be retired.
        case switched = 2
    }

    /// A key that admits no member any more, and only lets a former member fetch the new keys.
    package struct RetiredKey: Sendable {
        package let key: ClusterKey
        /// The end, in seconds since 1970.
        package let until: UInt64

        package init(_ key: ClusterKey, until: UInt64) {
            self.key = key
            self.until = until
        }
    }

    /// Versions are below this. A version is not accepted if it is ahead by more than
    /// `longestStep`.
    package static let versionLimit: UInt64 = 1 << 63
    package static let longestStep: UInt64 = 1 << 32
    /// No key is retired until this second or a later one.
    package static let untilLimit: UInt64 = 1 << 40

    package let version: UInt64
    package let stage: Stage
    /// The keys that open; the primary key seals.
    package let keyring: Keyring
    package let retired: [RetiredKey]
    /// The member that made it; nil for version 0.
    package let author: IdentityKey?
    /// The bytes for the wire and for storage, signature included; nil for version 0.
    let encoded: SecretBytes?
    /// The hash of `encoded`; zeros for version 0.
    package let hash: Octets32

    /// Version 0: the one key of a file that was never rotated.
    package init(_ key: ClusterKey) {
        version = 0
        stage = .settled
        keyring = Keyring(key)
        retired = []
        author = nil
        encoded = nil
        hash = Octets32()
    }

    /// From parts that passed `check`, with their signature.
    init(checked parts: Parts, author: IdentityKey, encoded: SecretBytes) throws(WireError) {
        version = parts.version
        stage = parts.stage
        keyring = try parts.makeKeyring()
        retired = parts.retired
        self.author = author
        self.encoded = encoded
        hash = encoded.withBytes { Derivation.keyset.octets($0) }
    }

    /// The hash that members state on every heartbeat: 0 for version 0.
    package var keyringHash: UInt32 { UInt32(truncatingIfNeeded: hash.prefix >> 32) }

    /// Whether a node that holds `other` should hold this one instead.
    package func supersedes(_ other: Keyset) -> Bool {
        (version, hash) > (other.version, other.hash)
    }

    /// Whether it continues `other`: one of its keys, retired ones included, opens in `other` now.
    /// Every rotation leaves such a key for members that must still fetch the new one. Without this
    /// rule, one signed keyset could make the node forget every key that the other members know.
    package func continues(_ other: Keyset) -> Bool {
        let keys = keyring.keys + retired.map(\.key)
        return keys.contains { other.keyring[$0.id] == $0 }
    }

    /// Whether its version is near enough to replace `other`.
    package func isWithinReach(of other: Keyset) -> Bool {
        version <= other.version || version - other.version <= Self.longestStep
    }

    /// The key that a rotation brings, or has brought.
    package var newKey: ClusterKey {
        switch stage {
        case .settled, .switched: keyring.primary
        case .installed: keyring.keys.last ?? keyring.primary
        }
    }

    /// The key for calls about keys: during a rotation the older one, which a member that is behind
    /// has too.
    package var keyForCalls: KeyID {
        switch stage {
        case .settled, .installed: keyring.primary.id
        case .switched: keyring.keys.last?.id ?? keyring.primary.id
        }
    }

    /// The retired keys by which a member may still fetch the new ones.
    package func retired(at unixSeconds: UInt64) -> [RetiredKey] {
        retired.filter { $0.until > unixSeconds }
    }
}

extension Keyset: Equatable {
    /// The same version of the same keys.
    package static func == (a: Keyset, b: Keyset) -> Bool {
        a.version == b.version && a.hash == b.hash
            && (a.version > 0 || a.keyring.primary == b.keyring.primary)
    }
}

extension Keyset: CustomStringConvertible {
    package var description: String {
        let keys = keyring.keys.map(\.fingerprint).joined(separator: ", ")
        return "keyset \(version) (\(stage): \(keys))"
    }
}

extension Keyset {
    /// The contents of a keyset before it is signed.
    struct Parts: Sendable {
        var version: UInt64
        var stage: Stage
        /// The key that seals comes first.
        var keys: [ClusterKey]
        var retired: [RetiredKey]

        /// Throws unless members would accept such a keyset.
        func check() throws(WireError) {
            guard version > 0, version < versionLimit else { throw .keysetVersionOutOfRange }
            try Self.check(keyCount: keys.count, stage)
            guard Bounds.retiredKeys.contains(retired.count) else { throw .badKeyCount }
            guard retired.allSatisfy({ $0.until < untilLimit }) else {
                throw .retirementOutOfRange
            }
            let ids = keys.map(\.id) + retired.map(\.key.id)
            guard Set(ids).count == ids.count else { throw .collidingKeys }
        }

        static func check(keyCount: Int, _ stage: Stage) throws(WireError) {
            let fits =
                switch stage {
                case .settled: keyCount == 1
                case .installed, .switched: keyCount > 1
                }
            guard fits, Bounds.keys.contains(keyCount) else { throw .badKeyCount }
        }

        fileprivate func makeKeyring() throws(WireError) -> Keyring {
            guard let first = keys.first else { throw .badKeyCount }
            var ring = Keyring(first)
            do throws(KeyringError) {
                for key in keys.dropFirst() { try ring.install(key) }
            } catch {
                throw .collidingKeys
            }
            return ring
        }
    }
}
