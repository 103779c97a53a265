package import IridiumJSON
import IridiumShell
package import Membership

/// Requests that change the membership of a node, or that send data to other members.
extension ControlRequest {
    package static func join(_ seed: HostAndPort) -> ControlRequest {
        ControlRequest("join", [.init("seed", .string(seed.description))])
    }

    package static let leave = ControlRequest("leave")

    /// The node's own text, which every member stores. It replaces the earlier text.
    package static func metadata(_ text: String) -> ControlRequest {
        ControlRequest("metadata", [.init("text", .string(text))])
    }

    /// A message to the member of a name, or to all other members: a type, whose meaning only the
    /// application knows, and its bytes.
    package static func send(
        type: UInt16, payload: [UInt8], to member: String? = nil, isReliable: Bool = false
    ) -> ControlRequest {
        let content =
            String(validating: payload, as: UTF8.self).map { JSON.Field("text", .string($0)) }
            ?? JSON.Field("hex", .string(hexadecimal(payload)))
        let receiver = member.map { [JSON.Field("to", .string($0))] } ?? []
        let reliable = isReliable ? [JSON.Field("reliable", .bool(true))] : []
        return ControlRequest("send", [.init("type", JSON(type)), content] + receiver + reliable)
    }
}

extension ControlCommand {
    static let clusterCommands = [
        ControlCommand("join") { request throws(ControlRequest.Malformed) in
            guard let text = request["seed"]?.text,
                let seed = try? HostAndPort(parsing: text)
            else { throw .init(reason: "join needs a seed, HOST:PORT") }
            let address = HostAndPort(host: seed.host, port: seed.port ?? NodeSettings.usualPort)
            return { (node, reply) async throws(IridiumError) in
                await reply.send(try await node.joinCluster(address).json(node: node.name))
            }
        },
        ControlCommand("leave") { (node, reply) async throws(IridiumError) in
            guard let told = await node.leaveCluster() else {
                throw .clusterOff(command: "iridium leave")
            }
            await node.tell(.note("left the cluster: iridium leave requested it"))
            await reply.send([
                "schema": "iridium.leave/1", "node": .string(node.name), "told": JSON(told),
            ])
        },
        ControlCommand("metadata") { request throws(ControlRequest.Malformed) in
            guard let text = request["text"]?.text else {
                throw .init(reason: "metadata needs a text")
            }
            return { (node, reply) async throws(IridiumError) in
                try await node.describe(Array(text.utf8), reply)
            }
        },
        ControlCommand("send") { request throws(ControlRequest.Malformed) in
            let (type, payload) = try message(in: request)
            let receiver = request["to"]
            guard receiver == nil || receiver == .null || receiver?.text != nil else {
                throw .init(reason: "a message goes to a member by its name")
            }
            return { (node, reply) async throws(IridiumError) in
                _ = try await node.clusterOrOff("iridium send")
                let told = try await node.send(
                    payload, type: type, to: receiver?.text,
                    isReliable: request["reliable"] == .bool(true))
                await reply.send([
                    "schema": "iridium.send/1", "node": .string(node.name), "type": JSON(type),
                    "bytes": JSON(payload.count), "members": JSON(told),
                ])
            }
        },
    ]

    /// Either a text or bytes in hexadecimal. Without a type it is 0.
    static func message(
        in request: JSON
    ) throws(ControlRequest.Malformed) -> (type: UInt16, payload: [UInt8]) {
        guard let type = UInt16(exactly: request["type"]?.integer ?? 0) else {
            throw .init(reason: "the type of a message is a number from 0 to 65535")
        }
        let text = request["text"]?.text.map { Array($0.utf8) }
        let bytes = request["hex"]?.text.map { Hexadecimal.bytes($0) } ?? nil
        guard let payload = text ?? bytes, text == nil || request["hex"] == nil else {
            throw .init(reason: "send needs a text, or bytes as hex")
        }
        return (type, payload)
    }
}

extension Node {
    fileprivate func describe(
        _ text: [UInt8], _ reply: ControlReply
    ) async throws(IridiumError) {
        let cluster = try clusterOrOff("iridium metadata")
        do throws(ClusterError) {
            try await cluster.setMetadata(text)
        } catch {
            switch error {
            case .metadataTooLong(let bytes): throw .metadataTooLong(bytes: bytes)
            default: throw .clusterOff(command: "iridium metadata")
            }
        }
        await reply.send([
            "schema": "iridium.metadata/1", "node": .string(name), "bytes": JSON(text.count),
        ])
    }
}

/// `iridium.join/1`, written by the node and read by the command.
extension ClusterJoined {
    func json(node: String) -> JSON {
        [
            "schema": "iridium.join/1",
            "node": .string(node),
            "seed": .string(seed),
            "members": JSON(members),
            "converged_ms": convergedIn.map { JSON(milliseconds: $0) } ?? .null,
            "udp": .bool(heartbeatsPass),
            "called_in_vain_at": JSON(uncallable?.address.description),
            "called_in_vain_by": .array((uncallable?.triedBy ?? []).map { .string($0) }),
            "received": JSON(receivedMembers),
            "alive": .array(aliveNames.map { .string($0) }),
            "cluster": .string(clusterName),
            "started_on": JSON(startedFirst?.address.description),
            "taken_port": startedFirst?.takenPort.map { JSON($0) } ?? .null,
        ]
    }

    package init(_ json: JSON) {
        let startedOn = json["started_on"]?.text.flatMap { Endpoint($0) }
        let calledAt = json["called_in_vain_at"]?.text.flatMap { Endpoint($0) }
        self.init(
            clusterName: json["cluster"]?.text ?? "?", seed: json["seed"]?.text ?? "?",
            receivedMembers: Int(json["received"]?.integer ?? 0),
            members: Int(json["members"]?.integer ?? 0),
            heartbeatsPass: json["udp"]?.boolean ?? false,
            aliveNames: (json["alive"]?.elements ?? []).compactMap(\.text),
            convergedIn: json["converged_ms"]?.integer.map { .milliseconds($0) },
            startedFirst: startedOn.map {
                .init(
                    address: $0,
                    takenPort: json["taken_port"]?.integer.flatMap { UInt16(exactly: $0) })
            },
            uncallable: calledAt.map {
                .init(
                    address: $0,
                    triedBy: (json["called_in_vain_by"]?.elements ?? []).compactMap(\.text))
            })
    }
}
