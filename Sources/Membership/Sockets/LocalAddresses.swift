package import MembershipWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The addresses of this host that other members might reach: candidates to advertise in place of
/// 0.0.0.0.
package enum LocalAddresses {
    /// Addresses of interfaces that are up, in the order of the system and without repetition:
    /// global ones first, then loopback. Link-local IPv6 is left out: it means nothing without its
    /// interface.
    package static func candidates() -> [IPAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard entry.pointee.ifa_flags & UInt32(IFF_UP) != 0,
                let address = entry.pointee.ifa_addr.flatMap({ Endpoint($0)?.address }),
                !address.isLinkLocal, !found.contains(address)
            else { continue }
            found.append(address)
        }
        return found.filter { !$0.isLoopback } + found.filter(\.isLoopback)
    }
}

extension IPAddress {
    /// fe80::/10 and 169.254.0.0/16.
    fileprivate var isLinkLocal: Bool {
        switch self {
        case .v4(let value): value >> 16 == 0xA9FE
        case .v6(let high, _): high >> 54 == 0xFE80 >> 6
        }
    }
}
