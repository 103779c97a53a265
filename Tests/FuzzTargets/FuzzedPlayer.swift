/// A member that the input plays: it signs what it says, with numbers that the input chooses.
import MembershipCore
import MembershipSimulator
import MembershipWire

struct FuzzedPlayer: Sendable {
    let identity: LocalIdentity
    let authenticator: PlainAuthenticator
    private let core: MemberCore

    /// Numbers 5 and 6 have one name.
    init?(number: UInt8) {
        let key = IdentityKey(Octets32(repeating: number))
        let boot = BootKey(Octets32(repeating: number))
        guard let alias = try? NodeAlias(parsing: "n\(min(number, 5))") else { return nil }
        let endpoint = Endpoint(.v4(0x0A00_0000 | UInt32(number)), port: 2254)
        identity = LocalIdentity(alias: alias, identityKey: key, bootKey: boot, endpoint: endpoint)
        authenticator = PlainAuthenticator(identityKey: key, bootKey: boot)
        let core = try? MemberCore.make(
            identityKey: key, bootKey: boot, endpoint: endpoint, alias: alias, metadata: [])
        guard let core else { return nil }
        self.core = core
    }

    var id: NodeID { authenticator.nodeID(of: identity.identityKey) }
    var boot: BootID { authenticator.bootID(of: identity.bootKey) }
    private var coreHash: CoreHash { authenticator.hash(of: core.bytes) }

    func full(_ reader: inout InputReader) -> FullStatement {
        let (core, hash) = someCore(&reader)
        let incarnation = number(&reader)
        let standing: Standing = reader.byte() < 0xF0 ? .alive : .left
        return FullStatement(
            core: core, incarnation: incarnation, standing: standing,
            signature: authenticator.sign(.statement(hash, incarnation, standing)))
    }

    func refresh(_ reader: inout InputReader, _ standing: Standing) -> RefreshStatement {
        let incarnation = number(&reader)
        return RefreshStatement(
            member: id, corePrefix: coreHash.prefix, incarnation: incarnation, standing: standing,
            signature: authenticator.sign(.statement(coreHash, incarnation, standing)))
    }

    func suspects(_ target: FuzzedPlayer, _ reader: inout InputReader) -> SuspectStatement {
        let incarnation = number(&reader)
        return SuspectStatement(
            target: target.id, corePrefix: target.coreHash.prefix, incarnation: incarnation,
            accuser: id, signature: accusation(of: target, incarnation))
    }

    func declaresDead(_ target: FuzzedPlayer, _ reader: inout InputReader) -> DeadStatement {
        let incarnation = number(&reader)
        return DeadStatement(
            target: target.id, corePrefix: target.coreHash.prefix, incarnation: incarnation,
            accusations: [.init(accuser: id, signature: accusation(of: target, incarnation))])
    }

    func saysGone(_ target: FuzzedPlayer, _ reader: inout InputReader) -> GoneStatement {
        let incarnation = number(&reader)
        return GoneStatement(
            target: target.id, corePrefix: target.coreHash.prefix, incarnation: incarnation,
            accuser: id,
            signature: authenticator.sign(
                .gone(target: target.id, target.coreHash, incarnation, accuser: id)))
    }

    func message(_ payload: [UInt8], _ reader: inout InputReader) -> UserStatement {
        let sequence = reader.number(bytes: 1)
        return UserStatement(
            origin: id, sequence: sequence, timeToLive: reader.byte(), applicationType: 1,
            payload: payload,
            signature: authenticator.sign(
                .user(origin: id, sequence: sequence, applicationType: 1, payload: payload)))
    }

    func degraded(_ reader: inout InputReader) -> DegradedStatement {
        let incarnation = number(&reader)
        let counter = UInt32(reader.byte())
        return DegradedStatement(
            member: id, incarnation: incarnation, counter: counter,
            signature: authenticator.sign(.degraded(member: id, incarnation, counter: counter)))
    }

    private func accusation(of target: FuzzedPlayer, _ incarnation: Incarnation) -> Signature {
        authenticator.sign(
            .suspicion(target: target.id, target.coreHash, incarnation, accuser: id))
    }

    /// Small numbers mostly, and now and then one near the end.
    private func number(_ reader: inout InputReader) -> Incarnation {
        let byte = reader.byte()
        let number = byte < 0xF0 ? UInt64(byte) : UInt64(byte & 7) << 60
        return Incarnation(number) ?? .first
    }

    /// The own core, or one with other metadata.
    private func someCore(_ reader: inout InputReader) -> (MemberCore, CoreHash) {
        let byte = reader.byte()
        guard byte >= 0x80,
            let other = try? MemberCore.make(
                identityKey: identity.identityKey, bootKey: identity.bootKey,
                endpoint: identity.endpoint, alias: identity.alias, metadata: [byte])
        else { return (core, coreHash) }
        return (other, authenticator.hash(of: other.bytes))
    }
}
