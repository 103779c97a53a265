import IridiumJSON
import NIOCore
import NIOHTTP1

/// The answer to a request.
enum AdminAnswer: Sendable {
    case whole(AdminResponse)
    case events(EventStream)
}

/// A response with a body that is known.
struct AdminResponse: Sendable {
    var status: HTTPResponseStatus
    var type: String
    var body: String
    var fields: [(String, String)] = []
    /// Whether a body would have no known length; the answer to HEAD then states none.
    var isEndless = false
    /// The rule for a browser that loads something for it (CSP).
    var policy = Self.nothingElse

    static func json(_ json: JSON, status: HTTPResponseStatus = .ok) -> AdminResponse {
        AdminResponse(status: status, type: "application/json", body: json.line + "\n")
    }

    /// The failure and what to try.
    static func failure(
        _ status: HTTPResponseStatus, _ what: String, try advice: String,
        fields: [(String, String)] = []
    ) -> AdminResponse {
        var response = json(
            [
                "schema": "iridium.http-error/1", "status": JSON(status.code),
                "what": .string(what), "try": .string(advice),
            ], status: status)
        response.fields = fields
        return response
    }

    /// The connection of a client that does not read its answer for this long is closed.
    private static let patience = TimeAmount.seconds(30)

    /// Returns whether the connection stays open.
    ///
    /// - Parameter isLast: whether it ends in any case.
    func write(
        to channel: any Channel, answering head: HTTPRequestHead, isLast: Bool = false
    ) async -> Bool {
        let limit = channel.eventLoop.scheduleTask(in: Self.patience) {
            channel.close(promise: nil)
        }
        defer { limit.cancel() }
        let isKept = head.isKeepAlive && !isLast
        let response = HTTPResponseHead(
            version: head.version, status: status, headers: headers(keeping: isKept))
        channel.write(HTTPServerResponsePart.head(response), promise: nil)
        if head.method != .HEAD {
            let bytes = channel.allocator.buffer(string: body)
            channel.write(HTTPServerResponsePart.body(.byteBuffer(bytes)), promise: nil)
        }
        do {
            try await channel.writeAndFlush(HTTPServerResponsePart.end(nil)).get()
            return isKept
        } catch {
            return false
        }
    }

    func headers(keeping isKept: Bool) -> HTTPHeaders {
        var headers = HTTPHeaders(Self.safety + fields)
        headers.add(name: "Content-Security-Policy", value: policy)
        headers.add(name: "Content-Type", value: type)
        if !isEndless { headers.add(name: "Content-Length", value: "\(body.utf8.count)") }
        headers.add(name: "Connection", value: isKept ? "keep-alive" : "close")
        return headers
    }

    /// Nothing here is to be kept, framed or guessed at by a browser.
    static let safety = [
        ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ]

    static let nothingElse = "default-src 'none'; frame-ancestors 'none'"
}
