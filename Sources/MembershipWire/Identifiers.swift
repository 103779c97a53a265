/// The identifiers of members, boots, keys and clusters on the wire.
///
/// Each has a separate type, so that none can be passed in place of another. All are derived by
/// hashing (Specs/Wire.md, section 1); this module only carries them.

/// The identity of a member: eight bytes of the hash of its identity key. It survives restarts.
public struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The eight bytes as a big-endian number.
    public let value: UInt64

    /// Any value is legal.
    package init(_ value: UInt64) { self.value = value }

    /// Orders by the bytes on the wire.
    public static func < (a: NodeID, b: NodeID) -> Bool { a.value < b.value }

    /// All 16 hexadecimal digits.
    public var description: String { hexadecimal(value, digits: 16) }

    /// The first 8 hexadecimal digits, which are shown to people.
    public var short: String { hexadecimal(value >> 32, digits: 8) }
}

/// One run of a member (elsewhere: session): eight bytes of the hash of its boot key. New at each
/// start.
package struct BootID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let value: UInt64
    package init(_ value: UInt64) { self.value = value }
    package static func < (a: BootID, b: BootID) -> Bool { a.value < b.value }
    package var description: String { hexadecimal(value, digits: 16) }
}

/// Identifies a cluster key in a keyring: two bytes of the key's hash.
package struct KeyID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let value: UInt16
    package init(_ value: UInt16) { self.value = value }
    package static func < (a: KeyID, b: KeyID) -> Bool { a.value < b.value }
    package var description: String { hexadecimal(UInt64(value), digits: 4) }
}

/// Identifies a cluster: the hash of its name. Two clusters with one key and two names never merge.
package struct ClusterID: Hashable, Sendable {
    package let octets: Octets16
    package init(_ octets: Octets16) { self.octets = octets }
}

/// An Ed25519 public key: the identity of a member.
package struct IdentityKey: Hashable, Sendable {
    package let octets: Octets32
    package init(_ octets: Octets32) { self.octets = octets }
}

/// An X25519 public key: the identity of one run of a member.
package struct BootKey: Hashable, Sendable {
    package let octets: Octets32
    package init(_ octets: Octets32) { self.octets = octets }
}

/// The hash of a member's core. Statements about the member refer to it.
package struct CoreHash: Hashable, Comparable, Sendable {
    package let octets: Octets32
    package init(_ octets: Octets32) { self.octets = octets }
    package static func < (a: CoreHash, b: CoreHash) -> Bool { a.octets < b.octets }
    /// The eight bytes that travel in REFRESH, LEFT, SUSPECT and DEAD.
    package var prefix: UInt64 { octets.prefix }
}

/// An Ed25519 signature.
package struct Signature: Hashable, Sendable {
    package let octets: Octets64
    package init(_ octets: Octets64) { self.octets = octets }
}

/// Sixteen unpredictable bytes that a relayed heartbeat carries to its target.
package struct RelayToken: Hashable, Sendable {
    package let octets: Octets16
    package init(_ octets: Octets16) { self.octets = octets }
}

/// The target's MAC over a relay token. A lying relay cannot make it up.
package struct RelayProof: Hashable, Sendable {
    package let octets: Octets16
    package init(_ octets: Octets16) { self.octets = octets }
}

/// How often a member has stated its record again. SWIM, section 4.2.
///
/// Only the member itself raises it. It is below 2^63, and one step may not exceed 2^32, so that
/// one statement cannot use up the numbers of a lifetime.
public struct Incarnation: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0 ..< 2^63.
    public let number: UInt64

    /// The first incarnation of a member's first life.
    package static let first = Incarnation(unchecked: 1)
    package static let limit: UInt64 = 1 << 63
    package static let longestJump: UInt64 = 1 << 32

    /// nil at or above 2^63.
    package init?(_ number: UInt64) {
        guard number < Self.limit else { return nil }
        self.number = number
    }

    private init(unchecked number: UInt64) { self.number = number }

    /// The next one; saturates at the last legal number instead of wrapping.
    package var next: Incarnation { Incarnation(unchecked: min(number &+ 1, Self.limit - 1)) }

    /// Whether a statement may move a known member from this incarnation to `later` in one step.
    package func mayJump(to later: Incarnation) -> Bool {
        later.number <= number || later.number - number <= Self.longestJump
    }

    /// By number.
    public static func < (a: Incarnation, b: Incarnation) -> Bool { a.number < b.number }

    /// The plain number.
    public var description: String { String(number) }
}

/// Two lower-case hexadecimal digits a byte.
package func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { hexadecimal(UInt64($0), digits: 2) }.joined()
}

/// `value` in lower-case hexadecimal, padded with zeros to `digits`.
package func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
