/// What a member is: its keys, address, name and metadata. The part of a record that its owner
/// signs, and that does not change while only the incarnation rises.
///
/// The exact bytes are kept beside the parsed fields: whoever passes a member on passes on these
/// bytes, unknown extensions included, so that hashes and signatures stay true. Specs/Wire.md,
/// section 3, "core".
package final class MemberCore: Sendable {
    /// The bytes as their owner wrote them.
    package let bytes: [UInt8]
    package let protocolVersions: ClosedRange<UInt8>
    package let identityKey: IdentityKey
    package let bootKey: BootKey
    package let endpoint: Endpoint
    package let alias: NodeAlias
    /// At most 512 bytes, the member's own business.
    package let metadata: [UInt8]
    /// The boot with which its process began, if its boot key has been renewed since.
    package let firstBoot: BootID?

    /// Only the codec and `make` call this: fields and bytes must agree.
    init(
        bytes: [UInt8], protocolVersions: ClosedRange<UInt8>, identityKey: IdentityKey,
        bootKey: BootKey, endpoint: Endpoint, alias: NodeAlias, metadata: [UInt8],
        firstBoot: BootID?
    ) {
        self.bytes = bytes
        self.protocolVersions = protocolVersions
        self.identityKey = identityKey
        self.bootKey = bootKey
        self.endpoint = endpoint
        self.alias = alias
        self.metadata = metadata
        self.firstBoot = firstBoot
    }
}

extension MemberCore: Equatable {
    package static func == (a: MemberCore, b: MemberCore) -> Bool {
        a === b || a.bytes == b.bytes
    }
}
