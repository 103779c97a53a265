import IridiumJSON
import IridiumNode
import Membership
import NIOCore
import NIOHTTP1

/// Server-sent events: what is so, then every change, one `iridium.event/1` each.
///
/// A connection begins with a snapshot, so a reader that comes back has missed no state, whatever its
/// `Last-Event-ID` says. A reader that is slow is waited for; one that takes nothing for `patience` is
/// closed, and so is one whose token has been replaced. (WHATWG HTML, section 9.2.)
struct EventStream: Sendable {
    let node: Node
    let readers: Seats
    /// Ends when the token under which the stream was opened does.
    let replacement: AsyncStream<Void>

    static let type = "text/event-stream"
    private static let comment = Duration.seconds(10)
    private static let patience = TimeAmount.seconds(30)

    /// Returns when the reader or the cluster is gone.
    func write(to channel: any Channel, version: HTTPVersion) async {
        defer { readers.free() }
        guard let cluster = await node.runningCluster else { return }
        var headers = HTTPHeaders(AdminResponse.safety)
        headers.add(name: "Content-Security-Policy", value: AdminResponse.nothingElse)
        headers.add(name: "Content-Type", value: Self.type)
        let head = HTTPResponseHead(version: version, status: .ok, headers: headers)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        await withTaskGroup { group in
            group.addTask {
                var follower = ChangeFollower()
                var number = 0
                for await event in cluster.events {
                    for change in follower.changes(in: event) {
                        guard let json = change.json(observer: node.name) else { continue }
                        number += 1
                        let text =
                            "id: \(number)\nevent: \(change.kind.rawValue)\ndata: \(json.line)\n\n"
                        guard await Self.send(text, to: channel) else { return }
                    }
                }
            }
            group.addTask {
                repeat {
                    guard await Self.send(": \(node.name)\n\n", to: channel) else { return }
                    try? await Task.sleep(for: Self.comment)
                } while !Task.isCancelled
            }
            group.addTask { for await _ in replacement {} }
            // Whichever ends first: the other has nothing left to do.
            await group.next()
            group.cancelAll()
            // A write that waits for a slow reader ends with the connection.
            channel.close(promise: nil)
        }
    }

    private static func send(_ text: String, to channel: any Channel) async -> Bool {
        let limit = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        defer { limit.cancel() }
        let bytes = channel.allocator.buffer(string: text)
        do {
            try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(bytes))).get()
            return true
        } catch {
            return false
        }
    }
}
