// The few value types of the wire that users meet (NodeID, NodeAlias, Endpoint, IPAddress,
// HostAndPort, Incarnation, MemberState) come with `import Membership`.
@_exported public import MembershipWire
