package import IridiumJSON
package import IridiumShell
package import Membership

/// A message that a member sent to all or to this node, as this node received it. It is shown as JSON, as a line of
/// `iridium monitor`, and as a line above the prompt.
package struct MessageOfMember: Sendable {
    package let line: MessageLine
    package let senderID: NodeID
    package let at: WallClock

    /// `iridium.event/1`. The payload is `text` if it is valid text, otherwise `hex`; `line` is the
    /// line for people, for clients that show it.
    package func json(observer: String, line shown: String? = nil) -> JSON {
        var fields = [
            JSON.Field("schema", "iridium.event/1"),
            JSON.Field("at", .string(at.rfc3339)),
            JSON.Field("event", "message"),
            JSON.Field("member", .string(line.sender)),
            JSON.Field("observer", .string(observer)),
            JSON.Field("id", .string(senderID.description)),
            JSON.Field("type", JSON(line.type)),
            JSON.Field("bytes", JSON(line.payload.count)),
            JSON.Field("text", JSON(line.text)),
            JSON.Field("hex", JSON(line.text == nil ? hexadecimal(line.payload) : nil)),
        ]
        if let shown { fields.append(JSON.Field("line", .string(shown))) }
        return .object(fields)
    }

    /// A line of `iridium monitor`.
    package func monitorText(nameWidth: Int) -> String {
        line.monitorText(time: at.localRFC3339, nameWidth: nameWidth)
    }

    /// The line above the prompt.
    package var eventLine: EventLine {
        EventLine(time: at.timeOfDay, member: line.sender, change: .message(line), aliveCount: 0)
    }
}

extension Node {
    /// Sends a message of the application to the living member of a name, or to all other members; best
    /// effort. Returns the number of members.
    ///
    /// - Throws: IR-33 above 1,024 bytes, IR-45 while the cluster is off, IR-48 where no living member has the
    ///   name, IR-61 while messages come too fast, IR-62 if a reliable one could not be delivered.
    func send(
        _ payload: [UInt8], type: UInt16, to name: String? = nil, isReliable: Bool = false
    ) async throws(IridiumError) -> Int {
        guard let running = cluster else { throw .clusterOff(command: "a message") }
        let receiver = try name.map { (name) throws(IridiumError) in
            try livingMember(name, of: running.cluster)
        }
        do throws(ClusterError) {
            if let receiver {
                if isReliable {
                    try await running.cluster.deliver(payload, type: type, to: receiver.id)
                } else {
                    try await running.cluster.send(payload, type: type, to: receiver.id)
                }
                return 1
            }
            try await running.cluster.broadcast(type: type, payload)
            return running.cluster.members.count { $0.isLiving && !$0.isSelf }
        } catch {
            throw words(for: error, running)
        }
    }

    private func livingMember(
        _ name: String, of cluster: Cluster
    ) throws(IridiumError) -> Member {
        let member = cluster.members.first {
            $0.isLiving && $0.name.text.utf8.elementsEqual(name.utf8)
        }
        guard let member else { throw .noSuchMember(name, suggestion: nil) }
        return member
    }
}
