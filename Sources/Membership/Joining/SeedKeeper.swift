internal import Logging
internal import MembershipCore
import MembershipWire

/// Asks the configured seeds for ever, until every one of them is alive in our view.
///
/// One that answers is not enough: two halves of a cluster that were started apart, or were split
/// for longer than anybody remembers, meet again because somebody still knows an address on the
/// other side. So a seed that is missing is asked again, at growing intervals, for as long as the
/// node runs. People are told when something changes, not each time it stays as it is.
struct SeedKeeper: Sendable {
    let seeds: [HostAndPort]
    /// After this long without any other member, one notice says so.
    let lonelyAfter: Duration
    let handle: RunnerHandle
    let published: PublishedView
    let events: ClusterEvents
    let logger: Logger

    /// Between the first calls of two seeds: usually the first one answers and the others then know
    /// us already.
    static let stagger: Duration = .milliseconds(250)

    /// Runs until the task is cancelled or the node stops.
    func run() async {
        guard !seeds.isEmpty else { return }
        await withTaskGroup { group in
            let reports = FailureReports()
            for (index, seed) in seeds.enumerated() {
                group.addTask {
                    guard await rest(Self.stagger * index) else { return }
                    await keep(seed, reports)
                }
            }
            group.addTask {
                guard await rest(lonelyAfter) else { return }
                await tellIfAlone(reports)
            }
        }
    }

    private func keep(_ seed: HostAndPort, _ reports: FailureReports) async {
        var pause = SeedPause(.lan)
        // Who answered there, when its advertised address is not the one we were given.
        var known: NodeID?
        while !Task.isCancelled {
            if let living = await livingMember(behind: seed, known) {
                known = living
                pause = SeedPause(.lan)
                guard await isGone(living) else { return }
                continue
            }
            var isBusy = false
            let call = SeedCall(seed: seed, handle: handle, published: published)
            switch await call.once() {
            case .stopped, .failed(.selfJoin):
                // Every node of a cluster may be given the same list: we are on it ourselves.
                return
            case .joined(let outcome):
                known = outcome.seed
                await reports.note(nil, of: seed)
            case .failed(let failure):
                isBusy = failure == .busy
                if await reports.note(failure, of: seed) { tell(seed, failure) }
            }
            guard await rest(.random(in: pause.next(isBusy: isBusy))) else { return }
        }
    }

    /// Who stands behind a seed, if it is alive in our view: the one who answered there, or whoever
    /// has its address. A name may stand for several members; one of them alive is enough.
    private func livingMember(behind seed: HostAndPort, _ known: NodeID?) async -> NodeID? {
        let living = published.members.filter { $0.state == .alive && !$0.isSelf }
        if let known, living.contains(where: { $0.id == known }) { return known }
        guard !living.isEmpty else { return nil }
        let endpoints = await NameResolution.endpoints(of: seed)
        return living.first { endpoints.contains($0.endpoint) }?.id
    }

    /// Waits until a member is alive or suspect no more; false if the node stopped or the task was
    /// cancelled first. A node at rest is woken by nothing here.
    private func isGone(_ id: NodeID) async -> Bool {
        for await event in events {
            switch event {
            case .failed(let member), .left(let member), .removed(let member):
                if member.id == id { return true }
            case .snapshot(let members), .lagged(_, let members):
                let isHere = members.contains {
                    $0.id == id && ($0.state == .alive || $0.state == .suspect)
                }
                if !isHere { return true }
            case .joined, .suspected, .recovered, .updated, .message, .notice: continue
            }
        }
        return false
    }

    private func tell(_ seed: HostAndPort, _ failure: JoinFailure) {
        logger.info("seed not joined", metadata: ["seed": "\(seed)", "failure": "\(failure)"])
        handle.run { $0.tell(.notice(.seedFailed(seed: seed.description, failure: failure))) }
    }

    private func tellIfAlone(_ reports: FailureReports) async {
        guard !published.members.contains(where: { !$0.isSelf && $0.state == .alive }) else {
            return
        }
        var tried: [String] = []
        for seed in seeds {
            let failure = await reports.failures[seed]
            tried.append(failure.map { "\(seed) (\($0.brief))" } ?? "\(seed)")
        }
        logger.warning("still alone", metadata: ["tried": "\(tried.joined(separator: ", "))"])
        handle.run { [tried] in $0.tell(.notice(.stillAlone(tried: tried))) }
    }
}

/// What each seed said last.
private actor FailureReports {
    private(set) var failures: [HostAndPort: JoinFailure] = [:]

    /// Whether that is news.
    @discardableResult
    func note(_ failure: JoinFailure?, of seed: HostAndPort) -> Bool {
        defer { failures[seed] = failure }
        return failures[seed] != failure
    }
}
