import MembershipCore

/// The resources that large worlds need on this machine. These rows differ from one machine to
/// another.
extension Bars {
    private var worldWithLoss: WorldOptions {
        var world = Variant.usual.options(options.changes)
        world.loss = Self.loss
        return world
    }

    /// A thousand members: processor time against the time of the world.
    func paceRows(_ bar: Bar) -> [BarRow] {
        guard let meter = options.meter else { return [] }
        progress("pace, N = 1000", 0, 1)
        let cost = ScaleTrial.measure(
            1_000, seed: options.firstSeed, options: worldWithLoss, meter: meter)
        let thousandths = cost.idle.thousandthsOfRealTime
        let factor = thousandths == 0 ? 0 : 1_000 / thousandths
        return [
            BarRow(
                bar.id, "1000 members idle, times real time on one core", bar: "1",
                measured: "\(factor)", runs: 1, passes: factor >= 1)
        ]
    }

    /// Ten thousand full views.
    func scaleRows(_ bar: Bar) -> [BarRow] {
        guard let meter = options.meter else { return [] }
        progress("scale, N = 10000", 0, 1)
        let cost = ScaleTrial.measure(
            10_000, seed: options.firstSeed, options: worldWithLoss, meter: meter)
        let limit = 12 * 1_024
        return [
            BarRow(
                bar.id, "10000 full views in one process, most memory", bar: "12288 MiB",
                measured: "\(cost.peakMebibytes) MiB", runs: 1,
                passes: cost.peakMebibytes <= limit),
            BarRow(
                bar.id, "kill known to all, N = 10000", bar: "convergence",
                measured: cost.killKnown.text, runs: 1, passes: cost.killKnown != nil),
        ]
    }
}
