import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

extension Player {
    /// The map of a version; only the keys that `changed` where it does not travel whole.
    func publishes(
        _ version: UInt64, _ map: [String: [UInt8]], since: UInt64 = 0, changed: [String]? = nil,
        process: BootID? = nil
    ) -> StateStatement {
        let entries = map.keys.sorted().compactMap { name in
            StateKey(name).map { StateEntry(key: $0, value: map[name]) }
        }
        let root = authenticator.root(of: StateStatement.rootText(of: entries))
        let process = process ?? boot
        let signed = SignedText.state(member: id, process: process, version: version, root)
        return StateStatement(
            member: id, process: process, version: version, root: root,
            signature: authenticator.sign(signed), since: since,
            changes: changed.map { names in
                names.sorted().compactMap { name in
                    StateKey(name).map { StateEntry(key: $0, value: map[name]) }
                }
            } ?? entries)
    }
}

extension Datagram {
    var isHeartbeat: Bool {
        switch body {
        case .heartbeat(isIntroduction: false), .heartbeatAck: true
        default: false
        }
    }
}

extension Tabletop {
    /// The member that a stream of ours has called brings these states, and ends.
    mutating func answer(
        _ id: StreamID?, by player: Player, _ states: [StateStatement]
    ) throws -> [Effect] {
        let stream = try #require(id)
        let buckets = Array(repeating: UInt64(3), count: 64)
        let messages: [StreamMessage] = [
            .helloAck(player.full(), .empty), .syncBuckets(buckets), .syncIDs([]),
            .syncDelta(states.map(Item.state)), .end(.done),
        ]
        return messages.flatMap {
            node.handle(
                .stream(stream, .received($0, remoteBoot: player.identity.bootKey)), at: now)
        }
    }
}

extension [Effect] {
    var states: [(member: NodeID, map: StateMap?)] {
        compactMap {
            if case .notify(.stateChanged(let member, let map)) = $0 { (member, map) } else { nil }
        }
    }

    var statements: [StateStatement] {
        sent.flatMap(\.datagram.items).compactMap {
            if case .state(let statement) = $0 { statement } else { nil }
        }
    }

    var streamCalls: [(id: StreamID, endpoint: Endpoint, hello: StreamMessage.Hello)] {
        compactMap {
            if case .openStream(let id, let endpoint, let hello, _) = $0 {
                (id, endpoint, hello)
            } else {
                nil
            }
        }
    }
}
