/// The description of a member: its keys, address, name and metadata. This part of a record is
/// signed by its owner, and does not change while only the incarnation rises.
///
/// The exact bytes are kept beside the parsed fields. A node that passes a member on passes on
/// these bytes, unknown extensions included, so that hashes and signatures stay valid.
/// Specs/Wire.md, section 3, "core".
package final class MemberCore: Sendable {
    /// The bytes as their owner wrote them.
    package let bytes: [UInt8]
    package let protocolVersions: ClosedRange<UInt8>
    package let identityKey: IdentityKey
    package let bootKey: BootKey
    package let endpoint: Endpoint
    package let alias: NodeAlias
    /// At most 512 bytes, with a meaning that only the application knows.
    package let metadata: [UInt8]
    /// The first boot of its process, if its boot key has been renewed since.
    package let firstBoot: BootID?
    /// Whether the member takes part in lifelines.
    package let holdsLifelines: Bool

    /// Only the codec and `make` call this: fields and bytes must agree.
    init(
        bytes: [UInt8], protocolVersions: ClosedRange<UInt8>, identityKey: IdentityKey,
        bootKey: BootKey, endpoint: Endpoint, alias: NodeAlias, metadata: [UInt8],
        firstBoot: BootID?, holdsLifelines: Bool
    ) {
        self.bytes = bytes
        self.protocolVersions = protocolVersions
        self.identityKey = identityKey
        self.bootKey = bootKey
        self.endpoint = endpoint
        self.alias = alias
        self.metadata = metadata
        self.firstBoot = firstBoot
        self.holdsLifelines = holdsLifelines
    }
}

extension MemberCore: Equatable {
    package static func == (a: MemberCore, b: MemberCore) -> Bool {
        a === b || a.bytes == b.bytes
    }
}
