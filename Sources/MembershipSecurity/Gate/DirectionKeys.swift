/// A cache of direction keys, so that a frame costs no hash.
///
/// Direct-mapped: a peer has one slot, and who comes later takes it over. Nothing depends on what is
/// cached, and only who passed the short MAC gets here, so there is no rule to get wrong and nothing
/// worth attacking; a miss costs one BLAKE2b.
import MembershipWire

struct DirectionKeys: ~Copyable, Sendable {
    enum Direction: Sendable {
        case inbound
        case outbound
    }

    /// Which key: of the frames of one peer, under one key of the ring and one suite.
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

    /// Remembers a key in place of the one that was in its slot.
    mutating func store(_ key: UnsafeRawBufferPointer, as tag: Tag) {
        precondition(key.count == Self.keyBytes)
        let slot = Self.slot(of: tag)
        tags[slot] = tag
        memory.withMutableBytes { $0.part(Self.place(of: slot)).copyMemory(from: key) }
    }

    /// No key of that peer is there afterwards.
    mutating func forget(_ peer: BootID) {
        let slot = Self.slot(of: Tag(peer: peer, key: KeyID(0), suite: .pairwise))
        if tags[slot]?.peer == peer { tags[slot] = nil }
    }

    /// A key that is there.
    func withKey<R>(of tag: Tag, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        let slot = Self.slot(of: tag)
        precondition(tags[slot] == tag)
        return memory.withBytes { body($0.part(Self.place(of: slot))) }
    }

    /// Boot ids are hashes: their last bits are as good as any.
    private static func slot(of tag: Tag) -> Int {
        Int(truncatingIfNeeded: tag.peer.value & UInt64(slots - 1))
    }

    private static func place(of slot: Int) -> Range<Int> {
        slot * keyBytes..<(slot + 1) * keyBytes
    }
}
