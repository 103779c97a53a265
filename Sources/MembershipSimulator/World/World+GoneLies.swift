import MembershipCore
import MembershipWire

/// Statements against the rules: well formed, truly signed, and false.
extension World {
    /// Tells all others that a member is gone, as if a knock had been refused.
    mutating func accuseOfBeingGone(_ host: Int, by liar: Int, observer: inout some WorldObserver) {
        guard liar != host, hosts[liar].isRunning, let authenticator = hosts[liar].authenticator,
            let target = hosts[host].node?.ownRecord
        else { return }
        func sign(_ text: SignedText) -> Signature { authenticator.sign(text) }
        let accuser = hosts[liar].id
        let items: [Item] = [
            .suspect(
                SuspectStatement(
                    target: target.id, corePrefix: target.coreHash.prefix,
                    incarnation: target.incarnation, accuser: accuser,
                    signature: sign(
                        .suspicion(
                            target: target.id, target.coreHash, target.incarnation,
                            accuser: accuser)))),
            .gone(
                GoneStatement(
                    target: target.id, corePrefix: target.coreHash.prefix,
                    incarnation: target.incarnation, accuser: accuser,
                    signature: sign(
                        .gone(
                            target: target.id, target.coreHash, target.incarnation,
                            accuser: accuser)))),
        ]
        for other in hosts.indices where other != host && other != liar && hosts[other].isRunning {
            guard let destination = hosts[other].node?.ownRecord.destination else { continue }
            hosts[liar].lies += 1
            send(
                Datagram(.gossip(isFinalCheck: false), items),
                sequence: Self.firstLie + hosts[liar].lies, to: destination, from: liar,
                observer: &observer)
        }
    }

    /// Beyond any sequence that a node reaches by itself.
    private static let firstLie: UInt64 = 1 << 32
}
