import MembershipCore

/// Clusters that have formed, made once for each size and copied for each run.
///
/// A world is a value, so a copy costs nothing until it changes. Each run then continues with the
/// randomness of its own seed; the thousand joins before are the same for all of them.
package struct FormedWorlds: Sendable {
    private var worlds: [Key: World] = [:]
    private let options: WorldOptions

    private struct Key: Hashable {
        var count: Int
        var loss: Probability
    }

    /// Above this, members start with their view instead of joining.
    package static let joiningLimit = 200

    private let joiningLimit: Int

    /// - Parameters:
    ///   - options: those of all worlds, except the loss.
    ///   - limit: above this size, members start with their view.
    package init(
        options: WorldOptions = WorldOptions(), formsAbove limit: Int = Self.joiningLimit
    ) {
        self.options = options
        joiningLimit = limit
    }

    /// `count` members with one view, some time after the last of them joined or received it.
    package mutating func world(of count: Int, loss: Probability = .never) -> World {
        let key = Key(count: count, loss: loss)
        if let world = worlds[key] { return world }
        var options = options
        options.loss = loss
        if count > joiningLimit { options.seedCheck = .seconds(10) }
        var world = World(seed: UInt64(count), options: options)
        var nobody = Nobody()
        if count > joiningLimit {
            world.addFormedHosts(count, seeds: [0, 1], observer: &nobody)
            world.run(for: .seconds(5))
        } else {
            world.addHosts(count, seeds: [0, 1])
            // One newcomer every 2 ms, so that forming does not flood the network.
            for host in 0..<count {
                world.plan(.start(host), at: .beginning + .milliseconds(2 * host))
            }
            world.run(for: .milliseconds(2 * count) + .seconds(20))
        }
        _ = world.run(
            atMost: .seconds(60), lookingEvery: .seconds(1), observer: &nobody,
            until: { ConvergenceChecker.viewsAgree(in: $0) })
        worlds[key] = world
        return world
    }

    /// The same, continued with the randomness of `seed` from a moment that `seed` chooses.
    package mutating func run(of count: Int, loss: Probability = .never, seed: UInt64) -> World {
        var world = world(of: count, loss: loss)
        world.reseed(seed)
        var random = SeededRandom(seed: seed, label: "moment")
        world.run(for: .seconds(1) + random.duration(from: .zero, through: .seconds(2)))
        return world
    }
}
