import MembershipCore
import MembershipSecurity
import MembershipWire
import TestRandom
import Testing

@testable import Membership

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension `On loopback` {
    /// Whatever arrives at the port, it costs what it costs: one datagram.
    ///
    /// With IRIDIUM_SOAK in the environment a million random and a hundred thousand mutated datagrams
    /// are thrown, and the memory of the process is compared; without it, some ten thousand.
    @Suite(.timeLimit(.minutes(10)))
    struct `Hostile datagrams` {
        let world = World()
        static let isSoak = getenv("IRIDIUM_SOAK") != nil

        /// A member may state an address that this machine cannot send to: there is no route from
        /// loopback, or the system takes it for a broadcast.
        @Test(arguments: [Endpoint(.v4(0x0A4D_0702), port: 9), Endpoint(.v4(0x7FFF_FFFF), port: 9)])
        func `what the system refuses to send is counted, and the node goes on`(
            _ stated: Endpoint
        ) async throws {
            var world = world
            world.tolerance = nil
            let clusters = try await world.start(["n1", "n2"])
            var configuration = try world.configuration("n3")
            configuration.advertise = stated
            let stranger = Cluster(configuration: configuration)
            try await stranger.start()
            _ = try await stranger.join([clusters[0].seed])
            for cluster in clusters {
                // Nobody else finds it, either: by then there was enough to send.
                await cluster.waitFor("n3", .dead)
                let refused = await cluster.status().refused
                #expect(refused.contains { $0.reason == "send-failed" && $0.count > 0 })
            }
            let fourth = try await world.start("n4")
            _ = try await fourth.join(clusters.map(\.seed))
            await (clusters + [stranger, fourth]).leave()
        }

        @Test func `random bytes change nothing and are counted`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            let count = Self.isSoak ? 1_000_000 : 10_000
            try await bombard(clusters[0], count: count) { random, _ in
                let size = Int.random(in: 0...1_500, using: &random)
                return (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            }
            await clusters.leave()
        }

        @Test func `mutations of genuine frames change nothing and are counted`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            let member = try await ForgedMember(of: clusters[0], world)
            let view = ViewDigest(members: 2, hash: 1, keyringHash: 0)
            let count = Self.isSoak ? 100_000 : 10_000
            try await bombard(clusters[0], count: count) { random, sequence in
                var frame = member.frame(
                    Datagram(.heartbeat(isIntroduction: false), [.view(view)]),
                    sequence: sequence + 1)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: frame.removeLast(Int.random(in: 1...frame.count, using: &random))
                case 1: frame += [0]
                default:
                    let bit = Int.random(in: 0..<frame.count * 8, using: &random)
                    frame[bit / 8] ^= 1 << (bit % 8)
                }
                return frame
            }
            await clusters.leave()
        }

        @Test func `sealed nonsense from a key holder changes nothing and is counted`() async throws
        {
            let clusters = try await world.start(["n1", "n2"])
            let member = try await ForgedMember(of: clusters[0], world)
            let count = Self.isSoak ? 100_000 : 5_000
            try await bombard(clusters[0], count: count) { random, sequence in
                let size = 64 * Int.random(in: 1...20, using: &random)
                var plaintext = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                // Half of them look like a message for as long as possible.
                if Bool.random(using: &random) {
                    plaintext[0] = UInt8.random(in: 1...9, using: &random)
                    plaintext[1] = 0
                }
                return member.seal(plaintext, sequence: sequence + 1)
            }
            await clusters.leave()
        }

        @Test func `a datagram longer than any buffer is recognised`() async throws {
            let n1 = try await world.start("n1")
            let socket = try RawSocket(.udp, to: n1.localMember.endpoint)
            socket.send([UInt8](repeating: 0x49, count: 9_000))
            await n1.waitUntilRefused(1)
            #expect(
                await n1.status().refused.contains { $0.reason == "oversized" && $0.count == 1 })
            await n1.leave()
        }

        /// Throws datagrams at a node in handfuls that its queue can hold, and compares before and after.
        private func bombard(
            _ target: Cluster, count: Int,
            with make: (inout ReplayableRandom, UInt64) -> [UInt8]
        ) async throws {
            var random = ReplayableRandom()
            let before = Picture(target)
            let socket = try RawSocket(.udp, to: target.localMember.endpoint)
            let start = await target.refusals()
            var memory: Int?
            for number in 0..<count {
                socket.send(make(&random, UInt64(number)))
                guard number % 256 == 255 else { continue }
                await target.waitUntilRefused(start + UInt64(number + 1))
                if number > count / 10, memory == nil { memory = residentBytes() }
            }
            await target.waitUntilRefused(start + UInt64(count))
            #expect(Picture(target) == before, "\(random)")
            if Self.isSoak, let memory {
                let growth = residentBytes() - memory
                #expect(growth < 4 << 20, "grew by \(growth) bytes; \(random)")
            }
        }

        /// What must not change. Being suspected and answering is the ordinary business of a node that
        /// has no time, on a machine that has none.
        private struct Picture: Equatable {
            let members: [Line]

            struct Line: Equatable {
                let id: NodeID
                let isLiving: Bool
                let endpoint: Endpoint
                let metadata: [UInt8]
            }

            init(_ cluster: Cluster) {
                // The forged member answers nobody: that it is missed is as it should be.
                members = cluster.members.filter { $0.name.text != "forged" }.map {
                    Line(
                        id: $0.id, isLiving: $0.state == .alive || $0.state == .suspect,
                        endpoint: $0.endpoint, metadata: $0.metadata)
                }
            }
        }
    }
}

