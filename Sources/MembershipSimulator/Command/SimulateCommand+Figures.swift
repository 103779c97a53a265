import MembershipCore

/// Further tables: the cost of growing clusters, and predictions for real ones.
extension SimulateCommand {
    /// The curve of cost against size, one line a size. The last column is the cost of joining
    /// alone.
    package static func scale(
        _ sizes: [Int], seed: UInt64, joinsUpTo limit: Int, _ changes: ConstantChanges,
        meter: Meter, to output: Output
    ) {
        var world = WorldOptions(configuration: changes.applied(to: .lan))
        world.loss = Probability(percent: 1)
        let widths = [7, 9, 10, 10, 10, 9, 9, 10, 10, 10]
        func show(_ cells: [String]) {
            let padded = zip(cells, widths).map { $0.padded(to: $1, onLeft: true) }
            output.line(padded.joined(separator: " "))
        }
        show([
            "", "views,", "idle, ns", "idle, % of", "idle, B", "kill", "kill,", "kill, B", "join",
            "join,",
        ])
        show([
            "N", "MiB", "an event", "a core", "node/s", "known", "cpu ms", "node/s", "took",
            "cpu ms",
        ])
        for size in sizes {
            output.progress("scale, N = \(size)", 0, 1)
            let trial = ScaleTrial.measure(
                size, seed: seed, options: world, joins: size <= limit, meter: meter)
            show([
                "\(size)", mebibytes(trial.formedMemory), "\(trial.idle.nanosecondsPerEvent)",
                percent(trial.idle.thousandthsOfRealTime), "\(trial.idle.bytesPerNodeSecond)",
                trial.killKnown.text, "\(trial.kill.processorTime.milliseconds)",
                "\(trial.kill.bytesPerNodeSecond)", trial.join == nil ? "-" : trial.joinTook.text,
                trial.join.map { "\($0.processorTime.milliseconds)" } ?? "-",
            ])
        }
        output.line("")
        output.line("1 % loss; most memory of the whole process \(meter.peakMemory() >> 20) MiB")
    }

    private static func mebibytes(_ bytes: Int) -> String {
        let tenths = bytes * 10 >> 20
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func percent(_ thousandths: Int) -> String {
        "\(thousandths / 10).\(thousandths % 10)"
    }

    /// Figures to compare with those of real processes.
    package static func predict(_ options: Prediction.Options, to output: Output) async {
        let prediction = await Prediction(options, progress: output.progress)
        output.line(
            "\(options.nodes) nodes, links of 50 \u{B5}s without loss, \(options.profile.rawValue), "
                + "\(options.seeds) seeds from \(options.firstSeed)")
        output.line("")
        output.line("".padded(to: 30) + "p50".padded(to: 11) + "p99".padded(to: 11) + "max")
        for row in prediction.rows {
            let cells = [row.times.median, row.times.percentile(99), row.times.longest]
            let times = cells.map { $0.text.padded(to: 10) }.joined(separator: " ")
            let missing = row.missing > 0 ? "  \(row.missing) never" : ""
            output.line((row.name.padded(to: 30) + times + missing).withoutTrailingSpaces)
        }
        output.line("")
        let hundredths = prediction.datagramsPerNodeMinute * 100 / 60
        let fraction = hundredths % 100
        output.line(
            "idle: \(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) datagrams and "
                + "\(prediction.bytesPerNodeSecond) bytes a node and second, sent, with headers")
    }
}
