import Synchronization

/// The same trial for many seeds, on as many cores as there are workers.
///
/// Trials share nothing. Each worker has its own formed worlds, because two cores that count
/// references to the same records wait for each other. A free worker takes the next seed, but the
/// results are in the order of seeds, so the output does not depend on the speed of workers.
package struct SeedPool: Sendable {
    private var benches: [FormedWorlds]

    /// - Parameter workers: at least 1; more than the machine has cores gains nothing.
    package init(workers: Int, options: WorldOptions = WorldOptions()) {
        benches = (0..<max(1, workers)).map { _ in FormedWorlds(options: options) }
    }

    /// The results of `trial` for each seed, in the order of seeds. `progress` receives the number
    /// done.
    package mutating func map<Result: Sendable>(
        _ seeds: Range<UInt64>, progress: @escaping @Sendable (Int) -> Void = { _ in },
        _ trial: @escaping @Sendable (inout FormedWorlds, UInt64) -> Result
    ) async -> [Result] {
        let tickets = Tickets()
        let count = seeds.count
        let first = seeds.lowerBound
        var placed = [Result?](repeating: nil, count: count)
        var returned: [FormedWorlds] = []
        await withTaskGroup(of: Shift<Result>.self) { group in
            for bench in benches {
                group.addTask {
                    var shift = Shift<Result>(bench: bench)
                    while let ticket = tickets.take(below: count) {
                        let result = trial(&shift.bench, first + UInt64(ticket))
                        shift.results.append((ticket, result))
                        progress(tickets.finish())
                    }
                    return shift
                }
            }
            for await shift in group {
                returned.append(shift.bench)
                for (ticket, result) in shift.results { placed[ticket] = result }
            }
        }
        benches = returned
        return placed.compactMap(\.self)
    }
}

/// The work of one worker: its formed worlds, and each result with its index.
private struct Shift<Result: Sendable>: Sendable {
    var bench: FormedWorlds
    var results: [(ticket: Int, Result)] = []
}

/// Gives out each number once, and counts the finished ones.
private final class Tickets: Sendable {
    private let taken = Atomic<Int>(0)
    private let finished = Atomic<Int>(0)

    func take(below count: Int) -> Int? {
        let ticket = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        return ticket < count ? ticket : nil
    }

    func finish() -> Int { finished.wrappingAdd(1, ordering: .relaxed).newValue }
}
