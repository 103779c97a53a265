package import IridiumJSON
package import IridiumShell
package import Membership

/// A message that a member sent to all, as this node received it. It is shown as JSON, as a line of
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
    /// Sends a message of the application to all other members; best effort. Returns the number of
    /// members.
    ///
    /// - Throws: IR-33 above 1,024 bytes, IR-45 while the cluster is off.
    func send(_ payload: [UInt8], type: UInt16) async throws(IridiumError) -> Int {
        guard let running = cluster else { throw .clusterOff(command: "a message") }
        do throws(ClusterError) {
            try await running.cluster.broadcast(type: type, payload)
        } catch {
            throw words(for: error, running)
        }
        return running.cluster.members.count { member in
            !member.isSelf && (member.state == .alive || member.state == .suspect)
        }
    }
}
