import MembershipCore
import MembershipWire
import Synchronization
import Testing

@testable import Membership
@testable import MembershipSecurity

extension `On loopback` {
    /// A cluster that replaces its key, with real sockets.
    struct KeyRotationTests {
        private let world = World()

        private var oldKey: ClusterConfiguration.KeySource {
            .bytes(world.key.key.secret.withBytes { Array($0) })
        }

        /// A member that has come and gone: with this it comes back as who it was, by the old key.
        private func guest(
            _ name: String, of host: Cluster
        ) async throws -> ClusterConfiguration {
            var configuration = try world.configuration(name)
            configuration.key = oldKey
            configuration.keptIdentity = KeptIdentity()
            let guest = Cluster(configuration: configuration)
            try await guest.start()
            _ = try await guest.join([host.seed])
            await host.waitFor(name, .alive)
            await guest.leave()
            await host.waitFor(name, .left)
            return configuration
        }

        private func versions(_ clusters: [Cluster]) async -> [UInt64] {
            var versions: [UInt64] = []
            for cluster in clusters { versions.append(await cluster.keyring()?.version ?? 99) }
            return versions
        }

        @Test func `four members rotate while messages flow, and nobody is suspected`() async throws
        {
            let clusters = try await world.start(["n1", "n2", "n3", "n4"])
            let old = world.key.key.fingerprint
            let told = Mutex<[KeyRotationProgress]>([])
            // Both subscribe before the first message.
            let (first, second) = (
                clusters[3].events.makeAsyncIterator(), clusters[3].events.makeAsyncIterator()
            )
            let suspected = Task {
                while let event = await first.next() {
                    switch event {
                    case .suspected, .failed: return true
                    case .message(_, _, [99]): return false
                    default: continue
                    }
                }
                return false
            }
            let heard = Task {
                while let event = await second.next() {
                    if case .message(_, _, let payload) = event, payload == [50] { return true }
                }
                return false
            }
            let flow = Task {
                for number in UInt8(0)...50 {
                    try await clusters[0].broadcast(type: 1, [number])
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            let report = try await clusters[1].rotateKeys { step in
                told.withLock { $0.append(step) }
            }
            try await flow.value
            #expect(await heard.value)
            #expect(report.version == 3 && !report.wasResumed)
            #expect(report.confirmed.map(\.text) == ["n1", "n2", "n3", "n4"])
            #expect(report.inMemoryOnly == report.confirmed)
            #expect(report.oldKeyUntil != nil)
            for cluster in clusters {
                let status = try #require(await cluster.keyring())
                #expect(status.version == 3 && status.stage == .settled)
                #expect(status.keys.map(\.fingerprint) == [report.fingerprint, old])
                #expect(status.author == clusters[1].localMember.id)
                #expect(await cluster.status().keyFingerprint == report.fingerprint)
            }
            let steps = told.withLock { $0 }
            #expect(steps.first?.stage == .installed && steps.last?.stage == .settled)
            #expect(steps.last?.confirmed == 4 && steps.last?.members == 4)
            #expect(steps.allSatisfy { $0.fingerprint == report.fingerprint })
            // They understand each other under the new key alone.
            try await clusters[0].broadcast(type: 1, [99])
            #expect(await !suspected.value)
            await clusters.leave()
        }

        @Test
        func `a member that was away is given the new key for its old one, a stranger is not`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2"])
            let configuration = try await guest("n3", of: clusters[0])
            let report = try await clusters[0].rotateKeys()

            let back = Cluster(configuration: configuration)
            try await back.start()
            #expect(await back.keyring()?.version == 0)
            let joined = try await back.join([clusters[0].seed])
            #expect(joined.members == 3 && joined.udpWorks)
            #expect(await back.keyring()?.version == 3)
            #expect(await back.keyring()?.keys.first?.fingerprint == report.fingerprint)

            var other = try world.configuration("n4")
            other.key = configuration.key
            let stranger = Cluster(configuration: other)
            try await stranger.start()
            let seed = clusters[0].seed
            await #expect(
                throws: ClusterError.joinFailed([
                    SeedFailure(seed: seed.description, failure: .unknownKey)
                ])
            ) { try await stranger.join([seed]) }
            #expect(await stranger.keyring()?.version == 0)
            await (clusters + [back, stranger]).leave()
        }

