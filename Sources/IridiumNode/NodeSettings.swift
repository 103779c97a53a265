package import IridiumShell
package import Membership

/// What a node is told at its start, by the command line.
package struct NodeSettings: Sendable {
    /// Where the cluster key comes from.
    package enum Key: Hashable, Sendable {
        /// The data directory's, made with a fresh key if there is none.
        case inDataDirectory
        /// A file that must exist; "-" is standard input.
        case file(String)
    }

    /// nil: named by its machine's UUID, for this run.
    package var name: NodeAlias?
    package var clusterName = "default"
    /// Where to listen for the cluster; the port 0 is any free one.
    package var bind = Endpoint(.v4(0x7F00_0001), port: Self.usualPort)
    /// Whether the user chose the port of `bind`. If not, a join may take another one.
    package var isPortGiven = false
    package var advertise: Endpoint?
    package var seeds: [HostAndPort] = []
    /// Name servers and files that are asked again and again.
    package var discovery: [AnySeedProvider] = []
    package var key = Key.inDataDirectory
    package var profile = ClusterConfiguration.Profile.lan
    /// How long a member may be silent before it counts as dead; nil: as the profile says.
    package var tolerance: Duration?
    package var metadata: [UInt8] = []
    /// How long without any other member, until one notice says so.
    package var lonelyAfter = Duration.seconds(30)
    /// The cluster that this node is n1 of, in this process; then key and identity are its, and
    /// nothing is written.
    package var demo: DemoCluster?
    package var directory: DataDirectory
    /// Threads for spawned programs.
    package var threads = 2
    /// Where the remote shell listens; nil: it does not.
    package var remoteShell: Endpoint?

    /// The port that everybody types.
    package static let usualPort: UInt16 = 2254
    /// The remote shell's.
    package static let usualRemotePort: UInt16 = 2244

    package init(directory: DataDirectory) { self.directory = directory }

    /// What cannot work, told before anything is opened; nil where there is nothing.
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
}

extension IPAddress {
    /// fe80::/10, which says nothing without the interface that it is of.
    var isLinkLocal: Bool {
        switch self {
        case .v4: false
        case .v6(let high, _): high >> 54 == 0xFE80 >> 6
        }
    }
}
