internal import MembershipCore
import MembershipWire

/// Joining by command: the seeds are asked now, a few times, and the caller waits for the result.
/// (`SeedKeeper` asks the seeds of the configuration, for ever.)
extension Cluster {
    /// The number of tries for a seed that does not answer, and the time in which the last try
    /// begins.
    private static let tries = 3
    private static let lastTryBefore: Duration = .milliseconds(4_500)
    private static let pauseBetweenTries: Duration = .milliseconds(250)

    /// Asks these seeds for their peer list until one accepts the join, then waits until heartbeats
    /// pass in both directions and views agree (at most 3 s more). Where none passes, it asks the seed for at
    /// most 1 s whether members get no answer at the address that this node states.
    ///
    /// The second seed is asked 250 ms after the first, and so on. A seed that does not answer is
    /// asked three times within about six seconds; a seed that refuses is asked once. The default
    /// port is 2254.
    ///
    /// - Throws: `.joinFailed` with one failure per seed, in the order given; `.notRunning`;
    ///   `.cancelled` if the calling task is; `.identityTaken` if a seed turned out to have our
    ///   identity. Members known before stay known.
    public func join(_ seeds: [HostAndPort]) async throws(ClusterError) -> JoinReport {
        guard let handle = await handle else { throw .notRunning }
        let calls = seeds.map { SeedCall(seed: $0, handle: handle, published: published) }
        let start = ContinuousClock.now
        let (index, outcome) = try await Self.firstJoined(of: calls, handle)
        let inVain = members.filter { outcome.calledInVainBy.contains($0.id) }
        return JoinReport(
            seed: seeds[index].description, membersReceived: outcome.membersReceived,
            members: outcome.membersAlive, converged: ContinuousClock.now - start,
            udpWorks: outcome.udpWorks, viewsAgree: outcome.viewsAgree,
            calledInVainBy: inVain.map(\.name))
    }

    /// Calls all seeds. The first that accepts the join ends the other calls.
    private static func firstJoined(
        of calls: [SeedCall], _ handle: RunnerHandle
    ) async throws(ClusterError) -> (Int, JoinOutcome) {
        let result = await withTaskGroup(of: (Int, JoinAnswer).self) { group in
            for (index, call) in calls.enumerated() {
                group.addTask {
                    try? await Task.sleep(for: SeedKeeper.stagger * index)
                    return (index, await Self.call(call))
                }
            }
            var failures: [JoinFailure?] = Array(repeating: nil, count: calls.count)
            for await (index, outcome) in group {
                switch outcome {
                case .joined(let joined):
                    group.cancelAll()
                    return Result<(Int, JoinOutcome), ClusterError>.success((index, joined))
                case .failed(let failure): failures[index] = failure
                case .stopped: break
                }
            }
            let told = zip(calls, failures).compactMap { call, failure in
                failure.map { SeedFailure(seed: call.seed.description, failure: $0) }
            }
            return .failure(told.isEmpty && !calls.isEmpty ? .notRunning : .joinFailed(told))
        }
        if case .failure = result, Task.isCancelled { throw .cancelled }
        if case .failure(.notRunning) = result,
            case .identityTaken(let other) = await handle.waitUntilStopped()
        {
            throw .identityTaken(by: other)
        }
        return try result.get()
    }

    private static func call(_ call: SeedCall) async -> JoinAnswer {
        let start = ContinuousClock.now
        var outcome = JoinAnswer.stopped
        for _ in 0..<tries {
            guard !Task.isCancelled else { return .stopped }
            outcome = await call.once()
            guard case .failed(let failure) = outcome, failure.isPassing,
                ContinuousClock.now - start < lastTryBefore
            else { return outcome }
            try? await Task.sleep(for: pauseBetweenTries)
        }
        return outcome
    }
}
