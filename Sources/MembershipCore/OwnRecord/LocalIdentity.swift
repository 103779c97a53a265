package import MembershipWire

/// The identity of this node when it starts.
package struct LocalIdentity: Sendable {
    package var alias: NodeAlias
    package var identityKey: IdentityKey
    package var bootKey: BootKey
    /// The address that other members call.
    package var endpoint: Endpoint
    package var metadata: [UInt8]
    /// The last one of the previous life, if it is remembered; this life starts with the next.
    package var lastIncarnation: Incarnation?
    /// Of the keyset that the node starts with; 0 where keys were never rotated.
    package var keyringHash: UInt32

    package init(
        alias: NodeAlias, identityKey: IdentityKey, bootKey: BootKey, endpoint: Endpoint,
        metadata: [UInt8] = [], lastIncarnation: Incarnation? = nil, keyringHash: UInt32 = 0
    ) {
        self.alias = alias
        self.identityKey = identityKey
        self.bootKey = bootKey
        self.endpoint = endpoint
        self.metadata = metadata
        self.lastIncarnation = lastIncarnation
        self.keyringHash = keyringHash
    }
}
