import Membership
import Testing

extension `On loopback` {
    @Suite(.timeLimit(.minutes(10)))
    struct `Joining and leaving` {
        let world = World()

        @Test func `two members see each other`() async throws {
            let n1 = try await world.start("n1")
            let n2 = try await world.start("n2")
            let report = try await n2.join([n1.seed])
            #expect(report.members == 2)
            #expect(report.udpWorks)
            #expect(report.viewsAgree)
            #expect(report.seed == n1.seed.description)
            #expect(n2.members.map(\.name.text) == ["n1", "n2"])
            #expect(n2.members.map(\.isSelf) == [false, true])
            let seen = await n1.waitFor("n2", .alive)
            #expect(seen?.endpoint == n2.localMember.endpoint)
            #expect(await n2.freshMembers().first?.roundTripTime != nil)
            await [n1, n2].leave()
        }

        @Test func `who joins one member meets all`() async throws {
            let clusters = try await world.start(["n1", "n2", "n3"])
            for cluster in clusters {
                await cluster.waitFor { $0.count == 3 && $0.allSatisfy { $0.state == .alive } }
            }
            let views = await clusters[0].status().viewHash
            #expect(await clusters[2].status().viewHash == views)
            await clusters.leave()
        }

        @Test func `a leave is seen as left and not as a failure`() async throws {
            let clusters = try await world.start(["n1", "n2", "n3"])
            await clusters[2].leave()
            #expect(await clusters[0].waitFor("n3", .left) != nil)
            #expect(await clusters[1].waitFor("n3", .left) != nil)
            await clusters.leave()
        }

        @Test func `a newcomer lists members that left before it came`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            await clusters[1].leave()
            #expect(await clusters[0].waitFor("n2", .left) != nil)
            let n3 = try await world.start("n3")
            _ = try await n3.join([clusters[0].seed])
            #expect(await n3.waitFor("n2", .left) != nil)
            await [clusters[0], n3].leave()
        }

        @Test func `a member that vanishes without a word is seen as dead`() async throws {
            var world = world
            world.tolerance = nil
            let n1 = try await world.start("n1")
            do {
                let n2 = try await world.start("n2")
                _ = try await n2.join([n1.seed])
                // Dropped here: its sockets close, and nobody says goodbye.
            }
            let dead = await n1.waitFor("n2", .dead)
            #expect(dead?.reason != nil)
            await n1.leave()
        }

        @Test func `members meet over IPv6`() async throws {
            let n1 = try await world.start("n1", bind: .anyLoopback6Port)
            let n2 = try await world.start("n2", bind: .anyLoopback6Port)
            let report = try await n2.join([n1.seed])
            #expect(report.udpWorks)
            #expect(n1.seed.description.hasPrefix("[::1]:"))
            await [n1, n2].leave()
        }

        @Test func `one socket for both families serves both`() async throws {
            var configuration = try world.configuration("n1", bind: Endpoint(.v6(0, 0), port: 0))
            configuration.advertise = .anyLoopbackPort
            let n1 = Cluster(configuration: configuration)
            try await n1.start()
            let n2 = try await world.start("n2")
            #expect(try await n2.join([n1.seed]).udpWorks)
            await [n1, n2].leave()
        }

        @Test func `every address of a host name is tried`() async throws {
            let n1 = try await world.start("n1")
            let n2 = try await world.start("n2")
            let seed = HostAndPort(host: "localhost", port: n1.localMember.endpoint.port)
            #expect(try await n2.join([seed]).members == 2)
            await [n1, n2].leave()
        }

        @Test func `a seed that answers makes up for one that does not`() async throws {
            let n1 = try await world.start("n1")
            let n2 = try await world.start("n2")
            let nobody = try await unusedSeed()
            #expect(try await n2.join([nobody, n1.seed]).seed == n1.seed.description)
            await [n1, n2].leave()
        }

