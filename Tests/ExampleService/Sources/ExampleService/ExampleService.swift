import Membership

/// A worker that shares jobs with all others: each job is done by one member, and by another one as soon
/// as that is gone. No coordinator, no database: whoever has the same view names the same owner.
struct Worker: Sendable {
    let cluster: Cluster
    let jobs: [String]

    /// The jobs that fall to this member, among the workers.
    func share(in view: ClusterView) -> [String] {
        jobs.filter { job in
            view.owners(of: job.utf8, where: { $0.tags?["role"] == "worker" }).first?.isSelf == true
        }
    }

    /// Tells its share at the start and whenever that changes, until the cluster stops.
    func run() async {
        var told: [String]?
        for await event in cluster.events where event.member != nil || event.snapshot != nil {
            let share = share(in: cluster.view)
            guard share != told else { continue }
            told = share
            print("\(cluster.localMember.name) does \(share.joined(separator: " "))")
        }
    }
}

/// Three workers in one process: all jobs are done, each by one; then one worker leaves.
@main
struct ExampleService {
    static func main() async throws {
        let key = SharedClusterKey()
        let jobs = (1...12).map { "job-\($0)" }
        var workers: [Worker] = []
        var runs: [Task<Void, Never>] = []
        for name in ["north", "east", "south"] as [NodeAlias] {
            var configuration = ClusterConfiguration(
                name: name, bind: "127.0.0.1:0", key: .generated(key))
            configuration.metadata = (["role": "worker"] as Tags).metadata
            let first = workers.first?.cluster.localMember.endpoint
            configuration.discovery = [.from("the first") { first.map { [HostAndPort($0)] } ?? [] }]
            let worker = Worker(cluster: Cluster(configuration: configuration), jobs: jobs)
            try await worker.cluster.start()
            runs.append(Task { await worker.run() })
            workers.append(worker)
        }
        try await check(workers, jobs)
        await workers.removeLast().cluster.leave()
        try await check(workers, jobs)
        for worker in workers { await worker.cluster.leave() }
        for run in runs { await run.value }
        print("done")
    }

    /// All agree on who does what, and nothing is left undone or done twice.
    static func check(_ workers: [Worker], _ jobs: [String]) async throws {
        var done: [String] = []
        for worker in workers {
            let view = try await worker.cluster.waitUntil(within: .seconds(30)) {
                $0.living.count == workers.count && $0.isAgreed
            }
            done += worker.share(in: view)
        }
        guard done.sorted() == jobs.sorted() else { throw Undone(jobs: done) }
    }
}

struct Undone: Error { let jobs: [String] }
