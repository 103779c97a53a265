import Foundation
import MembershipSimulator
import MembershipWire
import NIOPosix
import Synchronization
import Testing

@testable import Membership

/// What providers of seeds answer, and what is made of it.
struct SeedProviderTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.any()

    private struct Refusal: Error, CustomStringConvertible { let description = "not today" }

    private func addresses(_ source: SeedSource) async -> [String] {
        await source.look(atMost: .seconds(30), on: loop).seeds.flatMap(\.endpoints).map(
            \.description)
    }

    @Test func `a list is its addresses, and names are all of theirs`() async {
        let source = SeedSource(.list(["10.0.0.1:7", "10.0.0.2", "[::1]:9"]))
        #expect(await addresses(source) == ["10.0.0.1:7", "10.0.0.2:2254", "[::1]:9"])
        #expect(source.name == "10.0.0.1:7,10.0.0.2,[::1]:9")
        let local = SeedSource(.dns("localhost", port: 7))
        #expect(Set(await addresses(local)).contains("127.0.0.1:7"))
        #expect(local.name == "dns:localhost:7")
    }

    @Test func `a list of addresses answers at once, and one with a name is looked up`() async {
        let source = SeedSource(.list(["10.0.0.1:7", "[::1]:9"]))
        let (seeds, failure) = await source.look(atMost: .zero, on: loop)
        #expect(seeds.flatMap(\.endpoints).map(\.description) == ["10.0.0.1:7", "[::1]:9"])
        #expect(failure == nil)
        #expect(await source.status.age != nil)
        #expect([FoundSeed].addresses(of: ["10.0.0.1:7", "localhost"]) == nil)
    }

    @Test func `what a provider said last counts while it fails`() async {
        let answers = Mutex<[[HostAndPort]?]>([["10.0.0.1:1"], nil, ["10.0.0.2:1"], []])
        let source = SeedSource(
            .from {
                guard let answer = answers.withLock({ $0.removeFirst() }) else { throw Refusal() }
                return answer
            })
        #expect(await addresses(source) == ["10.0.0.1:1"])
        let (kept, failure) = await source.look(atMost: .seconds(30), on: loop)
        #expect(kept.count == 1)
        #expect(failure == .thrown("not today"))
        #expect(await source.status.failure == "not today")
        #expect(await source.status.addresses == ["10.0.0.1:1"])
        #expect(await addresses(source) == ["10.0.0.2:1"])
        #expect(await source.status.failure == nil)
        #expect(await addresses(source) == [])
    }

    @Test func `a provider that never answers is asked once and holds up nothing`() async {
        let asked = Mutex(0)
        let source = SeedSource(
            .from {
                asked.withLock { $0 += 1 }
                try? await Task.sleep(for: .seconds(3_600))
                return []
            })
        for _ in 0..<3 {
            let (seeds, _) = await source.look(atMost: .milliseconds(1), on: loop)
            #expect(seeds.isEmpty)
        }
        while asked.withLock({ $0 }) == 0 { await Task.yield() }
        #expect(asked.withLock { $0 } == 1)
        #expect(await source.status.age == nil)
    }

    @Test func `of a long answer the first 256 addresses count`() async {
        let many = (0..<1_000).map { HostAndPort(host: "10.0.\($0 / 250).\($0 % 250)", port: 1) }
        let found = await addresses(SeedSource(.list(many)))
        #expect(found.count == 256)
        #expect(found.first == "10.0.0.0:1" && found.last == "10.0.1.5:1")
    }

    @Test func `a name without an address is a failure`() async {
        let (seeds, failure) = await SeedSource(.dns("no-such-host.invalid")).look(
            atMost: .seconds(60), on: loop)
        #expect(seeds.isEmpty)
        #expect(failure == .noRecords(host: "no-such-host.invalid"))
    }

    // MARK: Files

    @Test func `a file of seeds has one a line, comments and blank lines`() throws {
        let text = "# seeds\n\n10.0.0.1:7  the first\r\n\tn2\n[::1]:9"
        #expect(
            try SeedFile.parse(Array(text.utf8)).map(\.description)
                == ["10.0.0.1:7", "n2", "[::1]:9"])
        #expect(try SeedFile.parse([]).isEmpty)
    }

    @Test func `a file with a line that is none is refused by number, a key file unread`() {
        #expect(throws: SeedLookupFailure.malformedLine(number: 3)) {
            try SeedFile.parse(Array("n1:1\n\n::1:7\n".utf8))
        }
        #expect(throws: SeedLookupFailure.malformedLine(number: 1)) {
            try SeedFile.parse([0xFF, 0x20, 0x31, 0x3A, 0x3A, 0x32].reversed())
        }
        let digits = String(repeating: "0a", count: 32)
        for head in [
            digits, "x \(digits)", "iridium-key-1", "\u{FEFF}iridium-key-1", "# iridium-identity-1",
        ] {
            #expect(throws: SeedLookupFailure.holdsSecret) {
                try SeedFile.parse(Array("n1:1\n\(head) 00ff 12\n".utf8))
            }
        }
    }

    @Test func `a file is read again at each look, and only a file is`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/seeds"
        let source = SeedSource(.file(path))
        let missing = await source.look(atMost: .seconds(30), on: loop).failure
        #expect(missing?.description == "no such file or directory")
        defer { folder.remove("seeds") }
        try "10.0.0.1:1\n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(await addresses(source) == ["10.0.0.1:1"])
        try "10.0.0.2:1\n10.0.0.3:1\n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(await addresses(source) == ["10.0.0.2:1", "10.0.0.3:1"])
        for path in [folder.path, "/dev/zero"] {
            let (seeds, failure) = await SeedSource(.file(path)).look(
                atMost: .seconds(30), on: loop)
            #expect(seeds.isEmpty)
            #expect(failure?.description == "it is not a regular file")
        }
    }

    // MARK: SRV records

    private static func name(_ labels: String...) -> [UInt8] {
        labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private func message(_ records: [[UInt8]]) -> [UInt8] {
        [0, 1, 0x81, 0x80, 0, 1, 0, UInt8(records.count), 0, 0, 0, 0]
            + Self.name("_x", "_udp", "app") + [0, 33, 0, 1] + records.joined()
    }

    private func record(_ priority: UInt8, _ port: UInt8, _ target: [UInt8]) -> [UInt8] {
        [
            0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, UInt8(6 + target.count), 0, priority, 0, 1, 0,
            port,
        ]
            + target
    }

    @Test func `service records are read, with pointers to earlier names`() throws {
        let bytes = message([
            record(9, 80, [2, 0x6E, 0x31, 0xC0, 20]), record(1, 81, Self.name("n2", "app")),
        ])
        let records = try #require(ServiceRecords.read(bytes))
        #expect(records.map(\.target.description) == ["n1.app:80", "n2.app:81"])
        #expect(records.map(\.priority) == [9, 1])
        // No service, no port, and a name that no terminal should show.
        let others = message([
            record(1, 80, [0]), record(1, 0, Self.name("n2")), record(1, 80, [1, 0x1B, 0]),
        ])
        #expect(ServiceRecords.read(others) == [])
    }

    @Test func `an answer that is cut, loops or lies is refused and traps nothing`() {
        let bytes = message([record(9, 80, [2, 0x6E, 0x31, 0xC0, 20])])
        for end in bytes.indices { #expect(ServiceRecords.read(Array(bytes[..<end])) == nil) }
        let loop = message([record(9, 80, [0xC0, 47])])
        #expect(ServiceRecords.read(loop) == nil)
        var random = SeededRandom(seed: 1, label: "srv")
        for _ in 0..<20_000 {
            var damaged = bytes
            for _ in 0...random.index(below: 4) {
                damaged[random.index(below: bytes.count)] = UInt8(random.below(256))
            }
            _ = ServiceRecords.read(damaged)
        }
    }
}

extension `On loopback` {
    @Suite(.timeLimit(.minutes(10)))
    struct `Looking for seeds` {
        let world = World()

        @Test func `all addresses of a provider are joined, one that is oneself among them`()
            async throws
        {
            let others = [try await world.start("n1"), try await world.start("n2")]
            // Two clusters of one, which a third finds by one provider.
            var configuration = try world.configuration("n3")
            let addresses = Mutex(others.map { HostAndPort($0.localMember.endpoint) })
            configuration.discovery = [.from("test") { addresses.withLock { $0 } }]
            let n3 = Cluster(configuration: configuration)
            try await n3.start()
            addresses.withLock { $0.append(HostAndPort(n3.localMember.endpoint)) }
            try await n3.waitUntil(living: 3)
            for other in others { try await other.waitUntil(living: 3) }
            let status = await n3.status()
            #expect(status.seeds.map(\.provider) == ["test"])
            #expect(status.seeds.first?.failure == nil)
            await (others + [n3]).leave()
        }

        @Test func `a provider that fails is a notice, once`() async throws {
            var configuration = try world.configuration("n1")
            configuration.discovery = [.file("/nonexistent/seeds")]
            let n1 = Cluster(configuration: configuration)
            let events = n1.events.makeAsyncIterator()
            try await n1.start()
            while let event = await events.next() {
                guard case .notice(let notice) = event else { continue }
                #expect(
                    notice
                        == .seedsUnknown(
                            provider: "file:/nonexistent/seeds", reason: "no such file or directory"
                        ))
                break
            }
            await n1.leave()
        }

        @Test func `a refresh that is too short or too long is refused`() async throws {
            for refresh in [Duration.zero, .milliseconds(999), .seconds(601)] {
                var configuration = try world.configuration("n1")
                configuration.seedRefresh = refresh
                let n1 = Cluster(configuration: configuration)
                let refusal = ClusterError.invalidConfiguration(
                    option: "seedRefresh",
                    reason: "it is \(refresh); it takes 1 s to 10 minutes")
                await #expect(throws: refusal) { try await n1.start() }
            }
        }
    }
}
