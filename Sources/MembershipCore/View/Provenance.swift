import MembershipWire

/// How a statement reached us: it decides what we make of it and whether we pass it on.
enum Provenance: Equatable, Sendable {
    /// In a datagram of this member, about any member.
    case gossip(of: NodeID)
    /// From an unknown member, about itself.
    case introduction
    /// From the member itself, or kept from earlier.
    case rumor
    /// In a sync that we opened, or from the member on the other side of a stream: others here may not know it
    /// yet.
    case sync
    /// The same in a stream that this member opened: a sync, or the list that a newcomer brought.
    case call(of: NodeID)
    /// In the list that we were given when joining: the others here know it.
    case peerList
}
