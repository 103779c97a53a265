/// The reason why received bytes were refused.
///
/// Each reason is a counter and a fixture. None carries text or numbers from the sender, so that
/// nothing a stranger wrote is ever logged. A refusal costs only the refused datagram or stream and
/// is never answered. Specs/Wire.md, section 7.
package enum WireError: String, Error, Hashable, CaseIterable, Sendable {
    // The shape of a message.
    /// A datagram's plaintext is not a multiple of 64 from 64 to 1,280 bytes, or a HELLO is not 192
    /// bytes.
    case badLength = "bad-length"
    /// A field or an item needs more bytes than are left.
    case truncated
    /// A value continues after its end.
    case trailingBytes = "trailing-bytes"
    /// Something follows the end of the item list.
    case nonzeroPadding = "nonzero-padding"
    /// A field that must be zero is not.
    case nonzeroReserved = "nonzero-reserved"
    case unknownMessageType = "unknown-message-type"
    /// First contact under keys of a pair, or anything else under the cluster key alone.
    case wrongSuite = "wrong-suite"
    /// A flag bit that has no meaning in this version.
    case unknownFlag = "unknown-flag"
    /// A stream message is longer than its kind may be.
    case messageTooLong = "message-too-long"

    // The list of items.
    case tooManyItems = "too-many-items"
    /// An item with a type from 0x80 on that this version does not know. Its sender demands that a
    /// reader without that knowledge drops the message.
    case unknownMandatoryItem = "unknown-mandatory-item"
    /// An item in a message that does not allow it.
    case misplacedItem = "misplaced-item"
    /// Two items of a kind that may be present only once.
    case duplicateItem = "duplicate-item"
    /// The message lacks an item that it must carry.
    case missingItem = "missing-item"

    // Fields.
    /// 2^63 or above.
    case incarnationOutOfRange = "incarnation-out-of-range"
    /// A member claims neither "alive" nor "left" for itself.
    case unknownStanding = "unknown-standing"
    case tooManyAccusers = "too-many-accusers"
    /// Accusers of a DEAD that are not strictly ascending.
    case unorderedAccusers = "unordered-accusers"
    /// An application payload above 1,024 bytes.
    case payloadTooLong = "payload-too-long"
    case unknownNackReason = "unknown-nack-reason"

    /// A version 0 or from 2^63 on, or changes that begin behind their end.
    case stateVersionOutOfRange = "state-version-out-of-range"
    case tooManyEntries = "too-many-entries"
    /// All entries of a state together.
    case stateTooLong = "state-too-long"
    case badStateKey = "bad-state-key"
    /// Keys of a state that are not strictly ascending.
    case unorderedKeys = "unordered-keys"
    case valueTooLong = "value-too-long"
    /// Neither a value nor a removal, or a removal in a whole state.
    case unknownEntryKind = "unknown-entry-kind"

    // The core of a member.
    case unknownCoreFormat = "unknown-core-format"
    /// Protocol versions that start at 0 or are in the wrong order.
    case badProtocolVersions = "bad-protocol-versions"
    case unknownAddressFamily = "unknown-address-family"
    /// Port 0, or an address that is unspecified, multicast, broadcast, or an IPv4 address written
    /// as IPv6.
    case unusableEndpoint = "unusable-endpoint"
    case badAlias = "bad-alias"
    case metadataTooLong = "metadata-too-long"
    case extensionsTooLong = "extensions-too-long"

    // Streams.
    case unknownPurpose = "unknown-purpose"
    case unknownEndCode = "unknown-end-code"
    /// Announced totals and positions of a peer list that do not fit each other or the bounds.
    case badChunk = "bad-chunk"
    /// Not a power of two from 64 to 4,096.
    case badBucketCount = "bad-bucket-count"
    /// The eight bytes of a refusal in clear do not start as they must, or say "done".
    case badReject = "bad-reject"

    // Keysets.
    case unknownKeysetFormat = "unknown-keyset-format"
    case unknownStage = "unknown-stage"
    /// 0, or 2^63 and above.
    case keysetVersionOutOfRange = "keyset-version-out-of-range"
    /// Not 1 to 4 keys and 0 to 8 retired ones, or more or fewer than the stage has.
    case badKeyCount = "bad-key-count"
    /// A key that is to be retired until 2^40 seconds after 1970 or later.
    case retirementOutOfRange = "retirement-out-of-range"
    /// Two keys with one id: a receiver could not tell which of them a frame is under.
    case collidingKeys = "colliding-keys"
    /// Not signed by the author it names, or for another cluster.
    case badKeysetSignature = "bad-keyset-signature"
    /// None of its keys, retired ones included, is one that its receiver accepts.
    case foreignKeyset = "foreign-keyset"

    /// The name of the counter. Stable: tools and fixtures refer to it.
    package var reason: String { rawValue }
}
