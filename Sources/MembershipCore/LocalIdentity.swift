package import MembershipWire

/// Who this node is when it starts.
package struct LocalIdentity: Sendable {
    package var alias: NodeAlias
    package var identityKey: IdentityKey
    package var bootKey: BootKey
    /// What others are told to call.
    package var endpoint: Endpoint
    package var metadata: [UInt8]
    /// The last one of the previous life, if it is remembered; this life starts with the next.
    package var lastIncarnation: Incarnation?

    package init(
        alias: NodeAlias, identityKey: IdentityKey, bootKey: BootKey, endpoint: Endpoint,
        metadata: [UInt8] = [], lastIncarnation: Incarnation? = nil
    ) {
        self.alias = alias
        self.identityKey = identityKey
        self.bootKey = bootKey
        self.endpoint = endpoint
        self.metadata = metadata
        self.lastIncarnation = lastIncarnation
    }
}
