import MembershipSecurity
import MembershipWire
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
    @Suite(.timeLimit(.minutes(10)))
    struct `Identity on disk` {
        let world = World()

        @Test func `a named node is the same one after a restart, with the next incarnation`()
            async throws
        {
            let folder = try TemporaryFolder()
            let n1 = try await world.start("n1")
            let first = try await start("n2", in: folder)
            _ = try await first.join([n1.seed])
            let before = first.localMember
            await first.leave()
            await n1.waitFor("n2", .left)

            let second = try await start("n2", in: folder)
            #expect(second.localMember.id == before.id)
            #expect(second.localMember.incarnation > before.incarnation)
            _ = try await second.join([n1.seed])
            #expect(await n1.waitFor("n2", .alive)?.id == before.id)
            await [n1, second].leave()
        }

        @Test func `a node without a name is refused a state directory, and leaves nothing behind`()
            async throws
        {
            let folder = try TemporaryFolder()
            var configuration = try world.configuration()
            configuration.stateDirectory = folder.path + "/state"
            let cluster = Cluster(configuration: configuration)
            await #expect(throws: ClusterError.self) { try await cluster.start() }
            #expect(access(folder.path + "/state", F_OK) != 0)
        }

        @Test func `one directory runs one node`() async throws {
            let folder = try TemporaryFolder()
            let first = try await start("n1", in: folder)
            do {
                let second = try await start("n1", in: folder)
                Issue.record("two nodes share an identity")
                await second.leave()
            } catch ClusterError.identityInUse(let path, let holder) {
                #expect(path == folder.path + "/nodes/n1")
                #expect(holder == getpid())
            }
            let other = try await start("n2", in: folder)
            #expect(other.localMember.id != first.localMember.id)
            await [first, other].leave()
            let third = try await start("n1", in: folder)
            await third.leave()
        }

        @Test func `a damaged identity is reported and left as it is, and so is one that is gone`()
            async throws
        {
            let folder = try TemporaryFolder()
            await (try start("n1", in: folder)).leave()
            let path = folder.path + "/nodes/n1/identity.key"
            let whole = try folder.read(path)
            for content in ["", "iridium-nonsense-1 42\n", String(whole.dropLast(9)), nil] {
                if let content { try folder.write(content, to: path) } else { unlink(path) }
                do {
                    _ = try await start("n1", in: folder)
                    Issue.record("a damaged identity was taken")
                } catch ClusterError.identityDamaged(path, let reason) {
                    #expect(!reason.isEmpty)
                }
                if let content {
                    #expect(try folder.read(path) == content)
                } else {
                    #expect(access(path, F_OK) != 0, "another was made")
                }
            }
        }

        @Test func `an identity is replaced when its operator says so, and nothing is lost`()
            async throws
        {
            let folder = try TemporaryFolder()
            let name = try NodeAlias(parsing: "n1")
            let first = try await start("n1", in: folder)
            #expect(
                throws: ClusterError.identityInUse(
                    path: folder.path + "/nodes/n1", holder: getpid())
            ) { try IdentityReset(stateDirectory: folder.path, name: name) }
            let before = first.localMember.id
            await first.leave()
            let path = folder.path + "/nodes/n1/"
            let damaged = "iridium-identity-1 damaged"
            try folder.write(damaged, to: path + "identity.key")
            let count = try folder.read(path + "incarnation")
            let reset = try IdentityReset(stateDirectory: folder.path, name: name)
            #expect(reset.identity != before)
            #expect(try reset.kept.map(folder.read) == [count, damaged])
            let second = try await start("n1", in: folder)
            #expect(second.localMember.id == reset.identity)
            #expect(second.localMember.incarnation == .first)
            await second.leave()
            // At once again, in the same second: the first is not written over.
            let third = try IdentityReset(stateDirectory: folder.path, name: name)
            let kept = Set(reset.kept + third.kept)
            #expect(kept.count == 4)
            #expect(kept.allSatisfy { access($0, F_OK) == 0 })
            for file in kept { unlink(file) }
        }

        @Test
        func `a damaged incarnation is set aside and told, and the cluster knows the last one`()
            async throws
        {
            let folder = try TemporaryFolder()
            let n2 = try await world.start("n2")
            let first = try await start("n1", in: folder)
            _ = try await first.join([n2.seed])
            let before = first.localMember
            await first.leave()
            await n2.waitFor("n1", .left)
            let path = folder.path + "/nodes/n1/incarnation"
            try folder.write("iridium-incarn", to: path)

            let (second, name) = try await startForgetting(.incarnation, in: folder)
            #expect(name.hasPrefix(path + ".damaged-"))
            #expect(try folder.read(name) == "iridium-incarn")
            #expect(second.localMember.id == before.id)
            _ = try await second.join([n2.seed])
            let back = await n2.waitFor("n1", .alive)
            #expect(back?.id == before.id)
            #expect(try #require(back).incarnation > before.incarnation)
            await [n2, second].leave()
            unlink(name)
        }

        @Test func `a restarted node finds its cluster by the members that it knew`() async throws {
            let folder = try TemporaryFolder()
            let clusters = try await world.start(["m1", "m2"])
            let id: NodeID
            do {
                let first = try await start("n1", in: folder)
                _ = try await first.join([clusters[0].seed])
                id = first.localMember.id
                await first.handle?.get { $0.stop(.closed) }
                _ = await first.handle?.waitUntilStopped()
            }
            // Without a seed; and whoever left on purpose is not asked.
            await clusters[0].leave()
            let second = try await start("n1", in: folder)
            await second.waitFor("m2", .alive)
            #expect(await clusters[1].waitFor("n1", .alive)?.id == id)
            await [clusters[1], second].leave()
            let third = try await start("n1", in: folder)
            #expect(third.members.count == 1, "who has left does not come back by itself")
            await third.leave()
        }

        @Test func `a node that restarts on the small side of a split finds who is there with it`()
            async throws
        {
            let folder = try TemporaryFolder()
            var world = World()
            world.tolerance = .milliseconds(500)
            let faults = (1...5).map { NetworkFaults(seed: $0) }
            var configuration = try world.configuration("n1")
            configuration.stateDirectory = folder.path
            let first = Cluster(configuration: configuration, faults: faults[0])
            try await first.start()
            var others: [Cluster] = []
            for index in 1..<5 {
                let other = Cluster(
                    configuration: try world.configuration("m\(index)"), faults: faults[index])
                try await other.start()
                _ = try await other.join([first.seed])
                others.append(other)
            }
            await first.waitFor { $0.count == 5 }
            // n1 and m1 are here; m2, m3 and m4, the only seed among them, are over there.
            let here = [first, others[0]].map(\.localMember.endpoint)
            let there = others[1...].map(\.localMember.endpoint)
            for faults in faults[..<2] { faults.block(Set(there)) }
            for faults in faults[2...] { faults.block(Set(here)) }
            // Before anybody there is missed: the file says that all of them live.
            await first.abandon()

            configuration.seeds = [others[1].seed]
            let again = Cluster(configuration: configuration, faults: faults[0])
            try await again.start()
            #expect(await again.waitFor("m1", .alive) != nil)
            let seen = await others[0].waitFor {
                $0.contains { $0.id == first.localMember.id && $0.incarnation > .first }
            }
            #expect(seen != nil)
            for faults in faults { faults.block([]) }
            await (others + [again]).leave()
        }

        @Test(arguments: [1, 3, 4, 100])
        func `everybody known is asked once before anybody is asked again`(_ count: Int) {
            let members = (1...count).map { HostAndPort(host: "10.0.0.1", port: UInt16($0)) }
            let pass = MemberRecall.pass(over: members)
            #expect(pass.allSatisfy { (1...MemberRecall.atOnce).contains($0.count) })
            #expect(pass.count == (count + MemberRecall.atOnce - 1) / MemberRecall.atOnce)
            let asked = pass.joined().compactMap(\.port)
            #expect(asked.count == count)
            #expect(Set(asked) == Set(members.compactMap(\.port)))
        }

        @Test func `a damaged file of members is set aside and told, and the node goes on`()
            async throws
        {
            let folder = try TemporaryFolder()
            let n2 = try await world.start("n2")
            let first = try await start("n1", in: folder)
            _ = try await first.join([n2.seed])
            await first.handle?.get { $0.stop(.closed) }
            _ = await first.handle?.waitUntilStopped()
            let path = folder.path + "/nodes/n1/members"
            let whole = try folder.bytes(path)
            let items = try MemberFile.decode(whole)
            #expect(!items.isEmpty)
            for cut in 0..<whole.count {
                #expect(throws: FileDamage.self) { try MemberFile.decode(Array(whole[..<cut])) }
                var flipped = whole
                flipped[cut] ^= 1
                #expect(throws: FileDamage.self) { try MemberFile.decode(flipped) }
            }
            try folder.write("iridium-members-1\ntruncated", to: path)

            let (second, name) = try await startForgetting(.members, in: folder)
            #expect(name.hasPrefix(path + ".damaged-"))
            #expect(try folder.read(name) == "iridium-members-1\ntruncated")
            #expect(second.members.count == 1)
            await [n2, second].leave()
            unlink(name)
        }

        @Test func `what is kept is for its owner alone`() async throws {
            let folder = try TemporaryFolder()
            let first = try await start("n1", in: folder)
            await first.handle?.get { $0.stop(.closed) }
            _ = await first.handle?.waitUntilStopped()
            for file in ["identity.key", "incarnation", "lock", "members"] {
                var status = stat()
                #expect(stat(folder.path + "/nodes/n1/" + file, &status) == 0)
                #expect(status.st_mode & 0o777 == 0o600, "\(file)")
            }
        }

        @Test func `a damaged file that cannot be set aside ends the start, and is left as it is`()
            async throws
        {
            let folder = try TemporaryFolder()
            await (try start("n1", in: folder)).leave()
            // A folder cannot be given another name by a link.
            let path = folder.path + "/nodes/n1/members"
            unlink(path)
            #expect(mkdir(path, 0o700) == 0)
            defer { rmdir(path) }
            do {
                await (try start("n1", in: folder)).leave()
                Issue.record("it was started, and would write over what it could not set aside")
            } catch ClusterError.identity(path, let reason) {
                #expect(reason.contains("set aside"))
                #expect(reason.contains("move it away"))
            }
            #expect(access(path, F_OK) == 0)
        }

        /// n1, and where it says that a damaged file of its last life is now.
        private func startForgetting(
            _ file: ClusterNotice.ForgottenFile, in folder: TemporaryFolder
        ) async throws -> (cluster: Cluster, aside: String) {
            var configuration = try world.configuration("n1")
            configuration.stateDirectory = folder.path
            let cluster = Cluster(configuration: configuration)
            let events = cluster.events.makeAsyncIterator()
            try await cluster.start()
            var aside: String?
            while aside == nil, let event = await events.next() {
                if case .notice(.forgotten(file, let path, _)) = event { aside = path }
            }
            return (cluster, try #require(aside))
        }

        private func start(_ name: String, in folder: TemporaryFolder) async throws -> Cluster {
            var configuration = try world.configuration(name)
            configuration.stateDirectory = folder.path
            let cluster = Cluster(configuration: configuration)
            try await cluster.start()
            return cluster
        }
    }
}

/// A folder of its own for one test, gone with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/iridium-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { template -> Bool in
            guard let start = template.baseAddress else { return false }
            return mkdtemp(start) != nil
        }
        try #require(made)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        for name in ["identity.key", "incarnation", "lock", "members", "entitled"] {
            for node in ["n1", "n2"] { unlink("\(path)/nodes/\(node)/\(name)") }
            unlink("\(path)/\(name)")
        }
        for name in ["1.key", "2.key"] { remove(name) }
        for node in ["n1", "n2"] { rmdir("\(path)/nodes/\(node)") }
        rmdir("\(path)/nodes")
        rmdir(path)
    }

    func remove(_ name: String) { unlink("\(path)/\(name)") }

    /// Replaces the content and keeps the mode.
    func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        _ = fputs(text, file)
    }

    func bytes(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    func read(_ path: String) throws -> String {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
