internal import MembershipCore
import MembershipWire

/// Asks the members that this node knew in its last life, until it is no longer alone.
///
/// So a node that restarts finds its cluster again without seeds, through any member that is still
/// at its address. It asks three at a time, in random order, because after a power failure all
/// nodes ask each other. It asks each member once before it asks any again. So a node that restarts
/// in the small part of a split network reaches the few others there, however many are out of
/// reach. Then it rests, longer each time.
struct MemberRecall: Sendable {
    let members: [HostAndPort]
    let handle: RunnerHandle
    let published: PublishedView

    static let atOnce = 3
    /// Pause between two calls of one pass.
    static let breath: Duration = .milliseconds(200)

    /// Runs until another member is alive in our view, the task is cancelled or the node stops.
    func run() async {
        guard !members.isEmpty else { return }
        var pause = SeedPause(.lan)
        while true {
            for some in Self.pass(over: members) {
                guard isAlone, await ask(some), await rest(Self.breath, on: handle.loop) else {
                    return
                }
            }
            guard await rest(.random(in: pause.next()), on: handle.loop) else { return }
        }
    }

    /// Every member once, several at a time.
    static func pass(over members: [HostAndPort]) -> [ArraySlice<HostAndPort>] {
        let order = members.shuffled()
        return stride(from: 0, to: order.count, by: atOnce).map { start in
            order[start...].prefix(atOnce)
        }
    }

    private var isAlone: Bool {
        !published.members.contains { $0.state == .alive && !$0.isSelf }
    }

    /// Returns false if there is nothing more to do.
    private func ask(_ some: ArraySlice<HostAndPort>) async -> Bool {
        await withTaskGroup(of: JoinAnswer.self) { group in
            for member in some {
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
