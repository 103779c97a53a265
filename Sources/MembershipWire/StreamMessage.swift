/// The messages of a stream (TCP): a handshake of three messages, then the peer list or a sync
/// (anti-entropy). KEYS is not one of them: it is secret, and is read and written in locked memory
/// (MembershipSecurity, `Keyset`). Specs/Wire.md, section 5.
package enum StreamMessage: Equatable, Sendable {
    /// Handshake, first message: the purpose of the stream and the caller.
    case hello(Hello)
    /// Handshake, second: the answering member and its view.
    case helloAck(FullStatement, ViewDigest)
    /// Handshake, third: the calling member.
    case join(FullStatement)
    /// A chunk of the full peer list.
    case peers(PeerListChunk)
    /// Order-free hashes of the records per bucket of node ids. The count is a power of two from
    /// 64 to 4,096; member `id` is in bucket `id.value >> (64 - log2(count))`.
    case syncBuckets([UInt64])
    /// The sender's records in the buckets that differ.
    case syncIDs([SyncRow])
    /// The ids of the records that the sender asks for.
    case syncWant([NodeID])
    /// Records the receiver lacks.
    case syncDelta([Item])
    /// A part of a message of the application.
    case data(DataPart)
    /// The last message. A stream that ends without it was cut, and its content is discarded.
    case end(StreamEndCode)

    package struct Hello: Equatable, Sendable {
        package var purpose: Purpose
        package var protocolVersions: ClosedRange<UInt8>
        package var caller: NodeID

        package init(purpose: Purpose, protocolVersions: ClosedRange<UInt8>, caller: NodeID) {
            self.purpose = purpose
            self.protocolVersions = protocolVersions
            self.caller = caller
        }
    }

    package enum Purpose: UInt8, Hashable, Sendable {
        case join = 1
        case sync = 2
        case keys = 3
        /// A comparison of the states that members publish.
        case states = 4
        /// A message of the application, and perhaps an answer.
        case message = 5
        /// The stream stays open, and silent: each end sees when the other one ends.
        case lifeline = 6
    }

    package struct PeerListChunk: Equatable, Sendable {
        /// Items in all chunks together, as announced; at most 2 x 131,072.
        package var total: UInt32
        /// Which chunk, from 0.
        package var index: UInt32
        package var items: [Item]

        package init(total: UInt32, index: UInt32, items: [Item]) {
            self.total = total
            self.index = index
            self.items = items
        }
    }

    package struct DataPart: Equatable, Sendable {
        package var applicationType: UInt16
        /// Bytes of the whole message.
        package var total: UInt32
        /// Where in it these bytes are.
        package var offset: UInt32
        package var bytes: [UInt8]

        package init(applicationType: UInt16, total: UInt32, offset: UInt32, bytes: [UInt8]) {
            self.applicationType = applicationType
            self.total = total
            self.offset = offset
            self.bytes = bytes
        }

        /// A message of at most `Bounds.streamedMessageBytes` in parts, at least one.
        package static func parts(of message: [UInt8], applicationType: UInt16) -> [DataPart] {
            stride(from: 0, to: max(1, message.count), by: Bounds.dataBytes).map { start in
                DataPart(
                    applicationType: applicationType, total: UInt32(clamping: message.count),
                    offset: UInt32(clamping: start),
                    bytes: Array(message[start..<min(message.count, start + Bounds.dataBytes)]))
            }
        }
    }

    package struct SyncRow: Equatable, Sendable {
        package var member: NodeID
        package var recordHash: UInt64

        package init(member: NodeID, recordHash: UInt64) {
            self.member = member
            self.recordHash = recordHash
        }
    }
}

/// How a stream ended, or why it was refused: in `StreamMessage.end`, and in clear before the
/// handshake (then printed as "says (unauthenticated)").
package enum StreamEndCode: UInt16, Hashable, Sendable, CaseIterable {
    case done = 0
    /// The key id is in none of our keyrings.
    case unknownKey = 1
    /// The key is known, but the cluster name differs: the handshake's prologue is another one.
    case wrongCluster = 2
    /// No protocol version in common.
    case version = 3
    /// Too many streams at once: try again.
    case busy = 4
    /// Another living member has this name.
    case aliasTaken = 5
    /// The handshake or a later message broke the rules.
    case protocolViolation = 6
    /// The answering node is leaving.
    case leaving = 7
    /// The caller's key is retired, and its request is not possible under a retired key. The caller
    /// has received the new keys.
    case retiredKey = 8
    /// The received keys could not be stored, and so were not accepted.
    case cannotKeep = 9
    /// The received keys were accepted, but will not outlive the process.
    case inMemoryOnly = 10
    /// Nothing reads messages of this type there.
    case noHandler = 11
    /// The message is longer than the receiver takes.
    case tooLong = 12
    /// The application has refused the message.
    case applicationRefused = 13
    /// A lifeline that is not needed any more: another member is nearer in the circle.
    case moved = 14
    /// The other side is dead in the view of this one. If it is not, it refutes.
    case heldDead = 15
    /// The other side has a newer boot than the one that this stream is with.
    case oldBoot = 16
    /// This member takes part in no lifelines.
    case noLifelines = 17
}

/// The versions of the wire protocol that this code speaks.
///
/// Version 2 adds items that a reader of version 1 passes over, and purposes of streams that are used
/// towards members that state version 2 only. Specs/Wire.md, section 3.1.
package enum ProtocolVersion {
    package static let supported: ClosedRange<UInt8> = 1...2
    /// The first one with messages by stream.
    package static let messagesByStream: UInt8 = 2
    /// The first one with states of members.
    package static let states: UInt8 = 2
}
