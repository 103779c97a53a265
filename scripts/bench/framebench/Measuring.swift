import Glibc

/// Nanoseconds of processor time that this process has used.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// The least time per piece over `trials` of `pieces` each: what else the machine does can only add.
/// `prepare` is not measured.
func leastTime<State: ~Copyable>(
    trials: Int = 30, pieces: Int, prepare: () -> State, _ body: (inout State, Int) -> Void
) -> Double {
    var least = Double.infinity
    for _ in 0..<trials {
        var state = prepare()
        let start = processorTime()
        for piece in 0..<pieces { body(&state, piece) }
        least = min(least, (processorTime() - start) / Double(pieces))
    }
    return least
}

func nanoseconds(_ time: Double) -> String { "\(Int(time.rounded())) ns" }

/// Two decimal places.
func ratio(_ own: Double, to bare: Double) -> String {
    let hundredths = Int((own / bare * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)x"
}

func column(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
}
