import Foundation
import IridiumAdmin
import IridiumJSON
import IridiumNode
import Logging
import Membership
import RawClient
import TestRandom
import Testing

@Suite("HTTP for operators", .timeLimit(.minutes(10))) struct AdminServerTests {
    /// A node that runs alone, and what it serves.
    private func withServer(
        token: String? = nil, _ body: (AdminServer) async throws -> Void
    ) async throws {
        let folder =
            FileManager.default.temporaryDirectory.path + "/iridium-admin-"
            + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
        var settings = NodeSettings(directory: DataDirectory(option: folder))
        settings.name = "n1"
        settings.bind = "127.0.0.1:0"
        let node = Node(
            settings: settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        _ = try await node.startCluster()
        let server = try await AdminServer.start(
            at: "127.0.0.1:0", token: token.map { Array($0.utf8) }, node: node)
        do {
            try await body(server)
        } catch {
            await server.stop()
            await node.stop()
            throw error
        }
        await server.stop()
        await node.stop()
    }

    private func get(
        _ path: String, of server: AdminServer, host: String = "127.0.0.1", method: String = "GET",
        _ fields: String = ""
    ) async throws -> String {
        let text =
            "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\(fields)\r\n"
        let port = server.endpoint.port
        return try await Blocking.run {
            Result { try RawClient(connectingTo: port).exchange(text) }
        }
        .get()
    }

    @Test func `metrics are families with help, kind and samples, and name no member`() async throws
    {
        try await withServer { server in
            let answer = try await get("/metrics", of: server)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            #expect(answer.contains("text/plain; version=0.0.4"))
            #expect(answer.contains("iridium_members{state=\"alive\"} 1\n"))
            let body = try #require(answer.components(separatedBy: "\r\n\r\n").last)
            var families: Set<String> = []
            for line in body.split(separator: "\n") where line.hasPrefix("# TYPE ") {
                families.insert(String(line.split(separator: " ")[2]))
            }
            for line in body.split(separator: "\n") where !line.hasPrefix("#") {
                var name = String(line.prefix { $0 != "{" && $0 != " " })
                for part in ["_bucket", "_sum", "_count"] where !families.contains(name) {
                    if name.hasSuffix(part) { name.removeLast(part.count) }
                }
                #expect(families.contains(name), "\(line)")
                #expect(Double(line.split(separator: " ").last ?? "") != nil, "\(line)")
            }
        }
    }

    @Test func `a histogram counts upwards to its count`() async throws {
        try await withServer { server in
            let answer = try await get("/metrics", of: server)
            var series: [Substring: [UInt64]] = [:]
            for line in answer.split(separator: "\n") where line.contains("_bucket{") {
                let key = line.prefix(upTo: line.range(of: "le=")?.lowerBound ?? line.endIndex)
                series[key, default: []].append(
                    UInt64(line.split(separator: " ").last ?? "") ?? .max)
            }
            #expect(
                series.keys.sorted() == [
                    "iridium_death_news_age_seconds_bucket{",
                    "iridium_heartbeat_round_trip_seconds_bucket{",
                    "iridium_suspicion_seconds_bucket{end=\"alive\",",
                    "iridium_suspicion_seconds_bucket{end=\"dead\",",
                ])
            for counts in series.values { #expect(counts.count == 15 && counts == counts.sorted()) }
            #expect(
                answer.contains("\niridium_suspicion_seconds_bucket{end=\"dead\",le=\"+Inf\"} 0\n"))
            #expect(answer.contains("\niridium_suspicion_seconds_count{end=\"dead\"} 0\n"))
            #expect(answer.contains("\niridium_death_news_age_seconds_sum 0.0\n"))
        }
    }

    /// Debian's package prometheus has it; `scripts/check-deploy --install` fetches that.
    private static let promtool = "/usr/bin/promtool"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: promtool)))
    func `promtool finds no fault in the metrics`() async throws {
        try await withServer { server in
            let answer = try await get("/metrics", of: server)
            let body = try #require(answer.components(separatedBy: "\r\n\r\n").last)
            let folder = FileManager.default.temporaryDirectory
            let file = folder.appendingPathComponent("iridium-\(UUID().uuidString).prom")
            try Data(body.utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let said = try await Blocking.run {
                Result {
                    let process = Process()
                    process.executableURL = URL(fileURLWithPath: Self.promtool)
                    process.arguments = ["check", "metrics"]
                    process.standardInput = try FileHandle(forReadingFrom: file)
                    let output = Pipe()
                    process.standardError = output
                    process.standardOutput = output
                    try process.run()
                    let text = output.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
                }
            }
            .get()
            #expect(said.0 == 0, "\(said.1)")
        }
    }

    @Test func `members, one member, self, health and targets are JSON`() async throws {
        try await withServer { server in
            for path in [
                "/", "/v1/self", "/v1/members", "/v1/members/n1", "/v1/health/live",
                "/v1/health/ready", "/v1/sd/prometheus", "/v1/views", "/v1/history",
                "/openapi.json",
            ] {
                let answer = try await get(path, of: server)
                #expect(answer.hasPrefix("HTTP/1.1 200 OK"), "\(path)")
                let body = try #require(answer.components(separatedBy: "\r\n\r\n").last)
                #expect(throws: Never.self, "\(path)") { try JSONReader.parse(body.utf8) }
            }
            let members = try await get("/v1/members", of: server)
            #expect(members.contains(#""schema":"iridium.members/1""#))
            #expect(try await get("/v1/members/n2", of: server).hasPrefix("HTTP/1.1 404"))
            #expect(try await get("/v2", of: server).hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test func `a request with a body gets an answer, and then the connection ends`() async throws {
        try await withServer { server in
            let length = "Content-Length: 3\r\n\r\nabc"
            let posted = try await get("/v1/self", of: server, method: "POST", length)
            #expect(posted.hasPrefix("HTTP/1.1 405") && posted.contains("Allow: GET, HEAD"))
            let large = "Content-Length: 20000\r\n\r\n" + String(repeating: "a", count: 20_000)
            #expect(
                try await get("/v1/self", of: server, method: "PUT", large)
                    .hasPrefix("HTTP/1.1 405"))
            #expect(try await get("/v1/self", of: server, length).hasPrefix("HTTP/1.1 413"))
            let chunked = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            #expect(try await get("/v1/self", of: server, chunked).hasPrefix("HTTP/1.1 413"))
            #expect(
                try await get("/v1/self", of: server, "Content-Length: 0\r\n")
                    .hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `a head that is too long gets an answer`() async throws {
        try await withServer { server in
            let field = "X-Filler: " + String(repeating: "x", count: 9_000) + "\r\n"
            let answer = try await get("/v1/self", of: server, field)
            #expect(answer.hasPrefix("HTTP/1.1 431 Request Header Fields Too Large\r\n"))
            #expect(answer.contains("iridium.http-error/1"))
        }
    }

    @Test func `the scheme of a token has no case, and HEAD finds the events`() async throws {
        try await withServer(token: "correct-horse-battery") { server in
            for scheme in ["bearer", "Bearer", "BEARER "] {
                let field = "Authorization: \(scheme) correct-horse-battery\r\n"
                #expect(try await get("/v1/self", of: server, field).hasPrefix("HTTP/1.1 200"))
            }
            for field in ["Basic correct-horse-battery", "bearer", "correct-horse-battery"] {
                let answer = try await get("/v1/self", of: server, "Authorization: \(field)\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 401"), "\(field)")
            }
            let head = try await get(
                "/v1/events", of: server, method: "HEAD",
                "Authorization: Bearer correct-horse-battery\r\n")
            #expect(head.hasPrefix("HTTP/1.1 200") && head.contains("text/event-stream"))
        }
    }

    @Test func `the page runs its own script and nothing else, and needs no token`() async throws {
        try await withServer(token: "correct-horse-battery") { server in
            let answer = try await get("/ui/", of: server)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            let policy = try #require(
                answer.components(separatedBy: "\r\n").first {
                    $0.hasPrefix("Content-Security-Policy: ")
                })
            #expect(policy.contains("default-src 'none'") && policy.contains("connect-src 'self'"))
            let nonce = try #require(
                policy.components(separatedBy: "script-src 'nonce-").last?.prefix { $0 != "'" })
            #expect(nonce.count > 16)
            #expect(answer.contains("<script nonce=\"\(nonce)\">"))
            #expect(answer.contains("<style nonce=\"\(nonce)\">"))
            #expect(!answer.contains("@NONCE@"))
            // Nothing of another origin, and no way for a name of a member to become markup.
            for word in ["http://", "https://", "innerHTML", "eval("] {
                let rest = answer.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
                #expect(!rest.contains(word), "\(word)")
            }
            let again = try await get("/ui/", of: server)
            #expect(!again.contains(nonce))
            #expect(try await get("/ui", of: server).contains("Location: /ui/"))
            #expect(try await get("/ui/x", of: server).hasPrefix("HTTP/1.1 401"))
            let foreign = try await get("/ui/", of: server, host: "evil.example")
            #expect(foreign.hasPrefix("HTTP/1.1 421"))
        }
    }

    @Test func `a token that is replaced counts from then on`() async throws {
        try await withServer(token: "correct-horse-battery") { server in
            #expect(!server.replaceToken(by: Array("correct-horse-battery".utf8)))
            #expect(server.replaceToken(by: Array("another-horse-battery".utf8)))
            let old = try await get(
                "/metrics", of: server, "Authorization: Bearer correct-horse-battery\r\n")
            #expect(old.hasPrefix("HTTP/1.1 401"))
            let new = try await get(
                "/metrics", of: server, "Authorization: Bearer another-horse-battery\r\n")
            #expect(new.hasPrefix("HTTP/1.1 200"))
            #expect(!server.replaceToken(by: nil), "a server in use does not become an open one")
            let bare = try await get("/metrics", of: server)
            #expect(bare.hasPrefix("HTTP/1.1 401"))
        }
        try await withServer { server in
            #expect(!server.replaceToken(by: Array("correct-horse-battery".utf8)))
            let bare = try await get("/metrics", of: server)
            #expect(bare.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `a stream of events ends when its token is replaced`() async throws {
        try await withServer(token: "correct-horse-battery") { server in
            let port = server.endpoint.port
            let (client, head) = try await Blocking.run {
                Result {
                    let client = try RawClient(connectingTo: port)
                    client.send(
                        "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n"
                            + "Authorization: Bearer correct-horse-battery\r\n\r\n")
                    return (client, try client.read(including: "}\n\n"))
                }
            }.get()
            #expect(head.hasPrefix("HTTP/1.1 200"))
            #expect(server.replaceToken(by: Array("another-horse-battery".utf8)))
            // It would be open for as long as the test may take.
            _ = try await Blocking.run { Result { try client.readToEnd() } }.get()
        }
    }

    @Test func `all views are asked for at most once in a while`() async throws {
        try await withServer { server in
            let first = try await get("/v1/views", of: server)
            let second = try await get("/v1/views", of: server)
            #expect(first.contains(#""schema":"iridium.views/1""#))
            #expect(first.contains(#""observers_asked":1,"answered":1,"not_asked":0,"wrong":0"#))
            #expect(first.contains(#""hears":1,"hears_of":1"#))
            // The moment of the survey is in it.
            #expect(
                first.components(separatedBy: "\r\n\r\n").last
                    == second.components(separatedBy: "\r\n\r\n").last)
        }
    }

    @Test func `the description of the paths has each of them`() async throws {
        try await withServer { server in
            let answer = try await get("/openapi.json", of: server)
            let body = try #require(answer.components(separatedBy: "\r\n\r\n").last)
            let json = try JSONReader.parse(body.utf8)
            let listing = try await get("/", of: server)
            let list = try JSONReader.parse(
                try #require(listing.components(separatedBy: "\r\n\r\n").last).utf8)
            let served = (list["paths"]?.elements ?? []).compactMap(\.text)
            let described = (json["paths"]?.fields ?? []).map(\.key)
            #expect(
                Set(described)
                    == Set(
                        served.map { $0.replacingOccurrences(of: "NAME", with: "{name}") } + ["/"]))
        }
    }

    @Test func `paths of random bytes are answered, and none of them by more than it asks for`()
        async throws
    {
        var random = ReplayableRandom()
        try await withServer { server in
            let beginnings = [
                "/v1/views", "/v1/members/", "/v1/history", "/openapi.json", "/ui/", "/",
            ]
            for _ in 0..<200 {
                let length = Int.random(in: 0...40, using: &random)
                let rest = (0..<length).map { _ in
                    Character(UnicodeScalar(UInt8.random(in: 0x21...0x7E, using: &random)))
                }
                let path = (beginnings.randomElement(using: &random) ?? "/") + String(rest)
                let answer = try await get(path, of: server)
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 "), "\(random) \(path)")
            }
            #expect(try await get("/v1/self", of: server).hasPrefix("HTTP/1.1 200"), "\(random)")
        }
    }

    @Test func `nothing can be changed, and other hosts' pages are refused`() async throws {
        try await withServer { server in
            let post = try await get("/metrics", of: server, method: "POST")
            #expect(post.hasPrefix("HTTP/1.1 405"))
            #expect(post.contains("Allow: GET, HEAD"))
            let foreign = try await get("/v1/self", of: server, host: "evil.example")
            #expect(foreign.hasPrefix("HTTP/1.1 421"))
            let local = try await get("/v1/self", of: server, host: "localhost:2265")
            #expect(local.hasPrefix("HTTP/1.1 200"))
            let head = try await get("/v1/self", of: server, method: "HEAD")
            #expect(head.hasPrefix("HTTP/1.1 200") && head.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `a token must be sent where there is one`() async throws {
        try await withServer(token: "correct-horse-battery") { server in
            let bare = try await get("/metrics", of: server)
            #expect(bare.hasPrefix("HTTP/1.1 401"))
            let wrong = try await get(
                "/metrics", of: server, "Authorization: Bearer correct-horse-batterx\r\n")
            #expect(wrong.hasPrefix("HTTP/1.1 401"))
            let right = try await get(
                "/metrics", of: server, "Authorization: Bearer correct-horse-battery\r\n")
            #expect(right.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `bytes that are no request, a long head and a body end the connection`() async throws
    {
        try await withServer { server in
            let port = server.endpoint.port
            for text in [
                "\u{0}\u{1}\u{2}\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\nX: "
                    + String(repeating: "x", count: 20_000) + "\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
            ] {
                let answer = try await Blocking.run {
                    Result { try RawClient(connectingTo: port).exchange(text) }
                }.get()
                #expect(!answer.contains("200 OK"), "\(text.prefix(40))")
            }
            #expect(try await get("/v1/self", of: server).hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `events begin with a snapshot`() async throws {
        try await withServer { server in
            let port = server.endpoint.port
            let text = try await Blocking.run {
                Result {
                    let client = try RawClient(connectingTo: port)
                    client.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return try client.read(including: "}\n\n")
                }
            }.get()
            #expect(text.contains("text/event-stream"))
            #expect(text.contains("event: joined\ndata: {"))
            #expect(text.contains(#""snapshot":true"#))
        }
    }

    @Test func `of nine readers of events the ninth is refused`() async throws {
        try await withServer { server in
            let port = server.endpoint.port
            let follow = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            let (readers, refused) = try await Blocking.run {
                Result {
                    let readers = try (0..<8).map { _ in
                        let client = try RawClient(connectingTo: port)
                        client.send(follow)
                        return (client, try client.read(including: "}\n\n"))
                    }
                    return (readers, try RawClient(connectingTo: port).exchange(follow))
                }
            }.get()
            #expect(readers.allSatisfy { $0.1.hasPrefix("HTTP/1.1 200") })
            #expect(refused.hasPrefix("HTTP/1.1 429"))
        }
    }
}
