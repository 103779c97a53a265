/// A cache of direction keys, so that a frame costs no hash.
///
/// Direct-mapped: a peer has one slot, and who comes later takes it over. Nothing depends on what is
/// cached, and only who passed the short MAC gets here, so there is no rule to get wrong and nothing
/// worth attacking; a miss costs one BLAKE2b.
import MembershipWire

struct DirectionKeys: ~Copyable {
    enum Direction: Sendable {
        case inbound
        case outbound
    }

    private struct Tag: Equatable, Sendable {
        var peer: BootID
        var key: Int
    }

    /// 512 peers, 16 KiB of locked memory: fits beside the other direction in the least `ulimit -l`.
    private static let slots = 512
    private static let keyBytes = 32

    private let direction: Direction
    private let ownBoot: BootID
    private var tags = [Tag?](repeating: nil, count: slots)
    private var memory = SecretMemory(count: slots * keyBytes)

    init(_ direction: Direction, ownBoot: BootID) {
        self.direction = direction
        self.ownBoot = ownBoot
    }

    var isLocked: Bool { memory.isLocked }

    /// The key for frames to or from `peer`, under the key of the ring at `index`.
    mutating func withKey<R>(
        of peer: BootID, under secrets: ClusterSecrets, at index: Int,
        _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        let slot = Int(truncatingIfNeeded: peer.value & UInt64(Self.slots - 1))
        let tag = Tag(peer: peer, key: index)
        let isCached = tags[slot] == tag
        tags[slot] = tag
        let (direction, ownBoot) = (direction, ownBoot)
        return memory.withMutableBytes { memory in
            let key = memory.part(slot * Self.keyBytes..<(slot + 1) * Self.keyBytes)
            if !isCached {
                switch direction {
                case .inbound:
                    secrets.keys[index].deriveDirectionKey(from: peer, to: ownBoot, into: key)
                case .outbound:
                    secrets.keys[index].deriveDirectionKey(from: ownBoot, to: peer, into: key)
                }
            }
            return body(UnsafeRawBufferPointer(key))
        }
    }
}
