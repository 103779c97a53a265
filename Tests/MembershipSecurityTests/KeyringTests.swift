import MembershipWire
import Testing

@testable import MembershipSecurity

struct KeyringTests {
    private static func key(_ number: Int) -> ClusterKey {
        Golden.makeKey(
            (0..<32).map { $0 < 3 ? UInt8(truncatingIfNeeded: number >> (8 * $0)) : 7 })
    }

    @Test func `a ring holds four keys and refuses a fifth`() throws {
        var ring = Keyring(Self.key(0))
        for number in 1...3 { try ring.install(Self.key(number)) }
        #expect(throws: KeyringError.full(capacity: 4)) { try ring.install(Self.key(4)) }
        #expect(ring.keys == (0...3).map(Self.key))
    }

    @Test func `a key with the id of another is refused`() throws {
        // Among 65,537 ids of 16 bits two are the same; they come after a few hundred.
        var numbers: [KeyID: Int] = [:]
        var pair: (Int, Int)?
        for number in 0...65_536 {
            if let other = numbers.updateValue(number, forKey: Self.key(number).id) {
                pair = (other, number)
                break
            }
        }
        let (one, another) = try #require(pair)
        let (first, second) = (Self.key(one), Self.key(another))
        var ring = Keyring(first)
        #expect(
            throws: KeyringError.collision(
                installed: first.fingerprint, refused: second.fingerprint, first.id)
        ) { try ring.install(second) }
        #expect(ring.keys == [first])
    }

    @Test func `installing a key twice changes nothing`() throws {
        var ring = Keyring(Self.key(0))
        try ring.install(Self.key(0))
        #expect(ring.keys.count == 1)
    }

    @Test func `a promoted key becomes the primary one and the others stay`() throws {
        var ring = Keyring(Self.key(0))
        try ring.install(Self.key(1))
        try ring.install(Self.key(2))
        try ring.promote(Self.key(2).id)
        #expect(ring.keys == [2, 0, 1].map(Self.key))
    }

    @Test func `the primary key cannot be removed, others can`() throws {
        var ring = Keyring(Self.key(0))
        try ring.install(Self.key(1))
        #expect(throws: KeyringError.isPrimary(Self.key(0).fingerprint)) {
            try ring.remove(Self.key(0).id)
        }
        try ring.remove(Self.key(1).id)
        #expect(ring.keys == [Self.key(0)])
        #expect(throws: KeyringError.notInstalled(Self.key(1).id)) {
            try ring.promote(Self.key(1).id)
        }
    }

    @Test func `a key is known to people by eight digits that are not its id on the wire`() {
        #expect(Golden.key.fingerprint == "41aea782")
        #expect("\(Golden.key)" == "cluster key 41aea782")
        #expect(!Golden.key.fingerprint.hasPrefix(Golden.key.id.description))
    }
}
