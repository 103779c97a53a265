internal import MembershipCore
import MembershipWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Asking one seed to take us in: all its addresses, in turn, until one does.
struct SeedCall: Sendable {
    let seed: HostAndPort
    let handle: RunnerHandle
    let published: PublishedView

    /// What came of it.
    enum Outcome: Sendable {
        case joined(JoinOutcome)
        case failed(JoinFailure)
        /// The node stopped or the caller was cancelled.
        case stopped
    }

    /// One round: every address once. The most telling of several failures is reported.
    func once() async -> Outcome {
        let found = await NameResolution.endpoints(of: seed)
        guard !found.isEmpty else { return .failed(.hostNotFound) }
        let reachable = found.filter {
            SocketFamily(boundTo: handle.bound.address).reaches($0.address)
        }
        guard !reachable.isEmpty else { return .failed(.unreachable(errno: EAFNOSUPPORT)) }
        var failure: JoinFailure?
        for endpoint in reachable {
            guard !isOurs(endpoint) else {
                failure = Self.moreTelling(failure, .selfJoin)
                continue
            }
            switch await handle.ask(endpoint) {
            case .joined(let outcome): return .joined(outcome)
            case .stopped: return .stopped
            case .refused(let refusal):
                failure = Self.moreTelling(failure, JoinFailure(refusal))
            }
        }
        return .failed(failure ?? .hostNotFound)
    }

    /// Where this very node listens, as far as an address alone can tell: the handshake tells the
    /// rest.
    private func isOurs(_ endpoint: Endpoint) -> Bool {
        if endpoint == published.local.endpoint || endpoint == handle.bound { return true }
        guard endpoint.port == handle.bound.port, handle.bound.address.isUnspecified else {
            return false
        }
        return LocalAddresses.candidates().contains(endpoint.address)
    }

    /// Between "nothing listens there" of one address and "wrong key" of another, the second helps.
    private static func moreTelling(_ known: JoinFailure?, _ new: JoinFailure) -> JoinFailure {
        guard let known else { return new }
        return new.weight >= known.weight ? new : known
    }
}

extension JoinFailure {
    init(_ refusal: JoinRefusal) {
        self =
            switch refusal {
            case .stream(let failure): JoinFailure(failure)
            case .ended(let code): JoinFailure(code)
            case .aliasTaken(let holder, let endpoint): .nameTaken(by: holder, at: endpoint)
            case .selfJoin: .selfJoin
            case .leaving: .leaving
            }
    }

    private init(_ failure: StreamFailure) {
        self =
            switch failure {
            case .refused: .connectionRefused
            case .timedOut: .timedOut
            case .unreachable(let errno): .unreachable(errno: errno)
            case .rejected(let code): JoinFailure(code)
            case .broken: .protocolViolation
            }
    }

    private init(_ code: StreamEndCode) {
        self =
            switch code {
            case .unknownKey: .unknownKey
            case .wrongCluster: .wrongCluster
            case .version: .version
            case .busy: .busy
            case .leaving: .leaving
            case .retiredKey: .retiredKey
            // Who holds the name was not said; without that it is a broken answer.
            case .done, .aliasTaken, .protocolViolation, .cannotKeep, .inMemoryOnly:
                .protocolViolation
            }
    }

    /// Whether the next try may end differently without anybody changing anything.
    var isPassing: Bool {
        switch self {
        case .connectionRefused, .timedOut, .unreachable, .busy, .protocolViolation,
            .retiredKey:
            true
        case .hostNotFound, .unknownKey, .wrongCluster, .version, .leaving, .nameTaken, .selfJoin:
            false
        }
    }

    /// How much it tells: an answer more than none.
    fileprivate var weight: Int {
        switch self {
        case .hostNotFound: 0
        case .unreachable: 1
        case .timedOut: 2
        case .connectionRefused: 3
        case .protocolViolation, .selfJoin: 4
        case .busy, .leaving: 5
        case .unknownKey, .retiredKey, .wrongCluster, .version, .nameTaken: 6
        }
    }
}
