package import MembershipWire

/// The last statement of a member about itself, its signature checked.
///
/// Immutable and shared: the table, rumors and snapshots all hold the same one. Only
/// `init(verified:…)` makes one, after the check (or for our own record, after signing).
package final class MemberRecord: Sendable {
    package let id: NodeID
    package let boot: BootID
    package let core: MemberCore
    package let coreHash: CoreHash
    package let incarnation: Incarnation
    package let standing: Standing
    package let signature: Signature

    package init(
        verified core: MemberCore, id: NodeID, boot: BootID, coreHash: CoreHash,
        incarnation: Incarnation, standing: Standing, signature: Signature
    ) {
        self.id = id
        self.boot = boot
        self.core = core
        self.coreHash = coreHash
        self.incarnation = incarnation
        self.standing = standing
        self.signature = signature
    }

    /// Which process of the member states this: its first boot. Renewals of the boot key keep it, and a
    /// restart does not.
    package var process: BootID { core.firstBoot ?? boot }
    package var alias: NodeAlias { core.alias }
    package var endpoint: Endpoint { core.endpoint }
    package var destination: Destination {
        Destination(endpoint: core.endpoint, boot: boot, bootKey: core.bootKey)
    }

    /// The record as it travels.
    package var full: FullStatement {
        FullStatement(
            core: core, incarnation: incarnation, standing: standing, signature: signature)
    }

    /// The same without its core, for those who know it.
    package var refresh: RefreshStatement {
        RefreshStatement(
            member: id, corePrefix: coreHash.prefix, incarnation: incarnation, standing: standing,
            signature: signature)
    }

    /// Which of two statements by one member holds: the higher incarnation; then left over alive;
    /// then the greater core hash, so that all agree even if a member contradicts itself.
    package func isNewer(than other: MemberRecord) -> Bool {
        if incarnation != other.incarnation { return incarnation > other.incarnation }
        if standing != other.standing { return standing == .left }
        return other.coreHash < coreHash
    }
}

extension DeadStatement {
    /// That a member is dead in its present life. Without accusations nothing proves it.
    init(about target: MemberRecord, accusations: [Accusation] = []) {
        self.init(
            target: target.id, corePrefix: target.coreHash.prefix,
            incarnation: target.incarnation, accusations: accusations)
    }

    /// Whether it says of this very statement that its member is dead.
    func isDeath(of record: MemberRecord) -> Bool {
        incarnation == record.incarnation && corePrefix == record.coreHash.prefix
            && record.standing == .alive
    }
}
