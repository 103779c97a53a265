import IridiumNode
import IridiumShell
import Logging
import Membership
import Testing

/// Nodes in this process, on loopback and ports that were free.
@Suite(.serialized, .timeLimit(.minutes(10))) struct NodeTests {
    private let folder = TemporaryFolder()

    private func node(
        _ name: String?, _ change: (inout NodeSettings) -> Void = { _ in }
    ) throws -> Node {
        var settings = NodeSettings(directory: DataDirectory(option: folder.path))
        settings.name = try name.map { try NodeAlias(parsing: $0) }
        settings.bind = Endpoint(.v4(0x7F00_0001), port: 0)
        settings.isPortGiven = true
        settings.profile = .local
        change(&settings)
        return Node(settings: settings, logger: Cluster.silentLogger)
    }

    @Test func `starting, joining and leaving are what a session is told they are`() async throws {
        let first = try node("n1")
        let second = try node("n2")
        let started = try await first.startCluster()
        #expect(started.keyOrigin == .new(path: folder.path + "/cluster.key"))
        #expect(started.keyFingerprint.count == 8)
        #expect(try await first.startCluster().wasRunning)
        let seed = HostAndPort(host: "127.0.0.1", port: started.address.port)
        let outcome = try await second.joinCluster(seed)
        #expect(outcome.aliveNames == ["n1", "n2"])
        #expect(outcome.receivedMembers == 1)
        #expect(outcome.startedFirst != nil)
        #expect(await second.leaveCluster() == 1)
        #expect(await second.leaveCluster() == nil)
        #expect(await second.memberListing() == nil)
        await second.stop()
        await first.stop()
    }

    @Test func `a taken port is another one's matter when joining, and an error when starting`()
        async throws
    {
        let first = try node("n1")
        let taken = try await first.startCluster().address
        let second = try node("n2") {
            $0.bind = taken
            $0.isPortGiven = false
        }
        let error = await #expect(throws: IridiumError.self) { try await second.startCluster() }
        #expect(error?.code == 1)
        let outcome = try await second.joinCluster(HostAndPort(host: "127.0.0.1", port: taken.port))
        #expect(outcome.startedFirst?.takenPort == taken.port)
        await second.stop()
        await first.stop()
    }

    @Test func `two that start at once come to one cluster key`() async throws {
        let nodes = try ["n1", "n2", "n3"].map { try node($0) }
        let keys = try await withThrowingTaskGroup(of: String.self) { group in
            for node in nodes { group.addTask { try await node.startCluster().keyFingerprint } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
        for node in nodes { await node.stop() }
    }

    @Test func `news of others is told, news of oneself is not`() async throws {
        let first = try node("n1")
        let second = try node("n2")
        let (names, feed) = AsyncStream.makeStream(of: String.self)
        await first.listen { news in
            if case .change(let change) = news {
                feed.yield("\(change.member.name) \(change.kind.rawValue)")
            }
        }
        let address = try await first.startCluster().address
        _ = try await second.joinCluster(HostAndPort(host: "127.0.0.1", port: address.port))
        await second.stop()
        var heard: [String] = []
        for await name in names {
            heard.append(name)
            if heard.count == 2 { feed.finish() }
        }
        #expect(heard == ["n2 joined", "n2 left"])
        await first.stop()
    }

    @Test func `a message to all is news to the others, and kept among the events`() async throws {
        let first = try node("n1")
        let second = try node("n2")
        let (heard, feed) = AsyncStream.makeStream(of: MessageOfMember.self)
        await first.listen { news in
            guard case .message(let message) = news else { return }
            feed.yield(message)
            feed.finish()
        }
        let address = try await first.startCluster().address
        _ = try await second.joinCluster(HostAndPort(host: "127.0.0.1", port: address.port))
        let answer = await second.answer(.send("deploy 42")) { _ in }
        guard case .messageSent(members: 1) = answer else {
            Issue.record("sending was answered by \(answer)")
            return
        }
        let message = try #require(await heard.first { _ in true })
        #expect(
            message.line == MessageLine(sender: "n2", type: 0, payload: Array("deploy 42".utf8)))
        guard case .events(let lines) = await first.answer(.listEvents, programs: { _ in }) else {
            Issue.record("there are no events")
            return
        }
        #expect(lines.last?.text.hasSuffix("] message from n2: deploy 42") == true)
        let long = await second.answer(.send(String(repeating: "x", count: 1_025))) { _ in }
        guard case .failed(.messageTooLong) = long else {
            Issue.record("a message of 1,025 bytes was answered by \(long)")
            return
        }
        await second.stop()
        await first.stop()
    }

    @Test func `a node that finds no seed says so, and where it can be joined`() async throws {
        let node = try node("n1") {
            $0.seeds = [HostAndPort(host: "127.0.0.1", port: 1)]
            $0.lonelyAfter = .milliseconds(20)
        }
        let (notes, feed) = AsyncStream.makeStream(of: String.self)
        await node.listen { news in
            guard case .note(let text) = news, text.hasPrefix("still alone") else { return }
            feed.yield(text)
            feed.finish()
        }
        let address = try await node.startCluster().address
        let heard = await notes.first { _ in true }
        let note = try #require(heard)
        #expect(note.hasPrefix("still alone: tried 127.0.0.1:1"))
        #expect(note.hasSuffix(". Waiting; others can also join us at \(address)"))
        await node.stop()
    }

    @Test func `a cluster that stops by itself is told of, and another can be started`()
        async throws
    {
        let node = try node("n1")
        let (warnings, feed) = AsyncStream.makeStream(of: IridiumError.self)
        await node.listen { news in
            if case .warning(let error) = news { feed.yield(error) }
        }
        for _ in 0..<2 {
            #expect(try await node.startCluster().wasRunning == false)
            let cluster = try #require(await node.runningCluster)
            // As a runner ends whose sockets are gone: the node has no part in it.
            await cluster.abandon()
            #expect(await warnings.first { _ in true } == .clusterStopped)
            guard case .clusterOff = await node.answer(.listMembers, programs: { _ in }) else {
                Issue.record("a cluster that has stopped still lists members")
                return
            }
        }
        // What was asked for is no news.
        _ = try await node.startCluster()
        #expect(await node.leaveCluster() == 0)
        feed.finish()
        #expect(await warnings.first { _ in true } == nil)
        await node.stop()
    }

    @Test func `a key is not handed to a session`() async throws {
        let node = try node(nil)
        let path = folder.path + "/k"
        _ = try KeyFiles.make(path, mayReplace: false)
        let answer = await node.answer(.readFile(path: path, maximumBytes: 1_000, for: .load)) {
            _ in
        }
        guard case .failed(.holdsSecret(path: path)) = answer else {
            Issue.record("a key file was answered by \(answer)")
            return
        }
        await node.stop()
    }

    @Test(arguments: [
        ("iridium-key-1 abc", true), ("\u{FEFF}iridium-identity-1 abc", true),
        ("; a note\r\n  iridium-key-2", true),
        (String(repeating: "0aF9", count: 16) + " 3f9a21c0", true),
        ("accepted " + String(repeating: "0a", count: 32) + " 3f9a21c0", true),
        ("; " + String(repeating: "0a", count: 32), false),
        (".asciiz '" + String(repeating: "0a", count: 32) + "'", false),
        (".data\n.code\nload $0 #4\nhlt", false), ("EPIE\niridium-key-1 abc", false), ("", false),
    ])
    func `a secret is known by its looks`(_ text: String, _ isSecret: Bool) {
        #expect(SecretContent.isLikely(Array(text.utf8)) == isSecret)
    }

    @Test func `what needs a cluster says that it is off`() async throws {
        let node = try node(nil)
        for request in [ShellRequest.listMembers, .listEvents, .leaveCluster, .send("hi")] {
            let answer = await node.answer(request) { _ in }
            guard case .clusterOff = answer else {
                Issue.record("\(request) was answered by \(answer)")
                continue
            }
        }
        await node.stop()
    }

    @Test func `a file that is missing and one that is too long are told apart`() async throws {
        let node = try node(nil)
        let path = folder.path + "/file"
        try SystemCall.replace(path, with: [UInt8](repeating: 65, count: 100))
        let missing = await node.answer(.readFile(path: path + "x", maximumBytes: 100, for: .load))
        { _ in }
        guard case .fileFailed(let failure) = missing else {
            Issue.record("a missing file was read")
            return
        }
        #expect(failure.step == .opening)
        let long = await node.answer(.readFile(path: path, maximumBytes: 99, for: .load)) { _ in }
        guard case .fileFailed(let failure) = long else {
            Issue.record("a long file was read")
            return
        }
        #expect(failure.step == .reading)
        await node.stop()
    }
}
