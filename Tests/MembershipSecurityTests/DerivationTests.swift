import MembershipWire
import Testing

@testable import MembershipSecurity

struct DerivationTests {
    @Test func `ids of nodes, boots, keys and clusters are those of the specification`() {
        #expect(Golden.cluster.octets.bytes == Golden.clusterID)
        #expect(Golden.key.id == KeyID(0xF6C1))
        #expect(Golden.a.identity.nodeID == NodeID(0x58EA_0FDB_711E_36F8))
        #expect(Golden.b.identity.nodeID == NodeID(0x6492_301A_FFDE_8C3B))
        #expect(Golden.a.boot.id == BootID(0xBEAB_D431_1CD6_8AC5))
        #expect(Golden.b.boot.id == BootID(0x3F8D_6E53_2CCC_AC81))
        #expect(
            Golden.a.identity.publicKey.octets.bytes
                == hex("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"))
        #expect(
            Golden.b.boot.publicKey.octets.bytes
                == hex("0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20"))
    }

    @Test func `frame, mac and stream keys are those of the specification`() {
        let keys = Golden.secrets.primary
        #expect(keys.withFrameKey { Array($0) } == Golden.frameKey)
        #expect(keys.withMACKey { Array($0) } == Golden.macKey)
        #expect(keys.makePresharedKey().withBytes { Array($0) } == Golden.presharedKey)
    }

    @Test func `each direction has its own key`() {
        let keys = Golden.secrets.primary
        var key = [UInt8](repeating: 0, count: 32)
        let (a, b) = (Golden.a.boot.id, Golden.b.boot.id)
        key.withUnsafeMutableBytes { keys.deriveDirectionKey(from: a, to: b, into: $0) }
        #expect(key == Golden.keyAtoB)
        key.withUnsafeMutableBytes { keys.deriveDirectionKey(from: b, to: a, into: $0) }
        #expect(key == Golden.keyBtoA)
    }

    @Test func `both ends of a pair derive the same key for each direction`() throws {
        let (a, b) = (Golden.a.boot, Golden.b.boot)
        for (own, peer) in [(a, b), (b, a)] {
            var pairs = PairSecrets(of: own, capacity: 4)
            var key = [UInt8](repeating: 0, count: 32)
            for direction in [DirectionKeys.Direction.inbound, .outbound] {
                let isKnown = key.withUnsafeMutableBytes { key in
                    pairs.deriveKey(
                        direction, of: peer.id, under: Golden.secrets.primary,
                        bootKey: Golden.bootKey, into: key)
                }
                #expect(isKnown)
                let isAtoB = (own.id == a.id) == (direction == .outbound)
                #expect(key == (isAtoB ? Golden.pairKeyAtoB : Golden.pairKeyBtoA))
            }
            #expect(pairs.count == 1)
        }
    }

    @Test func `names that look alike are two clusters`() {
        #expect(ClusterID(named: "caf\u{E9}") != ClusterID(named: "cafe\u{301}"))
        #expect(ClusterID(named: "") != ClusterID(named: "default"))
    }
}
