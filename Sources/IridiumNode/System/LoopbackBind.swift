package import IridiumShell
package import Membership
import NIOPosix

/// A node that listens on loopback can be called from this machine only.
///
/// Its streams still get out, so a join by way of another host's member would seem to work: the others
/// would be told to call 127.0.0.1, find themselves there, and declare it dead. That is refused before
/// anything is sent.
extension NodeSettings {
    /// The refusal, if all of `addresses` are other hosts'. nil where the node can be called from there,
    /// or was told what to advertise.
    func refusal(of seed: HostAndPort, at addresses: [IPAddress]) -> IridiumError? {
        guard bind.address.isLoopback, advertise == nil, !addresses.isEmpty,
            addresses.allSatisfy({ !$0.isLoopback })
        else { return nil }
        let own = NetworkInterfaces.names
        guard addresses.allSatisfy({ own[$0] == nil }) else { return nil }
        return .unreachable(
            "\(seed)", tries: 0, after: .zero, cause: .boundElsewhere(bind.address))
    }

    /// The same for a seed as it was given; names are not looked up.
    package func refusal(of seed: HostAndPort) -> IridiumError? {
        IPAddress(seed.host).flatMap { refusal(of: seed, at: [$0]) }
    }

    /// The addresses of a seed, its name looked up on a thread of its own. A name that is not found is
    /// for the join to tell.
    static func addresses(of seed: HostAndPort) async -> [IPAddress] {
        if let address = IPAddress(seed.host) { return [address] }
        let found = try? await NIOThreadPool.singleton.runIfActive {
            HostName.resolve(seed.host, port: seed.port ?? usualPort)
        }
        guard case .success(let endpoints) = found else { return [] }
        return endpoints.map(\.address)
    }

    /// Whether a seed is the very place where this node would listen.
    func isOwnPlace(_ seed: HostAndPort, at addresses: [IPAddress]) -> Bool {
        guard (seed.port ?? Self.usualPort) == bind.port else { return false }
        guard bind.address.isUnspecified else { return addresses.contains(bind.address) }
        let own = NetworkInterfaces.names
        return addresses.contains { own[$0] != nil }
    }

    /// Why datagrams to a member do not pass, found out by this host alone.
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
