import Foundation
import IridiumJSON
import IridiumShell
import NIOCore
import NIOPosix
import RawClient
import Synchronization
import SystemPackage
import Testing

@testable import IridiumNode

@Suite(.timeLimit(.minutes(10))) struct ControlSocketTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.path + "/n1.sock" }

    private func withServer(
        _ body: @Sendable @escaping (String) throws -> Void
    ) async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let path = path
        let server = try await ControlServer.start(at: path, on: loops) { request, reply in
            await reply.send(["command": request.json["command"] ?? .null])
            await reply.send(["end": .bool(true)])
        }
        // The client blocks: not on a thread that tasks share.
        let result = await Blocking.run { Result { try body(path) } }
        await server.stop()
        try await loops.shutdownGracefully()
        try result.get()
        #expect(!SystemCall.exists(path))
    }

    @Test func `a request is answered line by line, and then the connection ends`() async throws {
        try await withServer { path in
            #expect(SystemCall.ownership(of: path)?.mode == 0o600)
            var client = try ControlClient(connectingTo: path)
            try client.send(.members)
            let first = try client.nextLine(within: .seconds(10))
            #expect(first == Array(#"{"command":"members"}"#.utf8))
            #expect(try client.nextLine(within: .seconds(10)) == Array(#"{"end":true}"#.utf8))
            #expect(try client.nextLine(within: .seconds(10)) == nil)
        }
    }

    @Test func `root also talks to the agent of the user who owns the directory`() {
        func isTrusted(_ peer: UInt32, by user: UInt32, owner: UInt32?) -> Bool {
            ControlClient.isTrusted(peer, by: user, ownerOfDirectory: owner)
        }
        #expect(isTrusted(7, by: 7, owner: 7))
        #expect(isTrusted(0, by: 7, owner: 7))
        #expect(isTrusted(7, by: 0, owner: 7))
        #expect(!isTrusted(7, by: 0, owner: 8), "somebody else's socket")
        #expect(!isTrusted(7, by: 0, owner: nil), "others can write there")
        #expect(!isTrusted(8, by: 7, owner: 8), "not root")
    }

    @Test func `a member of a group trusts the owner who has opened the directory to it`() {
        func isTrusted(_ peer: UInt32, owner: UInt32?, isOpen: Bool) -> Bool {
            ControlClient.isTrusted(peer, by: 9, ownerOfDirectory: owner, isOpenToUs: isOpen)
        }
        #expect(isTrusted(7, owner: 7, isOpen: true))
        #expect(!isTrusted(7, owner: 7, isOpen: false))
        #expect(!isTrusted(8, owner: 7, isOpen: true), "a socket of a third user")
        #expect(!isTrusted(7, owner: nil, isOpen: true), "others can write there")
    }

    @Test func `a socket that is open to a group keeps that when it is made again`() async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let path = path
        let server = try await ControlServer.start(
            at: path, on: loops, openTo: getegid(), lookingEvery: .milliseconds(10)
        ) { _, reply in await reply.send(["end": .bool(true)]) }
        #expect(SystemCall.ownership(of: path)?.mode == 0o660)
        SystemCall.remove(path)
        while SystemCall.ownership(of: path)?.mode != 0o660 { await Task.yield() }
        await server.stop()
        try await loops.shutdownGracefully()
    }

    @Test func `nothing is said to a socket of another user`() async throws {
        try await withServer { path in
            var stranger: UInt32?
            var client = try ControlClient(connectingTo: path) { user in
                stranger = user
                return false
            }
            let failure = #expect(throws: IridiumError.self) { try client.send(.leave) }
            #expect(stranger == SystemCall.userID)
            let words = failure?.text ?? ""
            #expect(words.contains("the agent at \(path) runs as"))
            #expect(words.contains("nothing was sent") && words.contains("sudo -u "))
            // The server has nothing to answer: it still waits for a request.
            #expect(throws: Errno.timedOut) {
                _ = try client.nextLine(within: .milliseconds(100))
            }
        }
    }

    @Test func `a node's user and root command it, and nobody else`() {
        #expect(PeerIdentity.isTrusted(1_000, by: 1_000) && PeerIdentity.isTrusted(0, by: 1_000))
        #expect(!PeerIdentity.isTrusted(65_534, by: 1_000) && !PeerIdentity.isTrusted(1_000, by: 0))
    }

    @Test func `what is no request is answered by an error`() async throws {
        try await withServer { path in
            let answer = try RawClient.exchange("hello\n", with: path)
            #expect(answer.contains(#""schema":"iridium.error/1""#))
        }
    }

    @Test func `a line without end is cut off`() async throws {
        try await withServer { path in
            let long = String(repeating: "x", count: 100_000)
            let answer = try RawClient.exchange(long, with: path)
            #expect(answer.isEmpty)
        }
    }

    @Test func `more connections than the bound are turned away, and room comes back`() async throws
    {
        try await withServer { path in
            do {
                let held = try (0..<ControlServer.mostConnections).map { _ in
                    try RawClient(connectingTo: path)
                }
                // The last one of the bound is served, so the loop has seen all of them.
                let served = try held.last?.exchange(#"{"command":"status"}"# + "\n")
                #expect(served?.isEmpty == false)
                let full = try (0..<2).map { _ in try RawClient(connectingTo: path) }
                let refused = try full.last?.readToEnd()
                #expect(refused?.isEmpty == true)
            }
            // Closed ones make room; the loop hears of it in its own time.
            while try RawClient.exchange(#"{"command":"status"}"# + "\n", with: path) == "" {}
        }
    }

    @Test func `what a client asked that has given up is not done`() async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let asked = Mutex<[String]>([])
        let path = path
        let server = try await ControlServer.start(at: path, on: loops) { request, reply in
            asked.withLock { $0.append(request.json["command"]?.text ?? "?") }
            await reply.send(["end": .bool(true)])
        }
        // The loop stands still, as that of a stopped process does.
        let goOn = DispatchSemaphore(value: 0)
        loops.next().execute { goOn.wait() }
        let result = await Blocking.run {
            Result {
                do {
                    let impatient = try ControlClient(connectingTo: path)
                    #if os(Linux)
                        #expect(impatient.process == SystemCall.processID)
                    #endif
                    try impatient.send(.leave)
                }
                goOn.signal()
                var patient = try ControlClient(connectingTo: path)
                try patient.send(.status)
                #expect(try patient.nextLine(within: .seconds(10)) != nil)
            }
        }
        try result.get()
        await server.stop()
        try await loops.shutdownGracefully()
        #expect(asked.withLock { $0 } == ["status"])
    }

    @Test func `a socket that nobody holds is replaced, one that is held is not`() async throws {
        try RawClient.leaveSocketBehind(at: path)
        #expect(ControlClient.probe(path) == .stale)
        let other = folder.path + "/other.sock"
        #expect(ControlClient.probe(other) == .missing)
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ControlServer.start(at: path, on: loops) { _, _ in }
        await #expect(throws: ControlServer.Failure.nameInUse) {
            try await ControlServer.start(at: path, on: loops) { _, _ in }
        }
        await server.stop()
        try await loops.shutdownGracefully()
    }

    #if os(Linux)
        @Test func `a deep directory is no hindrance`() async throws {
            let deep = folder.path + "/" + String(repeating: "x", count: 120)
            try SystemCall.makeDirectory(deep)
            let path = deep + "/node.sock"
            #expect(ControlClient.probe(path) == .missing)
            let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let server = try await ControlServer.start(at: path, on: loops) { _, _ in }
            #expect(server.path == path)
            #expect(ControlClient.probe(path) == .answers)
            await server.stop()
            #expect(ControlClient.probe(path) == .missing)
            try await loops.shutdownGracefully()
        }
    #endif

    @Test func `a path that the kernel cannot take is refused with its length`() async throws {
        let long = folder.path + "/" + String(repeating: "x", count: 120)
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        await #expect(throws: ControlServer.Failure.pathTooLong(bytes: long.utf8.count)) {
            try await ControlServer.start(at: long, on: loops) { _, _ in }
        }
        try await loops.shutdownGracefully()
    }
}
