package import IridiumJSON
import IridiumShell
package import Membership

/// `iridium tags`: the tags in a node's metadata.
extension ControlRequest {
    /// Sets the given tags, removes the given keys and keeps all others. Without either it
    /// shows the tags.
    package static func tags(set: Tags = Tags(), removing keys: [String] = []) -> ControlRequest {
        ControlRequest(
            "tags", [.init("set", set.json), .init("remove", .array(keys.map { .string($0) }))])
    }
}

extension ControlCommand {
    static let tagCommands = [
        ControlCommand("tags") { request throws(ControlRequest.Malformed) in
            let set = try tags(in: request, "set")
            let keys = request["remove"]?.elements ?? []
            let removed = keys.compactMap(\.text)
            guard removed.count == keys.count else {
                throw .init(reason: "remove is a list of keys")
            }
            return { (node, reply) async throws(IridiumError) in
                try await node.change(set, removing: removed, reply)
            }
        }
    ]

    /// Tags as an object of strings; no tags if the key is missing.
    static func tags(in request: JSON, _ key: String) throws(ControlRequest.Malformed) -> Tags {
        var tags = Tags()
        for field in request[key]?.fields ?? [] {
            guard let value = field.value.text else {
                throw .init(
                    reason: "the value of the tag \(Layout.quoted(field.key)) is not a text")
            }
            tags[field.key] = value
        }
        return tags
    }
}

extension Node {
    fileprivate func change(
        _ set: Tags, removing keys: [String], _ reply: ControlReply
    ) async throws(IridiumError) {
        let cluster = try clusterOrOff("iridium tags")
        let metadata = cluster.localMember.metadata
        guard var tags = metadata.isEmpty ? Tags() : Tags(metadata: metadata) else {
            throw .refused(
                "the metadata of the node is not tags", exit: .nothingMatched,
                try: "iridium metadata '' clears it, and then iridium tags set KEY=VALUE")
        }
        for key in set.keys { tags[key] = set[key] }
        for key in keys { tags[key] = nil }
        if set.count > 0 || !keys.isEmpty { try await store(tags, in: cluster) }
        await reply.send([
            "schema": "iridium.tags/1", "node": .string(name), "tags": tags.json,
            "bytes": JSON(tags.metadata.count),
        ])
    }

    private func store(_ tags: Tags, in cluster: Cluster) async throws(IridiumError) {
        do throws(ClusterError) {
            try await cluster.setTags(tags)
        } catch {
            switch error {
            case .metadataTooLong(let bytes): throw .metadataTooLong(bytes: bytes)
            default: throw .clusterOff(command: "iridium tags")
            }
        }
    }
}

extension Tags {
    /// The tags as JSON: an object, the keys in byte order.
    package var json: JSON {
        .object(keys.map { JSON.Field($0, .string(self[$0] ?? "")) })
    }

    /// Whether it contains all of the others, with the same values.
    package func contains(_ others: Tags) -> Bool {
        others.keys.allSatisfy { self[$0] == others[$0] }
    }
}

extension MetadataText {
    /// The tags in metadata; null if it contains no tags.
    static func tags(_ metadata: [UInt8]) -> JSON { Tags(metadata: metadata)?.json ?? .null }
}
