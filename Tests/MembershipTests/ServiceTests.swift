import Testing

@testable import Membership

#if ServiceLifecycle
    import ServiceLifecycle
#endif

extension `On loopback` {
    @Suite(.timeLimit(.minutes(2)))
    struct `A cluster as a service` {
        let world = World()

        @Test func `a cancelled run says goodbye`() async throws {
            let n1 = try await world.start("n1")
            let n2 = Cluster(configuration: try world.configuration("n2"))
            let running = Task { try await n2.run() }
            await n2.waitUntilRunning()
            _ = try await n2.join([n1.seed])
            running.cancel()
            try await running.value
            #expect(await n1.waitFor("n2", .left) != nil)
            await n1.leave()
        }

        #if ServiceLifecycle
            @Test func `a service group that shuts down says goodbye`() async throws {
                let n1 = try await world.start("n1")
                let n2 = Cluster(configuration: try world.configuration("n2"))
                let services = ServiceGroup(services: [n2], logger: Cluster.silentLogger)
                let running = Task { try await services.run() }
                await n2.waitUntilRunning()
                _ = try await n2.join([n1.seed])
                await services.triggerGracefulShutdown()
                try await running.value
                #expect(await n1.waitFor("n2", .left) != nil)
                await n1.leave()
            }
        #endif

        @Test func `a run ends when somebody else leaves`() async throws {
            let cluster = Cluster(configuration: try world.configuration("n1"))
            async let run: Void = cluster.run()
            await cluster.waitUntilRunning()
            await cluster.leave()
            try await run
        }

        @Test func `leaving twice at once and before the start is harmless`() async throws {
            let idle = Cluster(configuration: try world.configuration("n1"))
            await idle.leave()
            let n2 = try await world.start("n2")
            await [n2, n2, n2].leave()
            await n2.leave()
        }

        @Test func `who waits for a join is answered when the cluster leaves`() async throws {
            // Listens and never answers.
            let silent = try SilentListener()
            let n1 = try await world.start("n1")
            let join = Task { try await n1.join([HostAndPort(silent.endpoint)]) }
            let caller = await silent.waitForCaller()
            defer { closeDescriptor(caller) }
            await n1.leave()
            await #expect(throws: ClusterError.self) { try await join.value }
        }
    }
}

extension Cluster {
    /// `run` starts by itself; this waits for the moment.
    fileprivate func waitUntilRunning() async {
        while handle == nil { await Task.yield() }
    }
}
