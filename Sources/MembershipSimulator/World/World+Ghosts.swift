import MembershipCore
import MembershipWire

/// Invented members: identities that state whatever they like and have no process behind them.
///
/// One host makes them up and speaks for them. Every statement is well signed, and reaches every process at
/// once; at the addresses that they state there is nothing.
extension World {
    /// A member that exists in statements only.
    struct Ghost: Sendable {
        let core: MemberCore
        let authenticator: any StatementAuthenticator
        var incarnation: Incarnation

        var full: FullStatement {
            let hash = authenticator.hash(of: core.bytes)
            return FullStatement(
                core: core, incarnation: incarnation, standing: .alive,
                signature: authenticator.sign(.statement(hash, incarnation, .alive)))
        }

        var refresh: RefreshStatement {
            RefreshStatement(
                member: authenticator.nodeID(of: core.identityKey),
                corePrefix: authenticator.hash(of: core.bytes).prefix, incarnation: incarnation,
                standing: .alive, signature: full.signature)
        }
    }

    mutating func conjure(_ count: Int, by host: Int, observer: inout some WorldObserver) {
        let first = ghosts.count
        for number in first..<(first + count) {
            if let ghost = makeGhost(number) { ghosts.append(ghost) }
        }
        tell(ghosts[first...].map { .full($0.full) }, by: host, observer: &observer)
    }

    /// Each states its next incarnation, as a member does that refutes.
    mutating func speakForGhosts(by host: Int, observer: inout some WorldObserver) {
        for index in ghosts.indices { ghosts[index].incarnation = ghosts[index].incarnation.next }
        tell(ghosts.map { .refresh($0.refresh) }, by: host, observer: &observer)
    }

    private func makeGhost(_ number: Int) -> Ghost? {
        var chance = SeededRandom(seed: seed, label: "ghost", index: UInt64(number))
        let seed: Octets32 = chance.octets()
        let process = keys.boot(identity: seed, boot: chance.octets())
        guard let alias = try? NodeAlias(parsing: "ghost\(number)"),
            let core = try? MemberCore.make(
                identityKey: keys.identityKey(from: seed), bootKey: process.bootKey,
                endpoint: Endpoint(.v4(0x0AFF_0000 | UInt32(number)), port: 2254), alias: alias,
                metadata: [])
        else { return nil }
        return Ghost(core: core, authenticator: process.authenticator, incarnation: .first)
    }

    /// In gossip of the host that made them up, a few at a time.
    private mutating func tell(_ items: [Item], by host: Int, observer: inout some WorldObserver) {
        guard hosts[host].phase == .running, let boot = hosts[host].boot else { return }
        for start in stride(from: 0, to: items.count, by: 4) {
            let gossip = Datagram(
                .gossip(isFinalCheck: false), Array(items[start..<min(start + 4, items.count)]))
            for other in hosts.indices where other != host && hosts[other].phase == .running {
                feed(
                    .received(gossip, sequence: 0, from: boot, source: hosts[host].endpoint),
                    to: other, observer: &observer)
            }
        }
    }
}
