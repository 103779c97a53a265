import MembershipCore
import MembershipWire

/// Members with false identities, and false statements.
extension World {
    /// From its next start on, the host has the identity of another one.
    mutating func copyIdentity(to host: Int, from source: Int) {
        hosts[host].identitySeed = hosts[source].identitySeed
        hosts[host].identityKey = hosts[source].identityKey
        hosts[host].id = hosts[source].id
        hosts[host].alias = hosts[source].alias
        hosts[host].lastIncarnation = hosts[source].lastIncarnation
    }

    /// An accusation with a valid signature and a false content. It reaches every process at once.
    mutating func accuse(_ target: Int, by liar: Int, observer: inout some WorldObserver) {
        guard hosts[liar].phase == .running, let boot = hosts[liar].boot,
            let authenticator = hosts[liar].authenticator,
            let record = hosts[liar].node?.view.table[hosts[target].id]?.record
        else { return }
        let text = SignedText.suspicion(
            target: record.id, record.coreHash, record.incarnation, accuser: hosts[liar].id)
        let statement = SuspectStatement(
            target: record.id, corePrefix: record.coreHash.prefix, incarnation: record.incarnation,
            accuser: hosts[liar].id, signature: authenticator.sign(text))
        let gossip = Datagram(.gossip(isFinalCheck: false), [.suspect(statement)])
        let source = hosts[liar].endpoint
        for host in hosts.indices where host != liar && hosts[host].phase == .running {
            feed(
                .received(gossip, sequence: 0, from: boot, source: source), to: host,
                observer: &observer)
        }
    }
}
