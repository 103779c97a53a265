internal import MembershipCore
internal import MembershipSecurity
import MembershipWire

/// A node before it runs: keys read, sockets bound, identity known. Everything here can fail or
/// block, and is done before an event loop is involved.
struct PreparedNode: Sendable {
    let name: NodeAlias
    let sockets: BoundSockets
    let fingerprint: String
    let secrets: ClusterSecrets
    let identity: NodeIdentity
    let boot: BootKeys
    /// nil for a node that lives for this run only.
    let directory: NodeDirectory?
    let keptIdentity: KeptIdentity?
    private let node: ClusterNode

    /// Blocks on files: call it off the event loop. On an error nothing stays open.
    init(_ configuration: ClusterConfiguration, name: NodeAlias) throws(ClusterError) {
        guard configuration.metadata.count <= Bounds.metadataBytes else {
            throw .metadataTooLong(bytes: configuration.metadata.count)
        }
        let core = try CoreConfiguration(configuration)
        let advertised = configuration.advertise ?? configuration.bind
        guard Endpoint(advertised.address, port: 1).isAdvertisable else {
            throw .cannotAdvertise(advertised, candidates: LocalAddresses.candidates())
        }
        let key = try ClusterKey.load(configuration.key)
        fingerprint = key.fingerprint
        secrets = ClusterSecrets(
            keyring: Keyring(key), cluster: ClusterID(named: configuration.clusterName))
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
                        ?? directory?.lastIncarnation),
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

    /// The value that decides, in its first state.
    func makeNode() -> ClusterNode { node }

    /// Only a node that was given a name can be told from others after a restart.
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
        guard let tolerance = configuration.tolerance else { return }
        guard ClusterConfiguration.tolerances.contains(tolerance) else {
            throw .toleranceOutOfRange(tolerance)
        }
        self = tolerating(tolerance)
    }
}
