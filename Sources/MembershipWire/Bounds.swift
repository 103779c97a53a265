/// Every bound of the wire, named once. Specs/Wire.md, section 6.
package enum Bounds {
    /// Bytes of plaintext in a datagram: a multiple of `plaintextStep` in this range.
    package static let plaintextBytes = 64...1_280
    package static let plaintextStep = 64
    /// Header and tag: the bytes that a frame adds to its plaintext.
    package static let frameOverheadBytes = 48
    package static let frameBytes = 112...1_328
    package static let itemsPerDatagram = 64
    package static let itemsPerChunk = 256
    /// A chunk of a peer list, of rows or of records, type byte included.
    package static let chunkBytes = 16 * 1_024
    package static let helloBytes = 192
    package static let peerListItems: UInt32 = 2 * 131_072
    package static let syncBuckets = 64...4_096
    /// The number of rows that fit into a chunk.
    package static let rowsPerChunk = (chunkBytes - 1) / 16
    package static let wantsPerChunk = (chunkBytes - 1) / 8
    /// The longest stream message: 4,096 bucket hashes.
    package static let streamMessageBytes = 3 + 8 * 4_096
    package static let accusersInDead = 5
    package static let metadataBytes = 512
    package static let extensionBytes = 256
    package static let userPayloadBytes = 1_024
    package static let membersDefault = 16_384
    /// Number of tombstones kept beside the members. A peer list of both together, each entry of
    /// `entryBytes`, fits twice into `streamBytes`. Otherwise no node could join through a member
    /// whose table is full. Tests use exactly these numbers.
    package static let tombstones = 7_168
    /// The longest FULL and DEAD of one member, as items.
    package static let entryBytes = 1_387
    /// Bytes that one stream may bring.
    package static let streamBytes = 64 << 20
    /// A message of the application on a stream, in all its parts.
    package static let streamedMessageBytes = 1 << 20
    /// The bytes of it that one DATA holds: a chunk less type, application type, total and offset.
    package static let dataBytes = chunkBytes - 1 - 2 - 4 - 4
    package static let accusationsPerAccuser = 8
    /// The map of values that a member publishes: keys, a key, a value, and all entries as they are in a STATE.
    /// A whole state fits into one chunk of a stream.
    package static let stateEntries = 128
    package static let stateKeyBytes = 64
    package static let stateValueBytes = 4_096
    package static let stateBytes = 16_000
    package static let stateVersionLimit: UInt64 = 1 << 63
    package static let goneAccusationsPerAccuser = 32
    package static let queueEntries = 1_024
    /// Keys that open frames and streams, and retired ones, of one keyset.
    package static let keys = 1...4
    package static let retiredKeys = 0...8
    /// KEYS with a keyset of the most keys, type byte included.
    package static let keysBytes = 1 + 1 + 1 + 8 + 32 + 1 + 4 * 32 + 1 + 8 * 40 + 64
    /// Identities that may fetch new keys under a retired one.
    package static let entitled = 131_072
    /// Frames of suite 1 that a node opens in a second.
    package static let introductionsPerSecond = 200
}
