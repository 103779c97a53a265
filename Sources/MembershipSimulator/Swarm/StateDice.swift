import MembershipCore
import MembershipWire

/// Draws episodes in which members write the states that they publish.
///
/// It has a separate random stream, so that the plans of older seeds keep their meaning
/// (`SwarmPlan.addStateKinds`).
struct StateDice {
    enum Kind: CaseIterable {
        /// One value; many in a second; values that fit into no rumor; as many as a state may have.
        case write, burst, writeLarge, fill
        /// One that removes what it wrote, and one that writes while the faults end.
        case writeAndRemove, writeLast
        /// Every member writes at one moment.
        case writeAll
        /// A member writes, and is another process soon after.
        case writeAndRestart
    }

    private var random: SeededRandom
    private let hostCount: Int

    init(random: SeededRandom, hostCount: Int) {
        self.random = random
        self.hostCount = hostCount
    }

    /// One to eight episodes of some kinds.
    mutating func drawEpisodes() -> [SwarmPlan.Episode] {
        var kinds = Kind.allCases.filter { _ in random.index(below: 2) == 0 }
        if kinds.isEmpty { kinds = [.write] }
        return (0...random.index(below: 8)).map { _ in
            draw(kinds[random.index(below: kinds.count)])
        }
    }

    private mutating func draw(_ kind: Kind) -> SwarmPlan.Episode {
        let trouble = SwarmPlan.troubleEnds - SwarmPlan.troubleStarts
        let start = SwarmPlan.troubleStarts + random.duration(from: .zero, through: trouble)
        let host = random.index(below: hostCount)
        switch kind {
        case .write: return .init([write(by: host, at: start, bytes: 40)])
        case .burst:
            let count = 2 + random.index(below: 60)
            return .init(
                (0..<count).map { number in
                    write(
                        by: host, at: min(start + .milliseconds(17 * number), end), bytes: 200)
                })
        case .writeLarge:
            return .init([
                write(by: host, at: start, bytes: Bounds.stateValueBytes),
                write(by: host, at: min(start + .milliseconds(300), end), bytes: 2_000),
            ])
        case .fill:
            return .init(
                (0..<Bounds.stateEntries).map { number in
                    PlannedAction(
                        at: min(start + .milliseconds(number), end),
                        .writeState(host, entry("fill/\(number)", bytes: 100)))
                })
        case .writeAndRemove:
            let key = "k\(random.index(below: 4))"
            return .init([
                PlannedAction(at: start, .writeState(host, entry(key, bytes: 60))),
                PlannedAction(
                    at: min(start + pause(), end), .writeState(host, entry(key, bytes: nil))),
            ])
        case .writeLast: return .init([write(by: host, at: end, bytes: 40)])
        case .writeAll:
            return .init((0..<hostCount).map { write(by: $0, at: start, bytes: 40) })
        case .writeAndRestart:
            let remembers = random.index(below: 3) > 0
            let stop = min(start + pause(), end)
            return .init([
                write(by: host, at: start, bytes: 40),
                PlannedAction(at: stop, .restart(host, remembersIncarnation: remembers)),
                write(by: host, at: min(stop + pause(), end), bytes: 40),
            ])
        }
    }

    private mutating func write(by host: Int, at time: WorldInstant, bytes: Int) -> PlannedAction {
        let key = "k\(random.index(below: 4))"
        return PlannedAction(at: time, .writeState(host, entry(key, bytes: bytes)))
    }

    /// A value of at most so many bytes; nil removes.
    private mutating func entry(_ key: String, bytes: Int?) -> StateEntry {
        guard let key = StateKey(key) else { preconditionFailure("a key of the simulator") }
        let byte = UInt8(random.index(below: 256))
        return StateEntry(
            key: key,
            value: bytes.map { Array(repeating: byte, count: 1 + random.index(below: $0)) })
    }

    private mutating func pause() -> Duration { .milliseconds(20 << random.index(below: 9)) }

    private let end = SwarmPlan.troubleEnds
}
