import MembershipCore
import MembershipSecurity
import MembershipWire
import Testing

@testable import Membership

extension `On loopback` {
    @Suite(.timeLimit(.minutes(10)))
    struct `Hostile streams` {
        let world = World()

        @Test func `who does not speak our protocol is not answered`() async throws {
            let n1 = try await world.start("n1")
            for words in ["GET / HTTP/1.1\r\n\r\n", "IIIIIIIIIIIIIIII", "SSH-2.0-OpenSSH_9.2\r\n"] {
                let socket = try RawSocket(.tcp, to: n1.localMember.endpoint)
                socket.send(Array(words.utf8))
                #expect(await offLoop { socket.readToEnd() }.isEmpty)
            }
            #expect(await n1.count("stream-garbage") == 3)
            await n1.leave()
        }

        @Test func `a caller with an unknown key is told so in eight bytes`() async throws {
            let n1 = try await world.start("n1")
            var stranger = StreamCrypto.initiator(
                secrets: ClusterSecrets(
                    keyring: Keyring(.random()), cluster: ClusterID(named: world.clusterName)),
                boot: BootKeys())
            let hello = StreamMessage.hello(
                .init(purpose: .join, protocolVersions: 1...1, caller: NodeID(1)))
            let socket = try RawSocket(.tcp, to: n1.localMember.endpoint)
            socket.send(try stranger.start(hello: try MessageCodec.encode(hello)))
            let answer = await offLoop { socket.readToEnd() }
            #expect(answer == ClearReject(.unknownKey)?.bytes)
            await n1.leave()
        }

        @Test func `a caller that lies after the handshake ends its own stream only`() async throws
        {
            let clusters = try await world.start(["n1", "n2"])
            let liar = try RawSocket(.tcp, to: clusters[0].localMember.endpoint)
            let secrets = ClusterSecrets(
                keyring: Keyring(world.key.key), cluster: ClusterID(named: world.clusterName))
            var crypto = StreamCrypto.initiator(secrets: secrets, boot: BootKeys())
            let hello = StreamMessage.hello(
                .init(purpose: .join, protocolVersions: 1...1, caller: NodeID(1)))
            liar.send(try crypto.start(hello: try MessageCodec.encode(hello)))
            // Not a handshake message, though of a fitting length.
            liar.send([0, 100] + [UInt8](repeating: 7, count: 100))
            _ = await offLoop { liar.readToEnd() }
            #expect(clusters[0].members.count == 2)
            let n3 = try await world.start("n3")
            #expect(try await n3.join([clusters[0].seed]).members == 3)
            await (clusters + [n3]).leave()
        }

        @Test func `silent callers are hung up on, and newcomers get in`() async throws {
            let n1 = try await world.start("n1")
            // As many as loopback has places for callers that have said nothing.
            let silent = try (0..<64).map { _ in try RawSocket(.tcp, to: n1.localMember.endpoint) }
            let n2 = try await world.start("n2")
            while (try? await n2.join([n1.seed])) == nil {}
            #expect(n2.members.count == 2)
            for socket in silent { #expect(await offLoop { socket.readToEnd() }.isEmpty) }
            // A newcomer takes the place of the oldest, the others end by their time.
            let displaced = await n1.count("stream-displaced")
            #expect(displaced >= 1)
            #expect(await n1.count("stream-bounds") + displaced == 64)
            await [n1, n2].leave()
        }

        @Test func `a handshake that drips is cut at its time limit`() async throws {
            let n1 = try await world.start("n1")
            let socket = try RawSocket(.tcp, to: n1.localMember.endpoint)
            socket.send([0x49])
            #expect(await offLoop { socket.readToEnd() }.isEmpty)
            #expect(await n1.count("stream-bounds") == 1)
            await n1.leave()
        }

        @Test func `a length above the bound is refused before anything is kept for it`()
            async throws
        {
            let n1 = try await world.start("n1")
            var crypto = StreamCrypto.initiator(
                secrets: ClusterSecrets(
                    keyring: Keyring(world.key.key), cluster: ClusterID(named: world.clusterName)),
                boot: BootKeys())
            let hello = StreamMessage.hello(
                .init(purpose: .join, protocolVersions: 1...1, caller: NodeID(1)))
            let start = try crypto.start(hello: try MessageCodec.encode(hello))
            let socket = try RawSocket(.tcp, to: n1.localMember.endpoint)
            socket.send(start.prefix(8) + [0xFF, 0xFF])
            #expect(await offLoop { socket.readToEnd() }.isEmpty)
            #expect(await n1.count("stream-garbage") == 1)
            await n1.leave()
        }
    }
}

extension Cluster {
    func count(_ reason: String) async -> UInt64 {
        await status().refused.first { $0.reason == reason }?.count ?? 0
    }
}
