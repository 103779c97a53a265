import Synchronization
import Testing

@testable import Membership

#if ServiceLifecycle
    import ServiceLifecycle
#endif

extension `On loopback` {
    @Suite(.timeLimit(.minutes(10)))
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

        @Test func `a task that waited for the start may give a command at once`() async throws {
            for _ in 0..<20 {
                let cluster = Cluster(configuration: try world.configuration("n1"))
                let command = Task {
                    try await cluster.waitUntil { $0.living.count == 1 }
                    try await cluster.setTags(["http": "8080"])
                }
                try await cluster.start()
                try await command.value
                await cluster.leave()
            }
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

        #if ServiceLifecycle
            @Test(arguments: [true, false])
            func `a service that reads events survives a graceful shutdown wherever it is listed`(
                isFirst: Bool
            ) async throws {
                let n1 = try await world.start("n1")
                let n2 = Cluster(configuration: try world.configuration("n2"))
                let reader = EventReader(cluster: n2)
                let services = ServiceGroup(
                    services: isFirst ? [reader, n2] : [n2, reader],
                    gracefulShutdownSignals: [], logger: Cluster.silentLogger)
                let running = Task { try await services.run() }
                await n2.waitUntilRunning()
                _ = try await n2.join([n1.seed])
                await services.triggerGracefulShutdown()
                try await running.value
                #expect(await n1.waitFor("n2", .left) != nil)
                await n1.leave()
            }
        #endif

        @Test func `a run waits for a start that is under way`() async throws {
            for _ in 0..<20 {
                let cluster = Cluster(configuration: try world.configuration("n1"))
                let started = Task { try await cluster.start() }
                let hasReturned = Mutex(false)
                let run = Task {
                    defer { hasReturned.withLock { $0 = true } }
                    try await cluster.run()
                }
                await cluster.waitUntilRunning()
                // Whichever came first: the run lasts as long as the cluster does.
                let status = await cluster.status()
                #expect(status.counts[.alive] == 1)
                #expect(!hasReturned.withLock { $0 })
                await cluster.leave()
                do {
                    try await run.value
                } catch {
                    // It was scheduled only after the end.
                    #expect(error as? ClusterError == .notRunning)
                }
                _ = try? await started.value
            }
        }

        @Test func `a run after the end says so`() async throws {
            let cluster = Cluster(configuration: try world.configuration("n1"))
            await cluster.leave()
            await #expect(throws: ClusterError.notRunning) { try await cluster.run() }
        }

        @Test func `a join in a cancelled task says that, and the cluster runs on`() async throws {
            let n1 = try await world.start("n1")
            let n2 = try await world.start("n2")
            let seed = n1.seed
            let join = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                _ = try await n2.join([seed])
            }
            await #expect(throws: ClusterError.cancelled) { try await join.value }
            _ = try await n2.join([n1.seed])
            await [n1, n2].leave()
        }

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
        while await handle == nil { await Task.yield() }
    }
}

#if ServiceLifecycle
    /// What users write: a service that follows the cluster.
    private struct EventReader: Service {
        let cluster: Cluster

        func run() async throws { for await _ in cluster.events {} }
    }
#endif
