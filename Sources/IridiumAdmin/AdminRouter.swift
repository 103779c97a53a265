import IridiumJSON
import IridiumNode
import IridiumShell
import Membership
import MembershipWire
import NIOHTTP1

/// Which path is answered by what.
struct AdminRouter: Sendable {
    let node: Node
    let token: AdminToken
    let readers: Seats
    let changes: SeenChanges
    /// Where all agents are expected to serve this, unless a tag says otherwise.
    let port: UInt16

    /// How old a survey of all members may be.
    private static let surveyAge = Duration.seconds(5)

    /// How long the node's event loop may take to say that it works.
    private static let patience = Duration.seconds(2)

    static let paths = [
        "/ui/", "/metrics", "/v1/self", "/v1/members", "/v1/members/NAME", "/v1/views",
        "/v1/events", "/v1/history", "/v1/health/live", "/v1/health/ready",
        "/v1/sd/prometheus", "/openapi.json",
    ]

    func answer(to head: HTTPRequestHead) async -> AdminAnswer {
        if let refusal = refusal(of: head) { return .whole(refusal) }
        let path = head.uri.prefix { $0 != "?" }
        if let page = page(at: path) { return .whole(page) }
        if let refusal = tokenRefusal(of: head) { return .whole(refusal) }
        if path == "/v1/events" {
            guard head.method == .HEAD else { return events(to: head) }
            return .whole(
                AdminResponse(
                    status: .ok, type: EventStream.type, body: "", isEndless: true))
        }
        return .whole(await response(to: String(path)))
    }

    /// The page and the description of the paths hold nothing of the cluster, so they need no token.
    private func page(at path: Substring) -> AdminResponse? {
        switch path {
        case "/ui/": return LivePage.response()
        case "/openapi.json": return Self.description
        case "/ui":
            var moved = AdminResponse.failure(
                .permanentRedirect, "the page is at /ui/", try: "GET /ui/")
            moved.fields = [("Location", "/ui/")]
            return moved
        default: return nil
        }
    }

    private func response(to path: String) async -> AdminResponse {
        switch path {
        case "/":
            .json(["schema": "iridium.http/1", "paths": .array(Self.paths.map { .string($0) })])
        case "/metrics": await metrics()
        case "/v1/self": .json(await node.statusJSON())
        case "/v1/members": await members()
        case "/v1/views": await views()
        case "/v1/history":
            .json([
                "schema": "iridium.history/1", "node": .string(node.name),
                "changes": .array(changes.latest),
            ])
        case "/v1/health/live": await live()
        case "/v1/health/ready": await ready()
        case "/v1/sd/prometheus": await discovery()
        default:
            if path.hasPrefix("/v1/members/") {
                await member(String(path.dropFirst("/v1/members/".count)))
            } else {
                .failure(.notFound, "there is nothing at \(path)", try: "GET / lists the paths")
            }
        }
    }

    // MARK: Refusals

    /// The refusal of a request whose head says that it may have a body.
    static func refusal(atOnce head: HTTPRequestHead) -> AdminResponse? {
        guard [.GET, .HEAD].contains(head.method) else {
            return .failure(
                .methodNotAllowed,
                "\(head.method.rawValue) is not possible: nothing here changes a node",
                try: "GET, or a command: iridium help", fields: [("Allow", "GET, HEAD")])
        }
        let hasBody =
            head.headers.contains(name: "Transfer-Encoding")
            || head.headers["Content-Length"].contains { $0 != "0" }
        guard hasBody else { return nil }
        return .failure(
            .payloadTooLarge, "a request here has no body", try: "the same request without a body")
    }

    private func refusal(of head: HTTPRequestHead) -> AdminResponse? {
        let hosts = head.headers["Host"]
        guard hosts.count <= 1, hosts.allSatisfy(isOwn) else {
            return .failure(
                .misdirectedRequest, "the host of the request is not this node",
                try: "the address of the node, localhost or the name of its host")
        }
        return nil
    }

    private func tokenRefusal(of head: HTTPRequestHead) -> AdminResponse? {
        guard token.admits(head.headers["Authorization"].first) else {
            return .failure(
                .unauthorized, "the token is missing or wrong",
                try: "Authorization: Bearer TOKEN, with the token of --http-token-file",
                fields: [("WWW-Authenticate", "Bearer")])
        }
        return nil
    }

    /// An address, this host's name or localhost. A page of another site that has its name resolve
    /// to this host sends its own name (DNS rebinding).
    private func isOwn(_ host: String) -> Bool {
        var name = Substring(host)
        if name.hasPrefix("["), let end = name.firstIndex(of: "]") {
            return IPAddress(String(name[name.index(after: name.startIndex)..<end])) != nil
        }
        if let colon = name.firstIndex(of: ":") { name = name[..<colon] }
        let lowered = name.lowercased()
        return lowered == "localhost" || IPAddress(lowered) != nil
            || lowered == HostName.own?.lowercased()
    }

