import IridiumShell
import Membership
import NIOCore
import SystemPackage

/// The facts that a message needs besides the error.
struct ClusterErrorContext: Sendable {
    var settings: NodeSettings
    var ownName: String
    /// Eight digits.
    var ownID: String
    var ownEndpoint: Endpoint
    var keyFingerprint: String
    /// The time until it failed.
    var span: Duration
}

extension ClusterError {
    /// The message for people, with this machine's knowledge of the cause.
    func words(in context: ClusterErrorContext) -> IridiumError {
        switch self {
        case .cannotListen(let endpoint, let transport, let errno):
            return ListenFailure.words(
                for: endpoint, transport: transport.rawValue, purpose: .cluster,
                error: Errno(rawValue: errno))
        case .cannotAdvertise(let endpoint, let candidates):
            return Self.cannotAdvertise(endpoint, candidates: candidates)
        case .key(let error): return error.words
        case .identity(let path, let reason): return Self.identity(path, reason, context)
        case .identityDamaged(let path, let reason):
            let directory = context.settings.directory
            return .identityDamaged(
                path: path, reason: reason, node: context.ownName,
                dataRoot: directory.givenRoot)
        case .identityInUse(let path, _):
            return .nameLocked(
                context.ownName, path: path, dataRoot: context.settings.directory.givenRoot)
        case .identityTaken(let other):
            return .identityInUse(
                name: context.ownName, at: other.address, upFor: nil, id: context.ownID)
        case .toleranceOutOfRange(let span):
            return .badValue(
                option: "the tolerance", value: "\(span)", expected: "100 ms to 5 min")
        case .metadataTooLong(let bytes): return .metadataTooLong(bytes: bytes)
        case .messageTooLong: return .messageTooLong
        case .stateTooLarge: return .stateRefused("\(self)")
        case .badStateKey: return .stateRefused("\(self)")
        case .congested: return .congested
        case .memberOutdated, .memberUnreachable, .noReader, .refused, .typeServed:
            return .undelivered("\(self)")
        case .memberGone(let id): return .noSuchMember(id.description, suggestion: nil)
        case .joinFailed(let failures):
            guard let worst = failures.mostTelling(by: \.failure) else {
                return .refused("no seed was given", try: "--seed HOST:PORT")
            }
            return worst.failure.words(seed: worst.seed, in: context)
        case .notRunning, .cancelled: return .clusterStopped
        case .invalidConfiguration(let option, let reason):
            return .badValue(option: option, value: reason, expected: "a value that can be used")
        case .timedOut(let view):
            return .timedOut(
                waitedFor: "the other members", after: context.span,
                found: "\(view.living.count) live")
        case .alreadyStarted: return .refused("the cluster runs already", try: "iridium status")
        }
    }

    /// A file that could not be used. An identity that can be opened by others, or only by others, is
    /// no reason for a new one.
    private static func identity(
        _ path: String, _ reason: String, _ context: ClusterErrorContext
    ) -> IridiumError {
        guard path.hasSuffix("/identity.key"), SystemCall.exists(path) else {
            return .cannotWrite(
                path: path, reason: reason, purpose: "the node keeps its id and incarnation there")
        }
        let root = context.settings.directory.givenRoot
        guard let (_, mode) = SystemCall.ownership(of: path), Advice.exposure(mode) != nil else {
            return .identityUnreadable(path: path, reason: reason, node: context.ownName)
        }
        return .identityExposed(path: path, mode: mode, node: context.ownName, dataRoot: root)
    }

    static func cannotAdvertise(
        _ endpoint: Endpoint, candidates: [IPAddress]
    ) -> IridiumError {
        let names = NetworkInterfaces.names
        let shown = candidates.map { address in
            names[address].map { "\(address) (\($0))" } ?? "\(address)"
        }
        let best = candidates.first { names[$0]?.hasPrefix("docker") != true } ?? candidates.first
        return .cannotAdvertise(
            endpoint.address, candidates: shown,
            suggestion: best.map { Endpoint($0, port: endpoint.port) })
    }
}

