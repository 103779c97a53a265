import MembershipWire

/// Asks the members that this node knew in its last life, until it is not alone any more.
///
/// So a node that restarts finds its cluster again without seeds, by whoever is still where it was. Three
/// at a time, chosen by chance, at growing intervals: after a power failure all ask each other.
struct MemberRecall: Sendable {
    let members: [HostAndPort]
    let handle: RunnerHandle
    let published: PublishedView

    static let atOnce = 3
    static let firstPause: Duration = .milliseconds(500)
    static let longestPause: Duration = .seconds(30)

    /// Runs until somebody is alive in our view, the task is cancelled or the node stops.
    func run() async {
        guard !members.isEmpty else { return }
        var pause = Self.firstPause
        while !Task.isCancelled, isAlone {
            guard await askSome() else { return }
            let jitter = Int.random(in: 80...120)
            guard (try? await Task.sleep(for: pause * jitter / 100)) != nil else { return }
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private var isAlone: Bool {
        !published.members.contains { $0.state == .alive && !$0.isSelf }
    }

    /// False if there is nothing more to do.
    private func askSome() async -> Bool {
        await withTaskGroup(of: SeedCall.Outcome.self) { group in
            for member in members.shuffled().prefix(Self.atOnce) {
                let call = SeedCall(seed: member, handle: handle, published: published)
                group.addTask { await call.once() }
            }
            for await outcome in group {
                switch outcome {
                case .joined, .stopped: return false
                case .failed: break
                }
            }
            return true
        }
    }
}