        @Test func `who may come back is known after a restart as well`() async throws {
            let folder = try TemporaryFolder()
            try KeyFile.create("\(folder.path)/1.key", world.key.key)
            var named = try world.configuration("n1")
            named.key = .file("\(folder.path)/1.key")
            named.stateDirectory = folder.path
            let n1 = Cluster(configuration: named)
            try await n1.start()
            let configuration = try await guest("n2", of: n1)
            let report = try await n1.rotateKeys()
            #expect(report.inMemoryOnly.isEmpty)
            await n1.abandon()

            let restarted = Cluster(configuration: named)
            try await restarted.start()
            #expect(await restarted.keyring()?.version == 3)
            let back = Cluster(configuration: configuration)
            try await back.start()
            _ = try await back.join([restarted.seed])
            #expect(await back.keyring()?.version == 3)
            await [restarted, back].leave()
        }

        @Test func `a rotation that is cancelled stops between two stages, and can be ended`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2", "n3"])
            let rotation = Task {
                try await clusters[0].rotateKeys { step in
                    if step.stage == .switched { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            await #expect(throws: KeyRotationError.cancelled(stage: .switched)) {
                try await rotation.value
            }
            #expect(await clusters[0].keyring()?.stage == .switched)
            let report = try await clusters[2].rotateKeys()
            #expect(report.wasResumed && report.version == 3)
            await clusters.leave()
        }

        @Test func `keys rotated in a cluster of another name are refused at the start`()
            async throws
        {
            let folder = try TemporaryFolder()
            let path = "\(folder.path)/1.key"
            try KeyFile.create(path, world.key.key)
            var configuration = try world.configuration("n1")
            configuration.key = .file(path)
            let n1 = Cluster(configuration: configuration)
            try await n1.start()
            _ = try await n1.rotateKeys()
            await n1.leave()
            configuration.clusterName = "another"
            let other = Cluster(configuration: configuration)
            await #expect(
                throws: ClusterError.key(.otherCluster(path: path, cluster: "another"))
            ) { try await other.start() }
        }

        @Test func `without a grace nobody comes back by the old key`() async throws {
            let n1 = try await world.start("n1")
            let configuration = try await guest("n2", of: n1)
            let report = try await n1.rotateKeys(grace: .zero)
            #expect(report.oldKeyUntil == nil)
            let back = Cluster(configuration: configuration)
            try await back.start()
            await #expect(
                throws: ClusterError.joinFailed([
                    SeedFailure(seed: n1.seed.description, failure: .unknownKey)
                ])
            ) { try await back.join([n1.seed]) }
            await [n1, back].leave()
        }

        @Test func `a member that cannot keep the key stops the rotation, which then goes on`()
            async throws
        {
            let folder = try TemporaryFolder()
            let (own, its) = ("\(folder.path)/1.key", "\(folder.path)/2.key")
            let key = world.key.key
            try KeyFile.create(own, key)
            try KeyFile.create(its, key)
            var clusters: [Cluster] = []
            for (name, path) in [("n1", own), ("n2", its)] {
                var configuration = try world.configuration(name)
                configuration.key = .file(path)
                let cluster = Cluster(configuration: configuration)
                try await cluster.start()
                if let first = clusters.first { _ = try await cluster.join([first.seed]) }
                clusters.append(cluster)
            }
            folder.remove("2.key")
            await #expect(
                throws: KeyRotationError.notConfirmed(
                    stage: .installed,
                    [
                        .init(
                            id: clusters[1].localMember.id, name: clusters[1].localMember.name,
                            reason: .cannotKeep)
                    ])
            ) { try await clusters[0].rotateKeys() }
            #expect(await versions(clusters) == [1, 0])
            #expect(try KeyFile.readKeyset(own).version == 1)

            // A newcomer with the old file catches up though nobody drives a rotation.
            var configuration = try world.configuration("n3")
            configuration.key = oldKey
            let n3 = Cluster(configuration: configuration)
            try await n3.start()
            _ = try await n3.join([clusters[0].seed])
            await n3.waitForKeys(version: 1)

