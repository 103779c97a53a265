package import MembershipWire

/// One member as this node sees it: what lists and snapshots are made of.
package struct MemberStatus: Sendable {
    package let record: MemberRecord
    /// Its alias, or its id where that is another's name: see `NameClaims`.
    package let name: NodeAlias
    package let state: MemberState
    package let since: ClusterInstant
    package let roundTripTime: Duration?
    package let why: Why?
    package let isSelf: Bool
}
