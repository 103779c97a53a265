package import IridiumShell
package import Membership
import NIOPosix

/// A node that listens on loopback can be reached from this machine only.
///
/// Its streams still get out, so a join through a member on another host would seem to work. The
/// other members would then send to 127.0.0.1, reach themselves, and declare it dead. So the join
/// is refused before anything is sent.
extension NodeSettings {
    /// The refusal, if all of `addresses` belong to other hosts. nil if the node can be reached
    /// from there, or has an address to advertise.
    func refusal(of seed: HostAndPort, at addresses: [IPAddress]) -> IridiumError? {
        guard bind.address.isLoopback, advertise == nil, !addresses.isEmpty,
            addresses.allSatisfy({ !$0.isLoopback })
        else { return nil }
        let own = NetworkInterfaces.names
        guard addresses.allSatisfy({ own[$0] == nil }) else { return nil }
        return .unreachable(
            "\(seed)", tries: 0, after: .zero, cause: .boundElsewhere(bind.address))
    }

    /// The same for a seed as the user wrote it; names are not looked up.
    package func refusal(of seed: HostAndPort) -> IridiumError? {
        IPAddress(seed.host).flatMap { refusal(of: seed, at: [$0]) }
    }

    /// The addresses of a seed; its name is looked up on a separate thread. If a name is not found,
    /// the join reports it.
    static func addresses(of seed: HostAndPort) async -> [IPAddress] {
        if let address = IPAddress(seed.host) { return [address] }
        let found = try? await NIOThreadPool.singleton.runIfActive {
            HostName.resolve(seed.host, port: seed.port ?? usualPort)
        }
        guard case .success(let endpoints) = found else { return [] }
        return endpoints.map(\.address)
    }

    /// Whether a seed is exactly the address at which this node would listen.
    func isOwnPlace(_ seed: HostAndPort, at addresses: [IPAddress]) -> Bool {
        guard (seed.port ?? Self.usualPort) == bind.port else { return false }
        guard bind.address.isUnspecified else { return addresses.contains(bind.address) }
        let own = NetworkInterfaces.names
        return addresses.contains { own[$0] != nil }
    }

    /// The reason why datagrams to a member do not pass, found by this host alone.
    func udpFault(to endpoint: Endpoint) -> IridiumError.UDPFault {
        let own = bind.address
        guard own.reaches(endpoint.address) else { return .family(own: own) }
        if !own.isUnspecified, NetworkInterfaces.names[own] == nil, !own.isLoopback {
            return .addressGone(own)
        }
        if let fault = Reachability.unsendable(to: endpoint, from: own.isUnspecified ? nil : own) {
            return fault
        }
        guard let advertise, advertise.address != own else { return .onTheWay }
        return .stated(advertise)
    }
}
