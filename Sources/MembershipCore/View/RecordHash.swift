package import MembershipWire

/// One member's share of the view digest.
///
/// The digest of a view is the XOR of these, so it does not depend on order and changes in constant
/// time. A suspect counts as alive: suspicion is an opinion on its way to being settled, and must
/// not make two views differ. The mixing is fast, not secret: who could forge a digest can as well
/// state a false one. Specs/Wire.md, "View digest".
package enum RecordHash {
    /// - Returns: `m(m(m(m(id) ^ incarnation) ^ core) ^ fate)`, where `m(x)` is SplitMix64's
    ///   finaliser over `x + 0x9E3779B97F4A7C15` and fate is 0 alive, 1 dead, 2 left.
    package static func of(_ record: MemberRecord, _ state: MemberState) -> UInt64 {
        let fate: UInt64 =
            switch state {
            case .alive, .suspect: 0
            case .dead: 1
            case .left: 2
            }
        var hash = step(record.id.value)
        hash = step(hash ^ record.incarnation.number)
        hash = step(hash ^ record.coreHash.prefix)
        return step(hash ^ fate)
    }

    /// `m` of Specs/Wire.md, section 8: a bijection in which every input bit reaches every output bit.
    package static func step(_ word: UInt64) -> UInt64 { mixed(word &+ 0x9E37_79B9_7F4A_7C15) }
}
