import Membership
import Testing

extension `On loopback` {
    @Suite(.timeLimit(.minutes(10)))
    struct `What can go wrong at the start` {
        let world = World()

        @Test func `another key is told from another cluster`() async throws {
            let n1 = try await world.start("n1")

            let stranger = try await World().start("n2")
            await #expect(throws: failure(n1, .unknownKey)) {
                _ = try await stranger.join([n1.seed])
            }

            var configuration = try world.configuration("n3")
            configuration.clusterName = "staging"
            let neighbour = Cluster(configuration: configuration)
            try await neighbour.start()
            await #expect(throws: failure(n1, .wrongCluster)) {
                _ = try await neighbour.join([n1.seed])
            }
            #expect(n1.members.count == 1)
            let refused = await n1.status().refused
            #expect(refused.contains { $0.reason == "stream-unknown-key" && $0.count == 1 })
            #expect(refused.contains { $0.reason == "stream-wrong-cluster" && $0.count == 1 })
            await [n1, stranger, neighbour].leave()
        }

        @Test func `a node is not its own seed`() async throws {
            let n1 = try await world.start("n1")
            await #expect(throws: failure(n1, .selfJoin)) { _ = try await n1.join([n1.seed]) }
            await n1.leave()
        }

        @Test func `a host that does not exist is said to be so`() async throws {
            let n1 = try await world.start("n1")
            let nowhere = HostAndPort(host: "no-such-host.invalid", port: 2254)
            let expected = ClusterError.joinFailed([
                SeedFailure(seed: "\(nowhere)", failure: .hostNotFound)
            ])
            await #expect(throws: expected) { _ = try await n1.join([nowhere]) }
            await n1.leave()
        }

        @Test func `a port where nobody listens refuses`() async throws {
            let gone = try await world.start("gone")
            let seed = gone.seed
            await gone.leave()
            let n1 = try await world.start("n1")
            let expected = ClusterError.joinFailed([
                SeedFailure(seed: "\(seed)", failure: .connectionRefused)
            ])
            await #expect(throws: expected) { _ = try await n1.join([seed]) }
            await n1.leave()
        }

        @Test func `an address family the socket does not have is unreachable`() async throws {
            let n1 = try await world.start("n1")
            let six = HostAndPort(host: "::1", port: 2254)
            do {
                _ = try await n1.join([six])
                Issue.record("joined over a family that is not bound")
            } catch ClusterError.joinFailed(let failures) {
                guard case .unreachable = failures.first?.failure else {
                    Issue.record("\(failures)")
                    return
                }
            }
            await n1.leave()
        }

        @Test func `a name that is taken is refused with its holder`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            let copy = try await world.start("n2")
            let holder = clusters[1].localMember
            await #expect(
                throws: failure(clusters[0], .nameTaken(by: holder.id, at: holder.endpoint))
            ) { _ = try await copy.join([clusters[0].seed]) }
            await (clusters + [copy]).leave()
        }

        @Test func `a port in use says which transport and why`() async throws {
            let n1 = try await world.start("n1")
            let endpoint = n1.localMember.endpoint
            let second = Cluster(configuration: try world.configuration("n2", bind: endpoint))
            do {
                try await second.start()
                Issue.record("two nodes share a port")
            } catch {
                guard case .cannotListen(endpoint, .udp, let number) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(number != 0)
            }
            await n1.leave()
            // It can be tried again.
            try await second.start()
            await second.leave()
        }

        @Test func `an address that means any cannot be advertised`() async throws {
            let any = Endpoint(.v4(0), port: 0)
            let cluster = Cluster(configuration: try world.configuration("n1", bind: any))
            do {
                try await cluster.start()
                Issue.record("0.0.0.0 was advertised")
            } catch {
                guard case .cannotAdvertise(any, let candidates) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(candidates.contains(.v4(0x7F00_0001)))
            }
        }

        @Test func `what is too long is refused before it is sent`() async throws {
            let n1 = try await world.start("n1")
            let long = [UInt8](repeating: 0, count: 1_025)
            await #expect(throws: ClusterError.metadataTooLong(bytes: 1_025)) {
                try await n1.setMetadata(long)
            }
            await #expect(throws: ClusterError.messageTooLong(bytes: 1_025)) {
                try await n1.broadcast(type: 0, long)
            }
            await n1.leave()
        }

        @Test func `a key of the wrong length is no key`() async throws {
            var configuration = try world.configuration("n1")
            configuration.key = .bytes([1, 2, 3])
            do {
                try await Cluster(configuration: configuration).start()
                Issue.record("a short key was taken")
            } catch {
                guard case .key(.malformed) = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }

        @Test func `a key file that is missing is named`() async throws {
            var configuration = try world.configuration("n1")
            configuration.key = .file("/nonexistent/cluster.key")
            do {
                try await Cluster(configuration: configuration).start()
                Issue.record("a missing key was read")
            } catch {
                guard case .key(.unreadable("/nonexistent/cluster.key", _, _)) = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }

        @Test func `a cluster that does not run says so`() async throws {
            let cluster = Cluster(configuration: try world.configuration("n1"))
            await #expect(throws: ClusterError.notRunning) { try await cluster.setMetadata([]) }
            try await cluster.start()
            await #expect(throws: ClusterError.alreadyStarted) { try await cluster.start() }
            await cluster.leave()
            await #expect(throws: ClusterError.notRunning) {
                _ = try await cluster.join([cluster.seed])
            }
            await cluster.leave()
        }

        private func failure(_ seed: Cluster, _ failure: JoinFailure) -> ClusterError {
            .joinFailed([SeedFailure(seed: seed.seed.description, failure: failure)])
        }
    }
}
