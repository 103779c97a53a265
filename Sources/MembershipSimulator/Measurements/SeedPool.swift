import Synchronization

/// The same trial for many seeds, on as many cores as there are workers.
///
/// Trials share nothing: each worker keeps formed worlds of its own, for two cores that count
/// references to the same records wait for each other. Whoever is free takes the next seed, but
/// the results stand in the order of seeds, so what is printed does not depend on who was quicker.
package struct SeedPool: Sendable {
    private var benches: [FormedWorlds]

    /// - Parameter workers: at least 1; more than the machine has cores gains nothing.
    package init(workers: Int, options: WorldOptions = WorldOptions()) {
        benches = (0..<max(1, workers)).map { _ in FormedWorlds(options: options) }
    }

    /// What `trial` makes of each seed, in their order. `progress` hears how many are done.
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

/// What one worker did: its formed worlds, and each result with its place.
private struct Shift<Result: Sendable>: Sendable {
    var bench: FormedWorlds
    var results: [(ticket: Int, Result)] = []
}

/// Hands out each number once, and counts what is finished.
private final class Tickets: Sendable {
    private let taken = Atomic<Int>(0)
    private let finished = Atomic<Int>(0)

    func take(below count: Int) -> Int? {
        let ticket = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        return ticket < count ? ticket : nil
    }

    func finish() -> Int { finished.wrappingAdd(1, ordering: .relaxed).newValue }
}
