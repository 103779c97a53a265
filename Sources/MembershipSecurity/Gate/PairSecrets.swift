/// The secrets that this boot shares with its peers' boots: one key agreement each, stored.
///
/// X25519 costs about 30 µs, so it happens once per peer, at the first frame to it or from it. The
/// key of a frame is then one hash away (`DirectionKeys` saves even that). The peers' keys come
/// from records that their owners signed, so no attacker can make us agree with more boots than
/// there are members. When the table is full, a peer that was not used recently loses its place
/// (second chance, as in `PeerWindows`). That costs one more agreement with that peer, and nothing
/// else.
///
/// Bound: `capacity` peers, 32 bytes of key memory each, allocated for 256 peers at a time.
import MembershipWire

struct PairSecrets: ~Copyable, Sendable {
    private struct Entry: Sendable {
        var boot: BootID
        var key: BootKey
        var wasUsed: Bool
    }

    /// Memory for 256 secrets. It is a class only because arrays cannot hold noncopyable values;
    /// this table is its only owner.
    private final class Slab: @unchecked Sendable {
        static let secrets = 256
        var memory = SecretMemory(count: secrets * secretBytes)
    }

    static let secretBytes = 32

    let capacity: Int
    private let own: BootKeys
    private var entries: [Entry] = []
    private var places: [BootID: Int] = [:]
    private var slabs: [Slab] = []
    private var hand = 0

    init(of own: BootKeys, capacity: Int) {
        precondition(capacity > 0)
        self.own = own
        self.capacity = capacity
    }

    var count: Int { entries.count }
    var isLocked: Bool { slabs.allSatisfy { $0.memory.isLocked } }

    /// Writes the key of frames between us and `boot` to `output`. Returns false if the boot's key
    /// is not known or is of small order, so that no secret can be shared.
    ///
    /// - Parameter bootKey: called only if the peer is not in the table.
    mutating func deriveKey(
        _ direction: DirectionKeys.Direction, of boot: BootID, under keys: FrameKeys,
        bootKey: (BootID) -> BootKey?, into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let place = places[boot] ?? agree(with: boot, bootKey(boot)) else { return false }
        entries[place].wasUsed = true
        let peer = entries[place].key
        let (source, target) =
            direction == .inbound ? (peer, own.publicKey) : (own.publicKey, peer)
        slabs[place / Slab.secrets].memory.withBytes { memory in
            let start = place % Slab.secrets * Self.secretBytes
            keys.derivePairKey(
                sharing: memory.part(start..<start + Self.secretBytes), from: source, to: target,
                into: output)
        }
        return true
    }

    /// The place of a new peer, with the shared secret in it; nil if no secret can be shared.
    private mutating func agree(with boot: BootID, _ key: BootKey?) -> Int? {
        guard let key else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: Self.secretBytes, alignment: 16) { shared in
            defer { Sodium.wipe(shared) }
            guard own.pair.agree(with: key.octets, into: shared) else { return nil }
            let place = makePlace(for: Entry(boot: boot, key: key, wasUsed: true))
            slabs[place / Slab.secrets].memory.withMutableBytes { memory in
                let start = place % Slab.secrets * Self.secretBytes
                memory.part(start..<start + Self.secretBytes)
                    .copyMemory(from: UnsafeRawBufferPointer(shared))
            }
            return place
        }
    }

    /// The secret shared with that boot is no longer needed. Its place is reused next.
    mutating func forget(_ boot: BootID) {
        guard let place = places.removeValue(forKey: boot) else { return }
        entries[place].wasUsed = false
    }

    private mutating func makePlace(for entry: Entry) -> Int {
        let place: Int
        if entries.count < capacity {
            place = entries.count
            entries.append(entry)
            if slabs.count * Slab.secrets <= place { slabs.append(Slab()) }
        } else {
            place = evictOne()
            entries[place] = entry
        }
        places[entry.boot] = place
        return place
    }

    /// Frees the place of a peer not used since the hand last passed: two rounds at most.
    private mutating func evictOne() -> Int {
        while entries[hand].wasUsed {
            entries[hand].wasUsed = false
            hand = (hand + 1) % capacity
        }
        defer { hand = (hand + 1) % capacity }
        // A boot that was forgotten before may have another place by now.
        if places[entries[hand].boot] == hand { places[entries[hand].boot] = nil }
        return hand
    }
}
