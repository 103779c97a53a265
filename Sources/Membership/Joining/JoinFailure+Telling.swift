import MembershipWire

/// Decides which of several failures to report, and in which words.
///
/// There is one order for the addresses of a seed and for the seeds of a join: the more a failure
/// reveals about the other side, the more useful it is. An answer reveals more than silence, and a
/// refusal by a member more than any other answer.
extension JoinFailure {
    private var telling: Int {
        switch self {
        case .unreachable: 0
        case .timedOut: 1
        case .connectionRefused: 2
        case .hostNotFound: 3
        case .selfJoin: 4
        case .protocolViolation: 5
        case .busy, .leaving: 6
        case .unknownKey, .retiredKey, .wrongCluster, .version, .nameTaken: 7
        }
    }

    /// One or two words, for lists.
    package var brief: String {
        switch self {
        case .hostNotFound: "no records"
        case .connectionRefused: "refused"
        case .timedOut: "timed out"
        case .unreachable: "unreachable"
        case .unknownKey: "does not have our key"
        case .retiredKey: "our key was retired"
        case .wrongCluster: "another cluster"
        case .version: "another protocol version"
        case .busy: "busy"
        case .leaving: "leaving"
        case .nameTaken: "our name is taken"
        case .selfJoin: "this node itself"
        case .protocolViolation: "broke off"
        }
    }

    fileprivate static func isMoreTelling(_ one: JoinFailure, than other: JoinFailure) -> Bool {
        one.telling > other.telling
    }
}

extension Sequence {
    /// The element with the most telling failure; the first among equals. nil if there is none.
    package func mostTelling(by failure: (Element) -> JoinFailure) -> Element? {
        reduce(nil) { best, next in
            guard let best else { return next }
            return JoinFailure.isMoreTelling(failure(next), than: failure(best)) ? next : best
        }
    }
}
