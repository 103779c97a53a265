package import MembershipWire

/// One member's share of the state view, the hash of the states that all members publish. It is built like
/// `RecordHash`. Specs/Wire.md, section 8.
package enum StateHash {
    /// - Returns: `m(m(m(m(id) ^ process) ^ version) ^ root)`, of the root its first eight bytes.
    package static func of(
        _ member: NodeID, _ process: BootID, version: UInt64, _ root: StateRoot
    ) -> UInt64 {
        var hash = RecordHash.step(member.value)
        hash = RecordHash.step(hash ^ process.value)
        hash = RecordHash.step(hash ^ version)
        return RecordHash.step(hash ^ root.octets.prefix)
    }
}
