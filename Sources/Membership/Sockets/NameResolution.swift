internal import MembershipCore
import MembershipWire
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Resolves what a person wrote to all its addresses.
///
/// The system's resolver blocks, for seconds if a name server is silent. So it runs on a thread of
/// NIO's pool: neither the event loop nor Swift's own threads wait for it.
enum NameResolution {
    /// The port of a seed without a written port.
    static let defaultPort: UInt16 = 2254
    /// Further addresses of one name are ignored.
    static let addressLimit = SeedSearch.addressLimit

    /// Empty if the name does not exist or no answer came. A literal address is never looked up.
    static func endpoints(of seed: HostAndPort) async -> [Endpoint] {
        let addresses = (try? await addresses(of: seed.host)) ?? []
        return addresses.map { Endpoint($0, port: seed.port ?? defaultPort) }
    }

    /// All addresses of a host, at least one.
    static func addresses(of host: String) async throws(SeedLookupFailure) -> [IPAddress] {
        if let literal = IPAddress(host) { return [literal] }
        let answer = try? await NIOThreadPool.singleton.runIfActive { lookUp(host) }
        guard let answer, !answer.isEmpty else { throw .noRecords(host: host) }
        return answer
    }

    private static func lookUp(_ host: String) -> [IPAddress] {
        // A C function must never get a name that it would read differently.
        guard !host.isEmpty, !host.utf8.contains(0) else { return [] }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = datagramType
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next, found.count < addressLimit {
            next = entry.pointee.ai_next
            guard let address = entry.pointee.ai_addr.flatMap({ Endpoint($0)?.address }),
                !found.contains(address)
            else { continue }
            found.append(address)
        }
        return found
    }
}

#if canImport(Glibc)
    let datagramType = Int32(SOCK_DGRAM.rawValue)
    let streamType = Int32(SOCK_STREAM.rawValue)
#else
    let datagramType = SOCK_DGRAM
    let streamType = SOCK_STREAM
#endif
