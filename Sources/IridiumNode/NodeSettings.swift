package import IridiumShell
package import Membership

/// The settings of a node at its start, from the command line.
package struct NodeSettings: Sendable {
    /// The source of the cluster key.
    package enum Key: Hashable, Sendable {
        /// The key of the data directory. It is made if there is none.
        case inDataDirectory
        /// A file that must exist; "-" is standard input.
        case file(String)
    }

    /// nil: named by its machine's UUID, for this run.
    package var name: NodeAlias?
    package var clusterName = "default"
    /// The address at which the cluster listens; the port 0 is any free one.
    package var bind = Endpoint(.v4(0x7F00_0001), port: Self.usualPort)
    /// Whether the user chose the port of `bind`. If not, a join may take another one.
    package var isPortGiven = false
    package var advertise: Endpoint?
    package var seeds: [HostAndPort] = []
    /// Name servers and files that are queried again and again.
    package var discovery: [AnySeedProvider] = []
    package var key = Key.inDataDirectory
    package var profile = ClusterConfiguration.Profile.lan
    /// How long a member may be silent before it counts as dead; nil: the value of the profile.
    package var tolerance: Duration?
    /// Whether members watch each other by connections that stay open.
    package var lifelines = true
    package var metadata: [UInt8] = []
    /// After this long without any other member, a notice says so, once.
    package var lonelyAfter = Duration.seconds(30)
    /// The cluster in this process whose n1 this node is. Then key and identity come from it, and
    /// nothing is written.
    package var demo: DemoCluster?
    package var directory: DataDirectory
    /// A group whose members may use the control socket; nil: this user and root alone.
    package var controlGroup: UInt32?
    /// Threads for spawned programs.
    package var threads = 2
    /// The address of the remote shell; nil: it is off.
    package var remoteShell: Endpoint?

    /// The default port of the cluster.
    package static let usualPort: UInt16 = 2254
    /// The default port of the remote shell.
    package static let usualRemotePort: UInt16 = 2244

    package init(directory: DataDirectory) { self.directory = directory }

    /// A contradiction between settings, found before anything is opened; nil if there is none.
    package var contradiction: IridiumError? {
        let stated = advertise?.address ?? bind.address
        if let local = [bind.address, stated].first(where: \.isLinkLocal) {
            return .cannotAdvertise(
                local, candidates: [], suggestion: nil,
                cause: "a link-local address means nothing on another host")
        }
        guard !bind.address.reaches(stated) else { return nil }
        return .cannotAdvertise(
            stated, candidates: [], suggestion: nil,
            cause: "this node listens on \(bind.address), which is of the other family")
    }

    /// Fails if two listeners of this node would need one TCP port of one address. `http` is the
    /// address of its HTTP server.
    package func requireSeparatePorts(http: Endpoint?) throws(IridiumError) {
        let all =
            [("--bind", bind)]
            + [("--bind-port", remoteShell), ("--http", http)].compactMap { option, place in
                place.map { (option, $0) }
            }
        for (index, (option, place)) in all.enumerated() where place.port != 0 {
            let rival = all[..<index].first { $0.1.port == place.port && $0.1.overlaps(place) }
            guard let rival else { continue }
            throw .badValue(
                option: option, value: "\(place)",
                expected: "another port than \(rival.0), which is \(rival.1)")
        }
    }

    /// The refusal of a node that has no address to state; nil if it has one. [IR-05]
    package var unadvertisable: IridiumError? {
        let stated = advertise ?? bind
        guard stated.address.isDestination else {
            return ClusterError.cannotAdvertise(stated, candidates: LocalAddresses.candidates())
        }
        return nil
    }
}

extension Endpoint {
    /// Whether a listener here would also get what is sent there.
    fileprivate func overlaps(_ other: Endpoint) -> Bool {
        address == other.address || address.isUnspecified || other.address.isUnspecified
    }
}

extension IPAddress {
    /// fe80::/10, which means nothing without its interface.
    var isLinkLocal: Bool {
        switch self {
        case .v4: false
        case .v6(let high, _): high >> 54 == 0xFE80 >> 6
        }
    }
}
