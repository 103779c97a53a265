// The few value types of the wire that are part of the public interface (NodeID, NodeAlias,
// Endpoint, IPAddress, HostAndPort, Incarnation, MemberState) come with `import Membership`.
@_exported public import MembershipWire
