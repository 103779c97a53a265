internal import Logging
internal import MembershipCore
import MembershipWire

/// Looks for members at the configured places, as long as the node runs.
///
/// `SeedSearch` decides which of the seeds are called, and when the next look is due. This code
/// asks the providers, makes the calls, and reports changes, but not repeated results.
struct SeedKeeper: Sendable {
    let sources: SeedSources
    let refresh: Duration
    /// After this long without any other member, one notice says so.
    let lonelyAfter: Duration
    let handle: RunnerHandle
    let published: PublishedView
    let logger: Logger

    /// Between the calls of one look: usually the first one answers, and the others then know us
    /// already.
    static let stagger: Duration = .milliseconds(250)
    /// A look waits this long for providers; later answers count in the next look.
    private static let lookLimit: Duration = .milliseconds(500)

    /// Runs until the task is cancelled or the node stops.
    func run() async {
        let reports = SeedReports()
        await withTaskGroup { group in
            group.addTask { await keep(reports) }
            group.addTask {
                guard await rest(lonelyAfter, on: handle.loop) else { return }
                await tellIfAlone(reports)
            }
        }
    }

    private func keep(_ reports: SeedReports) async {
        var search = SeedSearch(.lan, refresh: refresh)
        var generator = SystemRandomNumberGenerator()
        var random = RandomSource(seed: generator.next())
        while !Task.isCancelled {
            guard !sources.all.isEmpty else {
                // A reload may bring some.
                guard await rest(refresh, on: handle.loop) else { return }
                continue
            }
            let (seeds, isComplete) = await look(reports)
            let calls = search.calls(
                to: seeds.flatMap(\.endpoints).filter(mayCall), own: published.local.endpoint,
                living: living.map { ($0.id, $0.endpoint) }, by: &random)
            if !isComplete { search.foundNone() }
            guard await call(calls, of: seeds, &search, reports) else { return }
            guard await restUnlessAlone(.random(in: search.rest()), &search) else { return }
        }
    }

    // MARK: Looking

    /// The seeds known to all providers, and whether each provider has an answer.
    private func look(_ reports: SeedReports) async -> ([FoundSeed], isComplete: Bool) {
        let (sources, loop) = (sources.all, handle.loop)
        return await withTaskGroup { group in
            for (index, source) in sources.enumerated() {
                group.addTask { (index, await source.look(atMost: Self.lookLimit, on: loop)) }
            }
            var found = [[FoundSeed]](repeating: [], count: sources.count)
            var isComplete = true
            for await (index, (seeds, failure)) in group {
                found[index] = seeds
                if seeds.isEmpty { isComplete = false }
                let isNews = await reports.note(failure, of: sources[index].name)
                if isNews, let failure { tell(sources[index].name, failure) }
            }
            return (found.flatMap(\.self), isComplete)
        }
    }

    private var living: [Member] { published.members.filter { $0.isLiving && !$0.isSelf } }

    /// Whether it is not this node, as far as an address alone shows, and of a family that the
    /// socket reaches.
    private func mayCall(_ endpoint: Endpoint) -> Bool {
        SocketFamily(boundTo: handle.bound.address).reaches(endpoint.address)
            && !handle.isOurs(endpoint, published)
    }

    // MARK: Calling