extension ClusterKeyError {
    var words: IridiumError {
        switch self {
        case .unreadable(let path, _, Errno.noSuchFileOrDirectory.rawValue):
            return .cannotRead(path: path, reason: "there is no such file")
        case .unreadable(let path, let reason, _):
            let details = SystemCall.ownership(of: path).map { owner, mode in
                "it belongs to uid \(owner), mode 0\(String(mode, radix: 8)); "
                    + "this process has uid \(SystemCall.userID)"
            }
            return .keyUnreadable(path: path, reason: reason, details: details)
        case .exposed(let path, _) where KeyFiles.isSomethingElse(path):
            return .keyMalformed(path: path, reason: "it is something else")
        case .exposed(let path, let mode): return .keyExposed(path: path, mode: mode)
        case .malformed(let path, let reason): return .keyMalformed(path: path, reason: reason)
        case .otherCluster(let path, let cluster):
            return .keyOfOtherCluster(path: path, cluster: cluster)
        case .unwritable(let path, let reason, _):
            return .cannotWrite(
                path: path, reason: reason, purpose: "the cluster key is kept there")
        }
    }
}

extension JoinFailure {
    func words(seed: String, in context: ClusterErrorContext) -> IridiumError {
        switch self {
        case .hostNotFound:
            var host = seed
            if let parsed = try? HostAndPort(parsing: seed) { host = parsed.host }
            return .hostNotFound(host, noAnswer: false)
        case .connectionRefused: return unreachable(seed, .refused, in: context)
        case .timedOut: return unreachable(seed, .timedOut, in: context)
        case .unreachable(Errno.tooManyOpenFiles.rawValue): return .tooManyFilesNow
        case .unreachable(let errno):
            return unreachable(seed, .noRoute(reason: Errno(rawValue: errno).text), in: context)
        case .unknownKey, .retiredKey:
            return .keyRefused(seed: seed, fingerprint: context.keyFingerprint)
        case .wrongCluster:
            return .wrongCluster(seed: seed, cluster: context.settings.clusterName)
        case .version:
            return .versionMismatch(member: seed, theirs: nil, ours: 1...1)
        case .busy: return .turnedAway(seed: seed, cause: .busy)
        case .leaving: return .turnedAway(seed: seed, cause: .leaving)
        case .nameTaken(let holder, let endpoint):
            return .nameTaken(
                context.ownName, holder: endpoint, state: .alive, holderID: holder.short,
                ownID: context.ownID, suggestion: context.ownName + "b")
        case .selfJoin: return .selfJoin(context.ownEndpoint, listensAs: context.ownName)
        case .protocolViolation: return .notIridium(seed: seed)
        }
    }

    private func unreachable(
        _ seed: String, _ cause: IridiumError.Unreachable, in context: ClusterErrorContext
    ) -> IridiumError {
        let own = context.settings.bind.address
        guard let parsed = try? HostAndPort(parsing: seed),
            let address = IPAddress(parsed.host),
            (own.isLoopback && !address.isLoopback) || !own.reaches(address)
        else { return .unreachable(seed, tries: nil, after: context.span, cause: cause) }
        return .unreachable(seed, tries: nil, after: context.span, cause: .boundElsewhere(own))
    }
}

/// The names of this host's interfaces by address.
enum NetworkInterfaces {
    static var names: [IPAddress: String] {
        let devices = (try? System.enumerateDevices()) ?? []
        var names: [IPAddress: String] = [:]
        for device in devices {
            guard let text = device.address?.ipAddress, let address = IPAddress(text) else {
                continue
            }
            names[address] = device.name
        }
        return names
    }
}

extension IPAddress {
    /// Whether a socket bound to this address can reach `other`: `::` reaches both families.
    func reaches(_ other: IPAddress) -> Bool {
        switch (self, other) {
        case (.v4, .v4), (.v6, .v6), (.v6(0, 0), .v4): true
        case (.v4, .v6), (.v6, .v4): false
        }
    }
}
