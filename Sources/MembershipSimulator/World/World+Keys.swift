import MembershipCore
import MembershipWire

/// Keysets, as far as members exchange them: each is a number, and the greater one wins.
extension World {
    /// The host makes the next keyset and gives it to every member that is alive in its view.
    mutating func rotateKeys(at host: Int, observer: inout some WorldObserver) {
        guard hosts[host].phase == .running, let view = hosts[host].node?.view.table else { return }
        hold(hosts[host].keyset + 1, at: host, observer: &observer)
        for index in 0..<view.count where view.state(at: index).isLiving {
            let member = view.id(at: index)
            guard member != hosts[host].id else { continue }
            let input = KeysInput.give(to: member, attempt: UInt64(index))
            feed(.keys(input), to: host, observer: &observer)
        }
    }

    private mutating func hold(
        _ version: UInt32, at host: Int, observer: inout some WorldObserver
    ) {
        guard let authenticator = hosts[host].authenticator else { return }
        hosts[host].keyset = version
        observer.observe(.holdsKeyset(host: host, version: version), at: now, in: self)
        feed(.keys(.changed(hash: version, authenticator)), to: host, observer: &observer)
    }

    mutating func sendKeys(on stream: StreamID, by host: Int) {
        guard let number = hosts[host].streams[stream.number],
            let side = side(of: number, stream, host)
        else { return }
        push(.keys(hosts[host].keyset), into: number, from: side)
    }

    mutating func takeKeys(
        on stream: StreamID, by host: Int, observer: inout some WorldObserver
    ) {
        guard let number = hosts[host].streams[stream.number],
            let side = side(of: number, stream, host), let version = pipes[number]?[side]?.keyset
        else { return }
        if version > hosts[host].keyset { hold(version, at: host, observer: &observer) }
        let outcome: KeysOutcome =
            version < hosts[host].keyset ? .older(inMemoryOnly: false) : .same(inMemoryOnly: false)
        feed(.stream(stream, .tookKeys(outcome)), to: host, observer: &observer)
    }
}
