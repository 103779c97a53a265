import MembershipCore
import MembershipSimulator

/// The constants of HashiCorp's memberlist, LAN preset: the field's usual detector, and what ours is
/// measured against. Sizes on the wire are those of its encrypted msgpack messages, to the nearest
/// five bytes, with the headers of UDP and IP.
enum MemberlistRules {
    static let probeInterval: Duration = .seconds(1)
    static let probeTimeout: Duration = .milliseconds(500)
    static let indirectChecks = 3
    static let suspicionMultiplier = 4
    static let longestSuspicionMultiplier = 6
    static let gossipInterval: Duration = .milliseconds(200)
    static let gossipNodes = 3
    static let retransmitMultiplier = 4
    static let awarenessLimit = 8
    static let gossipToTheDead: Duration = .seconds(30)
    static let pushPullInterval: Duration = .seconds(30)
    static let broadcastsPerPacket = 20

    static let pingBytes = 150
    static let ackBytes = 100
    static let indirectPingBytes = 160
    static let aliveBytes = 110
    static let accusationBytes = 60
    static let gossipOverheadBytes = 80

    /// `retransmitMultiplier * ceil(log10(n + 1))`.
    static func transmitLimit(_ count: Int) -> Int {
        var digits = 0
        var power = 1
        while power < count + 1 {
            power *= 10
            digits += 1
        }
        return retransmitMultiplier * digits
    }

    /// `suspicionMultiplier * max(1, log10(n)) * probeInterval`.
    static func shortestSuspicion(_ count: Int) -> Duration {
        probeInterval * suspicionMultiplier * max(1_000, thousandthsOfLog10(count)) / 1_000
    }

    /// How much of the time between longest and shortest is left after `confirmations` of `k`:
    /// `1 - log(c + 1) / log(k + 1)`, in thousandths, for k = 2.
    static func remainder(after confirmations: Int) -> Int {
        switch confirmations {
        case 0: 1_000
        case 1: 369
        default: 0
        }
    }

    /// Every how many intervals states are exchanged in full: more rarely above 32 members.
    static func pushPullScale(_ count: Int) -> Int {
        var scale = 1
        var reach = 32
        while reach < count {
            reach *= 2
            scale += 1
        }
        return scale
    }

    /// Good to a thousandth. Of integers only: a run must not depend on libm.
    static func thousandthsOfLog10(_ count: Int) -> Int {
        guard count > 1 else { return 0 }
        let one: UInt64 = 100_000_000
        var digits = 0
        var scaled = UInt64(count) * one
        while scaled >= 10 * one {
            scaled /= 10
            digits += 1
        }
        // log10 of 1...10, one binary digit after the other: squaring doubles the logarithm.
        var fraction = 0
        for _ in 0..<16 {
            scaled = scaled * scaled / one
            fraction *= 2
            if scaled >= 10 * one {
                scaled /= 10
                fraction += 1
            }
        }
        return digits * 1_000 + fraction * 1_000 / (1 << 16)
    }
}
