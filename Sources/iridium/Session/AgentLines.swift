import IridiumJSON
import IridiumNode
import IridiumShell
import Membership

/// The lines of an agent on standard output.
final class AgentLines {
    private let node: Node
    private let started: ClusterStarted
    private let http: Endpoint?
    private let output: AgentOutput
    private var nameWidth = 2

    private var isJSON: Bool { output.isJSON }

    init(node: Node, started: ClusterStarted, http: Endpoint?, output: AgentOutput) {
        self.node = node
        self.started = started
        self.http = http
        self.output = output
    }

    func write(_ line: String) { output.lines.write(line + "\n") }

    func write(_ change: ChangeOfMember) {
        if isJSON {
            if let json = change.json(observer: node.name) { write(json.line) }
        } else {
            nameWidth = max(nameWidth, change.member.name.text.utf8.count)
            write(change.monitorLine.text(nameWidth: nameWidth))
        }
    }

    func write(_ message: MessageOfMember) {
        write(
            isJSON
                ? message.json(observer: node.name).line
                : message.monitorText(nameWidth: nameWidth))
    }

    func ready(_ cluster: Cluster, control: String) -> String {
        let me = cluster.localMember
        guard isJSON else {
            return "ready \(node.name) (id \(me.id.short)) on \(me.endpoint), "
                + "cluster \"\(started.clusterName)\"" + (http.map { ", http://\($0)/" } ?? "")
        }
        let json: JSON = [
            "schema": "iridium.ready/1",
            "at": .string(WallClock.now.rfc3339),
            "node": .string(node.name),
            "id": .string(me.id.description),
            "cluster": .string(started.clusterName),
            "address": .string(me.endpoint.description),
            "control": .string(control),
            "http": JSON(http.map { "\($0)" }),
            "pid": JSON(SystemCall.processID),
        ]
        return json.line
    }
}
