import Glibc
import Membership
import MembershipCore
import MembershipWire

/// The cost of one member's change until the list for other threads has it, beside the cost of the whole list.
/// Processor time, the least of many trials.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

func leastTime(_ trials: Int, _ body: (Int) -> Void) -> Double {
    var least = Double.infinity
    for trial in 0..<trials {
        let start = processorTime()
        body(trial)
        least = min(least, processorTime() - start)
    }
    return least
}

func microseconds(_ time: Double) -> String {
    let tenths = Int((time / 100).rounded())
    return "\(tenths / 10).\(tenths % 10) µs"
}

let now = ClusterInstant(nanoseconds: 1_000_000_000)

func row(_ number: Int, _ state: MemberState = .alive) throws -> MemberList.Row {
    MemberList.Row(
        member: Member(
            id: NodeID(UInt64(number)), name: try NodeAlias(parsing: "member-\(number)"),
            state: state, endpoint: Endpoint(.v4(0x0A00_0000 | UInt32(number)), port: 2_254),
            incarnation: .first, metadata: [UInt8](repeating: 7, count: 64), isSelf: false,
            roundTripTime: nil, timeInState: .zero, reason: nil),
        since: now)
}

print("members    one change    the whole list    ratio")
for count in [256, 4_096, 16_384] {
    let rows = try (0..<count).map { try row($0) }
    var listing = MemberIndex()
    listing.fill(rows)
    var published: [MemberList] = []
    let change = leastTime(2_000) { trial in
        let number = trial * 7_919 % count
        // As on the loop: what was published before is still held by a reader.
        published = [listing.list]
        listing.noteChange(of: NodeID(UInt64(number)))
        listing.update { _ in try? row(number, trial.isMultiple(of: 2) ? .suspect : .alive) }
    }
    let whole = leastTime(20) { _ in
        published = [MemberList(rows)]
        _ = published[0].members(at: now)
    }
    let ratio = Int((whole / change).rounded())
    print("\(count)    \(microseconds(change))    \(microseconds(whole))    \(ratio)x")
}
