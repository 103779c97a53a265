import MembershipWire

/// How a statement reached us: it decides what we make of it and whether we pass it on.
enum Provenance: Equatable, Sendable {
    /// In a datagram of this member, about any member.
    case gossip(of: NodeID)
    /// From an unknown member, about itself.
    case introduction
    /// From the member itself, or kept from earlier.
    case rumor
    /// In a sync, or in the list that a newcomer brought: others here may not know it yet.
    case sync
    /// In the list that we were given when joining: the others here know it.
    case peerList
}