    private static let off = AdminResponse.failure(
        .serviceUnavailable, "the node has left its cluster", try: "again when it has started")

    // MARK: Answers

    /// OpenAPI 3.1.
    private static let description = AdminResponse(
        status: .ok, type: "application/json",
        body: String(decoding: PackageResources.openapi_json, as: UTF8.self))

    private func metrics() async -> AdminResponse {
        guard let cluster = await node.runningCluster else { return Self.off }
        let exposition = Exposition(
            await cluster.status(), members: cluster.members, changes: changes)
        return AdminResponse(status: .ok, type: Exposition.type, body: exposition.text)
    }

    private func members() async -> AdminResponse {
        guard let listing = await node.memberListing() else { return Self.off }
        return .json(listing.json(cluster: node.settings.clusterName, node: node.name))
    }

    private func member(_ name: String) async -> AdminResponse {
        guard let listing = await node.memberListing() else { return Self.off }
        let found = listing.rows.filter { $0.name == name || $0.id == name }
        // Of several bearers of a name the living one.
        guard let row = found.first(where: { $0.state.isLiving }) ?? found.first else {
            return .failure(.notFound, "there is no member \(name)", try: "GET /v1/members")
        }
        return .json(row.json)
    }

    /// The views of all members. To ask costs a stream for each, so requests share an answer for a while.
    private func views() async -> AdminResponse {
        guard let survey = await node.survey(notOlderThan: Self.surveyAge) else { return Self.off }
        return .json(survey)
    }

    /// Whether the node's event loop works.
    private func live() async -> AdminResponse {
        // The question cannot be cancelled, so the answer does not wait for it.
        let (results, first) = AsyncStream.makeStream(of: Bool.self)
        Task { [node] in
            _ = await node.runningCluster?.status()
            first.yield(true)
        }
        let timer = Task {
            try? await Task.sleep(for: Self.patience)
            first.yield(false)
        }
        defer { timer.cancel() }
        var answers = results.makeAsyncIterator()
        guard await answers.next() == true else {
            return .failure(
                .serviceUnavailable, "the node's event loop has not answered for 2 s",
                try: "a restart, if it stays so")
        }
        return .json(["schema": "iridium.health/1", "live": .bool(true)])
    }

    /// Whether the node takes part in a cluster.
    private func ready() async -> AdminResponse {
        guard let cluster = await node.runningCluster else { return Self.off }
        let status = await cluster.status()
        return .json([
            "schema": "iridium.health/1", "ready": .bool(true),
            "alive": JSON(status.counts[.alive] ?? 0),
            "agree": .bool(status.agreeing >= status.heardFrom),
        ])
    }

    /// The living members as targets of Prometheus' http_sd: each at its own address and this server's
    /// port, or at the port that its tag `metrics-port` states. Tags become labels.
    private func discovery() async -> AdminResponse {
        guard let cluster = await node.runningCluster else { return Self.off }
        let targets = cluster.members.filter(\.isLiving).map { member -> JSON in
            let tags = member.tags
            let port = tags?["metrics-port"].flatMap { UInt16($0) } ?? self.port
            var labels: [JSON.Field] = [
                .init("__meta_iridium_name", .string(member.name.text)),
                .init("__meta_iridium_id", .string(member.id.description)),
                .init("__meta_iridium_state", .string(member.state.rawValue)),
                .init("__meta_iridium_cluster", .string(node.settings.clusterName)),
            ]
            for key in tags?.keys ?? [] {
                let value = tags?[key] ?? ""
                labels.append(.init("__meta_iridium_tag_" + Self.labelName(key), .string(value)))
            }
            return [
                "targets": [.string("\(Endpoint(member.endpoint.address, port: port))")],
                "labels": .object(labels),
            ]
        }
        return .json(.array(targets))
    }

    /// Letters, digits and underscores, as a label's name may have.
    private static func labelName(_ key: String) -> String {
        String(key.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    private func events(to head: HTTPRequestHead) -> AdminAnswer {
        // Subscribed before the token is compared: one that is replaced in between ends the stream.
        let replacement = token.replacement()
        if let refusal = tokenRefusal(of: head) { return .whole(refusal) }
        guard readers.take() else {
            return .whole(
                .failure(
                    .tooManyRequests,
                    "\(AdminServer.mostReaders) clients follow the events already",
                    try: "again later, or another member"))
        }
        return .events(EventStream(node: node, readers: readers, replacement: replacement))
    }
}
