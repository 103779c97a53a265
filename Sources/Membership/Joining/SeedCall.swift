import LibC
internal import MembershipCore
import MembershipWire

/// Asks one seed for the join: all its addresses, in turn, until one accepts.
struct SeedCall: Sendable {
    let seed: HostAndPort
    let handle: RunnerHandle
    let published: PublishedView

    /// The most addresses tried: they are called one after the other, and a caller waits.
    private static let addressLimit = 16

    /// One round: every address once. The most telling of several failures is reported.
    func once() async -> JoinAnswer {
        let found = await NameResolution.endpoints(of: seed)
        guard !found.isEmpty else { return .failed(.hostNotFound) }
        let reachable = found.prefix(Self.addressLimit).filter {
            SocketFamily(boundTo: handle.bound.address).reaches($0.address)
        }
        guard !reachable.isEmpty else { return .failed(.unreachable(errno: EAFNOSUPPORT)) }
        var failures: [JoinFailure] = []
        for endpoint in reachable {
            guard !handle.isOurs(endpoint, published) else {
                failures.append(.selfJoin)
                continue
            }
            switch await handle.ask(endpoint) {
            case .failed(let failure): failures.append(failure)
            case .joined(let outcome): return .joined(outcome)
            case .stopped: return .stopped
            }
        }
        return .failed(failures.mostTelling(by: \.self) ?? .hostNotFound)
    }
}

extension RunnerHandle {
    /// Whether this node listens there, as far as an address alone shows; the handshake reveals the
    /// other cases.
    func isOurs(_ endpoint: Endpoint, _ published: PublishedView) -> Bool {
        if endpoint == published.local.endpoint || endpoint == bound { return true }
        guard endpoint.port == bound.port, bound.address.isUnspecified else { return false }
        return LocalAddresses.candidates().contains(endpoint.address)
    }
}

/// The result of asking an address, or all addresses of a seed, for the join.
enum JoinAnswer: Sendable {
    case joined(JoinOutcome)
    case failed(JoinFailure)
    /// The node stopped, or the caller stopped waiting.
    case stopped
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
            // The answer lacks the holder of the name, so it is invalid.
            case .done, .aliasTaken, .protocolViolation, .cannotKeep, .inMemoryOnly, .noHandler,
                .tooLong, .applicationRefused, .moved,
                .heldDead, .oldBoot, .noLifelines:
                .protocolViolation
            }
    }

    /// Whether the next try may succeed without any change.
    var isPassing: Bool {
        switch self {
        case .connectionRefused, .timedOut, .unreachable, .busy, .protocolViolation,
            .retiredKey:
            true
        case .hostNotFound, .unknownKey, .wrongCluster, .version, .leaving, .nameTaken, .selfJoin:
            false
        }
    }
}
