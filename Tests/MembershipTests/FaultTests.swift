import Membership
import Testing

extension `On loopback` {
    /// What a broken network and a crash do to members, in one process.
    @Suite(.timeLimit(.minutes(10)))
    struct `Members in trouble` {
        private let world: World = {
            var world = World()
            world.tolerance = .milliseconds(500)
            return world
        }()

        private func start(
            _ name: String, _ faults: NetworkFaults?, _ identity: KeptIdentity? = nil,
            bind: Endpoint = .anyLoopbackPort
        ) async throws -> Cluster {
            var configuration = try world.configuration(name, bind: bind)
            configuration.keptIdentity = identity
            let cluster = Cluster(configuration: configuration, faults: faults)
            try await cluster.start()
            return cluster
        }

        @Test func `two halves bury each other, and meet again when the split heals`() async throws
        {
            let faults = (1...4).map { NetworkFaults(seed: $0) }
            var clusters: [Cluster] = []
            for (number, faults) in faults.enumerated() {
                let cluster = try await start("n\(number + 1)", faults)
                if let first = clusters.first { _ = try await cluster.join([first.seed]) }
                clusters.append(cluster)
            }
            for cluster in clusters { await cluster.waitFor { $0.count == 4 } }
            let endpoints = clusters.map(\.localMember.endpoint)
            for side in [0..<2, 2..<4] {
                let others = Set(endpoints[side == 0..<2 ? 2..<4 : 0..<2])
                for index in side { faults[index].block(others) }
            }
            for (cluster, names) in zip(
                clusters, [["n3", "n4"], ["n3", "n4"], ["n1", "n2"], ["n1", "n2"]])
            {
                for name in names { #expect(await cluster.waitFor(name, .dead) != nil) }
            }
            let refused = await #expect(throws: ClusterError.self) {
                try await clusters[0].join([clusters[2].seed])
            }
            guard case .joinFailed(let failures)? = refused,
                case .unreachable? = failures.first?.failure
            else {
                Issue.record("a stream passed the split: \(String(describing: refused))")
                return
            }
            for faults in faults { faults.block([]) }
            for cluster in clusters {
                await cluster.waitFor { $0.count == 4 && $0.allSatisfy { $0.state == .alive } }
            }
            await clusters.leave()
        }

        @Test func `a member whose datagrams are all lost lives on by TCP, and that is told`()
            async throws
        {
            let faults = NetworkFaults(seed: 1)
            let n1 = try await start("n1", nil)
            let n2 = try await start("n2", faults)
            _ = try await n2.join([n1.seed])
            let events = n1.events.makeAsyncIterator()
            faults.lose(percent: 100)
            var told: NodeAlias?
            while let event = await events.next() {
                if case .failed(let member) = event { Issue.record("\(member.name) is dead") }
                guard case .notice(.onlyTCP(let name, _)) = event else { continue }
                told = name
                break
            }
            #expect(told?.text == "n2")
            faults.lose(percent: 0)
            await [n1, n2].leave()
        }

        @Test func `who crashes without a word comes back as itself`() async throws {
            let identity = KeptIdentity()
            let n1 = try await start("n1", nil)
            let n2 = try await start("n2", nil, identity)
            _ = try await n2.join([n1.seed])
            let before = n2.localMember
            await n2.abandon()
            #expect(await n1.waitFor("n2", .dead) != nil)
            let again = try await start("n2", nil, identity, bind: before.endpoint)
            _ = try await again.join([n1.seed])
            let seen = await n1.waitFor("n2", .alive)
            #expect(seen?.id == before.id)
            #expect(seen?.endpoint == before.endpoint)
            #expect(before.incarnation < again.localMember.incarnation)
            await [n1, again].leave()
        }
    }
}