extension Cluster {
    /// All that the node has refused so far, for whatever reason.
    func refusals() async -> UInt64 { await status().refused.reduce(0) { $0 + $1.count } }

    /// Waits until the node has refused so many datagrams; one that passes instead is waited for until
    /// the time limit of the suite. Each look goes through the node's loop, so looking again is no busy
    /// waiting: the node works between two looks.
    func waitUntilRefused(_ count: UInt64) async {
        while await refusals() < count { await Task.yield() }
    }
}

/// A member whose process the test plays: it has the cluster key, an identity and a boot key, and
/// `target` knows its record. Nothing listens at its address.
final class ForgedMember {
    private var gate: FrameGate
    private let target: (boot: BootID, key: BootKey)

    init(of target: Cluster, _ world: World) async throws {
        let secrets = ClusterSecrets(
            keyring: Keyring(world.key.key), cluster: ClusterID(named: world.clusterName))
        let (identity, boot) = (NodeIdentity.random(), BootKeys())
        let own = try #require(await target.handle?.get { ($0.boot.id, $0.boot.publicKey) })
        self.target = own
        gate = FrameGate(secrets: secrets, boot: boot)
        let authenticator = NodeAuthenticator(identity: identity, boot: boot, secrets: secrets)
        let core = try MemberCore.make(
            identityKey: identity.publicKey, bootKey: boot.publicKey,
            endpoint: Endpoint(.v4(0x7F00_0001), port: 9), alias: NodeAlias(parsing: "forged"),
            metadata: [])
        let text = SignedText.statement(authenticator.hash(of: core.bytes), .first, .alive)
        let record = FullStatement(
            core: core, incarnation: .first, standing: .alive, signature: authenticator.sign(text))
        let socket = try RawSocket(.udp, to: target.localMember.endpoint)
        socket.send(
            frame(
                Datagram(
                    .heartbeat(isIntroduction: true),
                    [.full(record), .view(ViewDigest(members: 1, hash: 1, keyringHash: 0))]),
                sequence: .max))
        while !target.members.contains(where: { $0.id == identity.nodeID }) { await Task.yield() }
    }

    func frame(_ datagram: Datagram, sequence: UInt64) -> [UInt8] {
        guard let plaintext = try? MessageCodec.encode(datagram) else { return [] }
        return seal(plaintext, sequence: sequence, under: datagram.body.suite)
    }

    func seal(
        _ plaintext: [UInt8], sequence: UInt64, under suite: Suite = .pairwise
    ) -> [UInt8] {
        var frame: [UInt8] = []
        try? gate.seal(
            plaintext, sequence: sequence, to: target.boot,
            bootKey: suite == .pairwise ? target.key : nil, into: &frame)
        return frame
    }
}

/// Of this process; 0 where it cannot be known.
func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, CInt(line.count), file) != nil else { return 0 }
    let words = String(
        decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self
    )
    .split(separator: " ")
    return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * sysconf(CInt(_SC_PAGESIZE))
}
