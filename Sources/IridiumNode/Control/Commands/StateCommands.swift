package import IridiumJSON
package import IridiumShell
import Membership

/// `iridium state`: what members publish about themselves, and what this one does.
extension ControlRequest {
    /// The values that all living members publish; of one member, or one key, where that is named.
    package static func state(of member: String? = nil, key: String? = nil) -> ControlRequest {
        ControlRequest("state", [.init("member", JSON(member)), .init("key", JSON(key))])
    }

    /// Sets one value of this node and removes some keys; all others stay.
    package static func changeState(
        set: (key: String, value: [UInt8])? = nil, removing keys: [String] = []
    ) -> ControlRequest {
        let set = set.map {
            [JSON.Field("key", .string($0.key)), JSON.Field("hex", .string(hexadecimal($0.value)))]
        }
        return ControlRequest(
            "state-change", (set ?? []) + [.init("remove", .array(keys.map { .string($0) }))])
    }

    /// The values that members publish, then every change until the client closes the connection.
    package static func watchState(prefix: String) -> ControlRequest {
        ControlRequest("state-watch", [.init("prefix", .string(prefix))])
    }
}

extension ControlCommand {
    static let stateCommands = [
        ControlCommand("state") { request throws(ControlRequest.Malformed) in
            let (member, key) = (request["member"]?.text, request["key"]?.text)
            return { (node, reply) async throws(IridiumError) in
                await reply.send(
                    try await node.stateListing(of: member, key: key).json(node: node.name))
            }
        },
        ControlCommand("state-change") { request throws(ControlRequest.Malformed) in
            let keys = (request["remove"]?.elements ?? []).compactMap(\.text)
            var set: (key: String, value: [UInt8])?
            if let key = request["key"]?.text {
                guard let hex = request["hex"]?.text, let value = Hexadecimal.bytes(hex) else {
                    throw .init(reason: "a value is bytes as hex")
                }
                set = (key, value)
            }
            return { [set] (node, reply) async throws(IridiumError) in
                try await node.changeState(set, removing: keys, reply)
            }
        },
        ControlCommand("state-watch") { request throws(ControlRequest.Malformed) in
            let prefix = request["prefix"]?.text ?? ""
            return { (node, reply) async throws(IridiumError) in
                await node.watchState(
                    try await node.clusterOrOff("iridium state watch"), prefix: prefix, reply)
            }
        },
    ]
}

extension Node {
    /// The values that living members publish, sorted by name. `member` is a name or an id.
    package func stateListing(
        of member: String? = nil, key: String? = nil
    ) async throws(IridiumError) -> StateListing {
        let cluster = try clusterOrOff("iridium state")
        let states = cluster.states
        let members = cluster.members.filter { $0.state == .alive || $0.state == .suspect }
        let rows = members.filter {
            member == nil || $0.name.text == member || $0.id.description == member
        }
        guard member == nil || !rows.isEmpty else {
            throw .noSuchMember(member ?? "", suggestion: nil)
        }
        return StateListing(
            rows: rows.compactMap { one in
                let values = states[one.id].filter { key == nil || $0.key == key }
                guard !values.isEmpty else { return nil }
                return StateListing.Row(
                    member: one.name.text, id: one.id.description,
                    values: values.sorted { $0.key < $1.key }.map {
                        .init(key: $0.key, value: $0.value)
                    })
            })
    }

    fileprivate func changeState(
        _ set: (key: String, value: [UInt8])?, removing keys: [String], _ reply: ControlReply
    ) async throws(IridiumError) {
        let cluster = try clusterOrOff("iridium state")
        do throws(ClusterError) {
            try await cluster.updateState { state in
                for key in keys { state[key] = nil }
                if let set { state[set.key] = set.value }
            }
        } catch {
            switch error {
            case .stateTooLarge, .badStateKey: throw .stateRefused("\(error)")
            default: throw .clusterOff(command: "iridium state")
            }
        }
        await reply.send(["schema": "iridium.state-change/1", "node": .string(name)])
    }

    fileprivate func watchState(_ cluster: Cluster, prefix: String, _ reply: ControlReply) async {
        for await change in cluster.stateChanges(prefix: prefix) {
            for line in lines(of: change, in: cluster) {
                guard await reply.send(line) else { return }
            }
        }
    }

    /// A line for each value.
    private func lines(of change: StateChange, in cluster: Cluster) -> [JSON] {
        func name(_ id: NodeID) -> String {
            cluster.members.first { $0.id == id }?.name.text ?? id.description
        }
        func line(_ what: String, _ id: NodeID, _ key: String?, _ value: [UInt8]?) -> JSON {
            let text = StateText.change(
                what, member: name(id), key: key, value: value.map { StateText.value($0) })
            return [
                "schema": "iridium.state-watch/1", "change": .string(what),
                "member": .string(name(id)), "id": .string(id.description), "key": JSON(key),
                "value": value.map { .stateValue($0) } ?? .null, "line": .string(text),
            ]
        }
        switch change {
        case .snapshot(let states):
            return states.members.flatMap { id in
                states[id].sorted { $0.key < $1.key }.map { line("set", id, $0.key, $0.value) }
            }
        case .set(let id, let key, let value): return [line("set", id, key, value)]
        case .removed(let id, let key): return [line("removed", id, key, nil)]
        case .gone(let id): return [line("gone", id, nil, nil)]
        }
    }
}

extension StateListing {
    /// `iridium.state/1`.
    func json(node: String) -> JSON {
        [
            "schema": "iridium.state/1", "node": .string(node),
            "members": .array(
                rows.map { row in
                    [
                        "member": .string(row.member), "id": .string(row.id),
                        "values": .object(
                            row.values.map { JSON.Field($0.key, .stateValue($0.value)) }),
                    ]
                }),
        ]
    }

    package init(_ json: JSON) {
        self.init(
            rows: (json["members"]?.elements ?? []).map { row in
                Row(
                    member: row["member"]?.text ?? "?", id: row["id"]?.text ?? "?",
                    values: (row["values"]?.fields ?? []).map {
                        Value(key: $0.key, value: $0.value.stateBytes)
                    })
            })
    }
}

extension JSON {
    /// A text where the bytes are one, else an object with the bytes in hexadecimal.
    static func stateValue(_ bytes: [UInt8]) -> JSON {
        if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
        return ["hex": .string(hexadecimal(bytes))]
    }

    fileprivate var stateBytes: [UInt8] {
        if let text { return Array(text.utf8) }
        return self["hex"]?.text.flatMap { Hexadecimal.bytes($0) } ?? []
    }
}
