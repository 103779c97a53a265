internal import MembershipCore
internal import MembershipSecurity
import MembershipWire

/// A node before it runs: its keys are read, its sockets bound, its identity known. Everything here
/// can fail or block, and is done before an event loop is involved.
struct PreparedNode: Sendable {
    let name: NodeAlias
    let sockets: BoundSockets
    let keyset: Keyset
    let keyStore: KeyStore
    let secrets: ClusterSecrets
    let identity: NodeIdentity
    let boot: BootKeys
    /// nil for a node without a directory, which lives for this run only.
    let directory: NodeDirectory?
    let keptIdentity: KeptIdentity?
    private let node: ClusterNode

    /// Blocks on files: call it off the event loop. After an error nothing stays open.
    init(_ configuration: ClusterConfiguration, name: NodeAlias) throws(ClusterError) {
        try configuration.check()
        let core = try CoreConfiguration(configuration)
        let advertised = configuration.advertise ?? configuration.bind
        guard Endpoint(advertised.address, port: 1).isAdvertisable else {
            throw .cannotAdvertise(advertised, candidates: LocalAddresses.candidates())
        }
        (keyset, keyStore) = try KeyStore.load(configuration.key)
        let cluster = ClusterID(named: configuration.clusterName)
        try Self.check(keyset, in: cluster, named: configuration.clusterName, keyStore)
        secrets = ClusterSecrets(
            keyset: keyset, cluster: cluster, at: unixSeconds())
        keptIdentity = configuration.keptIdentity
        directory = keptIdentity == nil ? try Self.directory(configuration) : nil
        identity = keptIdentity?.identity ?? directory?.identity ?? .random()
        boot = BootKeys()
        self.name = name

        let sockets = try BoundSockets.bind(configuration.bind)
        self.sockets = sockets
        let port = advertised.port == 0 ? sockets.endpoint.port : advertised.port
        var generator = SystemRandomNumberGenerator()
        do throws(MemberCoreError) {
            node = try ClusterNode(
                own: LocalIdentity(
                    alias: name, identityKey: identity.publicKey, bootKey: boot.publicKey,
                    endpoint: Endpoint(advertised.address, port: port),
                    metadata: configuration.metadata,
                    lastIncarnation: keptIdentity?.lastIncarnation
                        ?? directory?.lastIncarnation,
                    keyringHash: keyset.keyringHash),
                configuration: core,
                authenticator: NodeAuthenticator(identity: identity, boot: boot, secrets: secrets),
                seed: generator.next())
        } catch {
            sockets.closeBoth()
            throw .cannotAdvertise(advertised, candidates: LocalAddresses.candidates())
        }
        keptIdentity?.save(node.ownRecord.incarnation)
        do throws(ClusterError) {
            try directory?.write(node.ownRecord.incarnation)
        } catch {
            sockets.closeBoth()
            throw error
        }
    }

    /// The addresses of members that were alive when this node last ran.
    var knownMembers: [HostAndPort] {
        var living: [NodeID: Endpoint] = [:]
        for item in directory?.members ?? [] {
            switch item {
            case .full(let record):
                let id = NodeID(of: record.core.identityKey)
                guard record.standing == .alive, id != identity.nodeID else { continue }
                living[id] = record.core.endpoint
            case .dead(let verdict): living[verdict.target] = nil
            case .refresh, .suspect, .view, .user, .relay, .proof, .degraded, .gone, .heard, .state,
                .stateView, .unknown:
                break
            }
        }
        return living.values.map {
            HostAndPort(host: $0.address.description, port: $0.port)
        }
    }

    /// The value that decides, in its first state.
    func makeNode() -> ClusterNode { node }

    /// Rotated keys are signed for one cluster: under another name no member would accept them from
    /// us.
    private static func check(
        _ keyset: Keyset, in cluster: ClusterID, named name: String, _ store: KeyStore
    ) throws(ClusterError) {
        let path = if case .file(let path) = store { path } else { "the given keys" }
        guard !keyset.keyring.primary.isZero else {
            throw .key(.malformed(path: path, reason: "all bytes of its key are zero"))
        }
        guard keyset.version > 0, !keyset.isSigned(in: cluster) else { return }
        throw .key(.otherCluster(path: path, cluster: name))
    }

    /// Only a node with a given name can be recognised after a restart.
    private static func directory(
        _ configuration: ClusterConfiguration
    ) throws(ClusterError) -> NodeDirectory? {
        guard let path = configuration.stateDirectory, let name = configuration.name else {
            return nil
        }
        return try NodeDirectory(stateDirectory: path, name: name)
    }
}

extension CoreConfiguration {
    fileprivate init(_ configuration: ClusterConfiguration) throws(ClusterError) {
        switch configuration.profile {
        case .lan: self = .lan
        case .wan: self = .wan
        case .local: self = .local
        }
        holdsLifelines = configuration.lifelines
        guard let tolerance = configuration.tolerance else { return }
        guard ClusterConfiguration.tolerances.contains(tolerance) else {
            throw .toleranceOutOfRange(tolerance)
        }
        self = tolerating(tolerance)
    }
}