            // Whoever asks next, the same new key goes on its way: no third one.
            let new = try KeyFile.readKeyset(own).newKey.fingerprint
            try KeyFile.create(its, key)
            clusters.append(n3)
            let report = try await n3.rotateKeys()
            #expect(report.wasResumed && report.fingerprint == new && report.version == 3)
            #expect(report.inMemoryOnly.map(\.text) == ["n3"])
            #expect(await versions(clusters) == [3, 3, 3])
            #expect(try KeyFile.readKeyset(own) == KeyFile.readKeyset(its))
            await clusters.leave()
        }

        @Test func `a second rotation replaces the key again, and one at a time is driven`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2"])
            let first = try await clusters[0].rotateKeys()
            let second = try await clusters[1].rotateKeys()
            #expect(second.version == 6 && second.fingerprint != first.fingerprint)
            #expect(await clusters[0].keyring()?.keys.count == 3)
            _ = await clusters[0].handle?.get { $0.beginRotation() }
            await #expect(throws: KeyRotationError.underWay) {
                try await clusters[0].rotateKeys()
            }
            await #expect(throws: KeyRotationError.graceOutOfRange(.seconds(31 * 86_400))) {
                try await clusters[1].rotateKeys(grace: .seconds(31 * 86_400))
            }
            let nobody = try NodeAlias(parsing: "nobody")
            await #expect(throws: KeyRotationError.unknownMember(nobody)) {
                try await clusters[1].rotateKeys(without: [nobody])
            }
            await clusters.leave()
            await #expect(throws: KeyRotationError.notRunning) {
                try await clusters[0].rotateKeys()
            }
        }

        @Test func `keys that have none of ours among them are refused, whoever signed them`()
            async throws
        {
            let n1 = try await world.start("n1")
            let cluster = ClusterID(named: try world.configuration("n1").clusterName)
            func keyset(retired: [Keyset.RetiredKey]) throws -> Keyset {
                try Keyset(
                    .init(version: 1, stage: .settled, keys: [.random()], retired: retired),
                    by: .random(), in: cluster)
            }
            let (foreign, further) = (
                try keyset(retired: []),
                try keyset(retired: [.init(world.key.key, until: 1 << 39)])
            )
            let answers = Mutex<[KeysOutcome]>([])
            await n1.handle?.get { runner in
                runner.take(foreign) { answer in answers.withLock { $0.append(answer) } }
            }
            #expect(answers.withLock { $0 } == [.refused])
            #expect(await n1.keyring()?.version == 0)
            let refused = await n1.status().refused.first { $0.reason == "foreign-keyset" }
            #expect(refused?.count == 1)
            // With ours among the retired ones it may be a rotation that we have missed.
            let handle = try #require(await n1.handle)
            let taken = await withCheckedContinuation { taken in
                handle.run { $0.take(further) { taken.resume(returning: $0) } }
            }
            #expect(taken == .same(inMemoryOnly: true))
            #expect(await n1.keyring()?.keys.count == 2)
            await n1.leave()
        }

        @Test func `who is left out comes back by the old key without being asked`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            var configuration = try world.configuration("n3")
            configuration.key = oldKey
            let n3 = Cluster(configuration: configuration)
            try await n3.start()
            _ = try await n3.join([clusters[0].seed])
            await clusters[1].waitFor("n3", .alive)
            // Both other members know it, and none tells it anything until it is told to.
            let report = try await clusters[0].rotateKeys(without: [n3.localMember.name])
            #expect(report.confirmed.map(\.text) == ["n1", "n2"])
            // Its heartbeats are under a retired key now: that shows that it is behind.
            await n3.waitForKeys(version: 3)
            #expect(await n3.keyring()?.keys.first?.fingerprint == report.fingerprint)
            await (clusters + [n3]).leave()
        }
    }
}

extension Cluster {
    /// Waits until this node goes by a keyset of that version.
    fileprivate func waitForKeys(version: UInt64) async {
        for await _ in events {
            if await keyring()?.version == version { return }
        }
    }
}