        @Test func `configured seeds are asked until they are there`() async throws {
            let first = try await world.start("n1")
            let endpoint = first.localMember.endpoint
            await first.leave()

            var configuration = try world.configuration("n2")
            configuration.seeds = [HostAndPort(endpoint)]
            let n2 = Cluster(configuration: configuration)
            let events = n2.events.makeAsyncIterator()
            try await n2.start()
            let failure = await firstNotice(events)
            #expect(
                failure
                    == .seedFailed(seed: "\(HostAndPort(endpoint))", failure: .connectionRefused))

            let n1 = try await world.start("n1", bind: endpoint)
            #expect(await n2.waitFor("n1", .alive) != nil)
            await [n1, n2].leave()
        }

        @Test func `a node without any seed says once that it is alone`() async throws {
            let nobody = try await unusedSeed()
            var configuration = try world.configuration("n1")
            configuration.seeds = [nobody]
            configuration.lonelyAfter = .milliseconds(20)
            let n1 = Cluster(configuration: configuration)
            let events = n1.events.makeAsyncIterator()
            try await n1.start()
            while let event = await events.next() {
                guard case .notice(.stillAlone(let tried)) = event else { continue }
                // What became of the first try may not be known yet on a busy machine.
                #expect(["\(nobody)", "\(nobody) (refused)"].contains(tried.first))
                #expect(tried.count == 1)
                break
            }
            await n1.leave()
        }

        @Test func `a configured seed that left is asked again`() async throws {
            let first = try await world.start("n1")
            let endpoint = first.localMember.endpoint
            var configuration = try world.configuration("n2")
            configuration.seeds = [HostAndPort(endpoint)]
            let n2 = Cluster(configuration: configuration)
            try await n2.start()
            await n2.waitFor("n1", .alive)
            await first.leave()
            await n2.waitFor("n1", .left)

            // It knows nobody: that they meet again is the other's doing.
            let n1 = try await world.start("n1", bind: endpoint)
            #expect(await n1.waitFor("n2", .alive) != nil)
            await [n1, n2].leave()
        }

        @Test func `metadata and messages reach the others`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            let events = clusters[0].events.makeAsyncIterator()
            _ = await events.next()
            try await clusters[1].setMetadata(Array("blue".utf8))
            await clusters[0].waitFor { $0.contains { $0.metadata == Array("blue".utf8) } }

            try await clusters[1].broadcast(type: 7, [1, 2, 3])
            while let event = await events.next() {
                guard case .message(let sender, let type, let payload) = event else { continue }
                #expect(sender == clusters[1].localMember.id)
                #expect(type == 7)
                #expect(payload == [1, 2, 3])
                break
            }
            await clusters.leave()
        }

        @Test func `a member that left can be forgotten and a living one cannot`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            let id = clusters[1].localMember.id
            #expect(await clusters[0].forget(id) == false)
            await clusters[1].leave()
            await clusters[0].waitFor("n2", .left)
            #expect(await clusters[0].forget(id))
            #expect(clusters[0].member("n2") == nil)
            await clusters[0].leave()
        }

        @Test func `a peer list of many chunks arrives whole`() async throws {
            // 512 bytes of metadata each: about 22 members fill a chunk.
            let count = 28
            let n1 = try await world.start("n1")
            var members: [Cluster] = []
            for first in stride(from: 0, to: count, by: 4) {
                members += try await world.startAtOnce(first..<first + 4, seed: n1.seed)
            }
            await n1.waitFor { $0.count == count + 1 }
            let late = try await world.start("late")
            let report = try await late.join([n1.seed])
            #expect(report.membersReceived >= count + 1)
            #expect(late.members.count == count + 2)
            await (members + [late, n1]).leave()
        }

        private func unusedSeed() async throws -> HostAndPort {
            let passing = try await world.start("passing")
            let seed = passing.seed
            await passing.leave()
            return seed
        }

        private func firstNotice(_ events: ClusterEvents.Iterator) async -> ClusterNotice? {
            while let event = await events.next() {
                if case .notice(let notice) = event { return notice }
            }
            return nil
        }
    }
}
