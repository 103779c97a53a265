import Foundation
import RawClient
import Testing

/// The HTTP server of a real agent at its bounds.
@Suite(.timeLimit(.minutes(10))) struct CrowdedHTTPTests {
    private let place = Folder()

    private func agent(_ name: String, _ options: [String]) async throws -> (Program, ready: String)
    {
        let program = try Program(
            ["agent", "--name", name, "-P", "0", "--profile", "local", "--json"]
                + ["--data-root-dir", place.path + "/d"] + options)
        return (program, try #require(await program.nextLine(containing: "iridium.ready/1")))
    }

    /// The text of a field in a line of JSON.
    private func field(_ name: String, of line: String) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return try #require(object?[name] as? String)
    }

    @Test func `eight readers that read nothing and 64 silent connections delay no verdict`()
        async throws
    {
        let (watcher, ready) = try await agent("n1", ["--http", "127.0.0.1:0"])
        let port = try #require(
            UInt16(try field("http", of: ready).split(separator: ":").last ?? ""))
        let (victim, _) = try await agent("n2", ["--seed", try field("address", of: ready)])
        _ = try #require(await watcher.nextLine(containing: #""member":"n2""#))

        let readers = try (0..<8).map { _ in
            let client = try RawClient(connectingTo: port)
            client.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return client
        }
        // More than there are places; those beyond are closed at once.
        let silent = (0..<64).compactMap { _ in try? RawClient(connectingTo: port) }
        victim.signal(SIGKILL)
        #expect(await watcher.nextLine(containing: #""event":"failed","member":"n2""#) != nil)

        // The server is still there for the next one, once the silent ones are closed.
        withExtendedLifetime((readers, silent)) {}
        watcher.signal(SIGTERM)
        #expect(await watcher.finish().status == 0)
        _ = await victim.finish()
    }
}
