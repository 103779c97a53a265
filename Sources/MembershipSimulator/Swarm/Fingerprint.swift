import MembershipCore
import MembershipWire

/// A number for everything that a run did: equal runs have equal fingerprints, and a changed rule
/// changes it.
///
/// A restructuring of the core must not change it, so it is the quickest proof that behaviour is
/// the same. FNV-1a, 64 bits; http://www.isthe.com/chongo/tech/comp/fnv/.
package struct Fingerprint: Hashable, Sendable {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func add(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            value = (value ^ (number >> UInt64(shift) & 0xff)) &* 0x100_0000_01b3
        }
    }

    mutating func add(_ text: String) {
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }

    /// The events handled, and for each host its traffic, its state and its statements about
    /// itself.
    init(of world: World, violations: [Violation]) {
        add(world.eventCount)
        for host in world.hosts {
            add(host.hasProcess ? 1 : 0)
            add(host.traffic.datagramsSent)
            add(host.traffic.datagramBytesSent)
            add(host.traffic.streamBytesSent)
            guard let node = host.node else { continue }
            add(node.viewDigest.hash)
            add(UInt64(node.viewDigest.members))
            add(node.ownRecord.incarnation.number)
        }
        for violation in violations { add(violation.description) }
    }
}
