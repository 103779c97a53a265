/// A cache of direction keys, so that a frame costs no hash.
///
/// Direct-mapped: a peer has one slot, and a later peer may take it over. No result depends on the
/// content of the cache, and only frames with a correct short MAC reach it. So there is no rule to
/// get wrong and nothing to attack; a miss costs one BLAKE2b.
import MembershipWire

struct DirectionKeys: ~Copyable, Sendable {
    enum Direction: Sendable {
        case inbound
        case outbound
    }

    /// Identifies a key: the peer that sends the frames, the key of the ring, and the suite.
    struct Tag: Equatable, Sendable {
        var peer: BootID
        var key: KeyID
        var suite: Suite
    }

    /// 512 peers, 16 KiB of locked memory: fits beside the other direction in the least `ulimit -l`.
    private static let slots = 512
    static let keyBytes = 32

    private var tags = [Tag?](repeating: nil, count: slots)
    private var memory = SecretMemory(count: slots * keyBytes)

    var isLocked: Bool { memory.isLocked }

    func contains(_ tag: Tag) -> Bool { tags[Self.slot(of: tag)] == tag }

    /// Stores a key and replaces the one in its slot.
    mutating func store(_ key: UnsafeRawBufferPointer, as tag: Tag) {
        precondition(key.count == Self.keyBytes)
        let slot = Self.slot(of: tag)
        tags[slot] = tag
        memory.withMutableBytes { $0.part(Self.place(of: slot)).copyMemory(from: key) }
    }

    /// Removes all keys of that peer.
    mutating func forget(_ peer: BootID) {
        let slot = Self.slot(of: Tag(peer: peer, key: KeyID(0), suite: .pairwise))
        if tags[slot]?.peer == peer { tags[slot] = nil }
    }

    /// Gives access to a cached key.
    func withKey<R>(of tag: Tag, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        let slot = Self.slot(of: tag)
        precondition(tags[slot] == tag)
        return memory.withBytes { body($0.part(Self.place(of: slot))) }
    }

    /// Boot ids are hashes, so their last bits are evenly distributed.
    private static func slot(of tag: Tag) -> Int {
        Int(truncatingIfNeeded: tag.peer.value & UInt64(slots - 1))
    }

    private static func place(of slot: Int) -> Range<Int> {
        slot * keyBytes..<(slot + 1) * keyBytes
    }
}