    /// False if the node has stopped.
    private func call(
        _ calls: [Endpoint], of seeds: [FoundSeed], _ search: inout SeedSearch,
        _ reports: SeedReports
    ) async -> Bool {
        let (handle, published) = (handle, published)
        let answers = await withTaskGroup(of: (Endpoint, JoinAnswer?).self) { group in
            for (index, endpoint) in calls.enumerated() {
                group.addTask {
                    guard await rest(Self.stagger * index, on: handle.loop) else {
                        return (endpoint, .stopped)
                    }
                    let isHere = published.list.contains {
                        $0.isLiving && $0.endpoint == endpoint
                    }
                    return (endpoint, isHere ? nil : await handle.ask(endpoint))
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (endpoint, answer) in answers {
            switch answer {
            case .joined(let outcome): search.joined(outcome.seed, at: endpoint)
            case .failed(.selfJoin): search.metSelf(at: endpoint)
            case .failed(.busy): search.metBusy()
            case .failed: break
            case .stopped: return false
            }
        }
        await report(answers, of: seeds, reports)
        return !Task.isCancelled
    }

    /// Reports, for a seed with several addresses, the most telling failure, and none if one has
    /// answered.
    private func report(
        _ answers: [Endpoint: JoinAnswer], of seeds: [FoundSeed], _ reports: SeedReports
    ) async {
        for seed in seeds {
            var failures: [JoinFailure] = seed.endpoints.isEmpty ? [.hostNotFound] : []
            var hasAnswered = false
            for endpoint in seed.endpoints {
                switch answers[endpoint] {
                case .joined, .failed(.selfJoin): hasAnswered = true
                case .failed(let failure): failures.append(failure)
                case .stopped, nil: break
                }
            }
            guard hasAnswered || !failures.isEmpty else { continue }
            let failure = hasAnswered ? nil : failures.mostTelling(by: \.self)
            if await reports.note(failure, of: seed.written), let failure {
                tell(seed.written, failure)
            }
        }
    }

    // MARK: Resting

    /// Waits until the next look, or until the last other member is gone; returns false if there is
    /// none.
    private func restUnlessAlone(
        _ duration: Duration, _ search: inout SeedSearch
    ) async -> Bool {
        guard !isAlone else { return await rest(duration, on: handle.loop) }
        let answer = await published.wait(
            atMost: duration, on: handle.loop, forAgreement: false
        ) { _ in isAlone ? true : nil }
        switch answer {
        case .success:
            search.becameAlone()
            return true
        case .failure(.timedOut): return true
        case .failure(.cancelled), .failure(.ended), .failure(.changed): return false
        }
    }

    private var isAlone: Bool {
        !published.list.contains { $0.isLiving && !$0.isSelf }
    }

    // MARK: Reports

    private func tell(_ seed: HostAndPort, _ failure: JoinFailure) {
        logger.info("seed not joined", metadata: ["seed": "\(seed)", "failure": "\(failure)"])
        handle.run { $0.tell(.notice(.seedFailed(seed: seed.description, failure: failure))) }
    }

    private func tell(_ provider: String, _ failure: SeedLookupFailure) {
        let reason = failure.description
        logger.info("no seeds", metadata: ["provider": "\(provider)", "reason": "\(reason)"])
        handle.run { $0.tell(.notice(.seedsUnknown(provider: provider, reason: reason))) }
    }

    private func tellIfAlone(_ reports: SeedReports) async {
        guard !published.list.contains(where: { !$0.isSelf && $0.state == .alive }) else {
            return
        }
        let sources = sources.all
        guard !sources.isEmpty else { return }
        var tried: [String] = []
        for source in sources { tried.append(await reports.summary(of: source.name)) }
        logger.warning("still alone", metadata: ["tried": "\(tried.joined(separator: ", "))"])
        handle.run { [tried] in $0.tell(.notice(.stillAlone(tried: tried))) }
    }
}

/// The last result of each provider and each seed.
private actor SeedReports {
    private var failures: [HostAndPort: JoinFailure] = [:]
    private var lookups: [String: SeedLookupFailure] = [:]

    /// Whether the result is new.
    func note(_ failure: JoinFailure?, of seed: HostAndPort) -> Bool {
        defer { failures[seed] = failure }
        return failures[seed] != failure
    }

    func note(_ failure: SeedLookupFailure?, of provider: String) -> Bool {
        defer { lookups[provider] = failure }
        return lookups[provider] != failure
    }

    /// The provider, and in brackets its fault or that of a seed with its name.
    func summary(of provider: String) -> String {
        let failure = failures.first { $0.key.description == provider }?.value
        let reason = lookups[provider]?.description ?? failure?.brief
        return reason.map { "\(provider) (\($0))" } ?? provider
    }
}
