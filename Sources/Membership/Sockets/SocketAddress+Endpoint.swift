import MembershipWire
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Converts between the endpoints of members and the addresses of the socket layer.
///
/// A socket bound to `::` also carries IPv4, whose addresses it shows as IPv6 (`::ffff:a.b.c.d`).
/// Members never see that form: it is added and removed here.
extension SocketAddress {
    /// The address by which a socket of `family` reaches `endpoint`; nil if it cannot.
    init?(_ endpoint: Endpoint, for family: SocketFamily) {
        var bytes = ByteBuffer()
        switch (endpoint.address, family) {
        case (.v4(let address), .v4):
            bytes.writeInteger(address)
        case (.v4(let address), .dual):
            bytes.writeInteger(0 as UInt64)
            bytes.writeInteger(0xFFFF_0000_0000 | UInt64(address))
        case (.v6(let high, let low), .v6), (.v6(let high, let low), .dual):
            bytes.writeInteger(high)
            bytes.writeInteger(low)
        case (.v4, .v6), (.v6, .v4):
            return nil
        }
        try? self.init(packedIPAddress: bytes, port: Int(endpoint.port))
    }

    /// The endpoint of this address; nil for a path.
    var endpoint: Endpoint? { withSockAddr { address, _ in Endpoint(address) } }
}

/// The members that a socket can reach.
enum SocketFamily: Sendable {
    case v4
    case v6
    /// Bound to `::`: both.
    case dual

    /// The family of a socket that is bound to `address`.
    init(boundTo address: IPAddress) {
        switch address {
        case .v4: self = .v4
        case .v6(0, 0): self = .dual
        case .v6: self = .v6
        }
    }

    func reaches(_ address: IPAddress) -> Bool {
        switch (self, address) {
        case (.dual, _), (.v4, .v4), (.v6, .v6): true
        case (.v4, .v6), (.v6, .v4): false
        }
    }
}

extension Endpoint {
    /// IPv4 written as IPv6 becomes plain IPv4; nil for another family.
    ///
    /// It is read by offset, because the headers of all systems have the same layout: port at 2,
    /// IPv4 address at 4, IPv6 address at 8.
    init?(_ socketAddress: UnsafePointer<sockaddr>) {
        let raw = UnsafeRawPointer(socketAddress)
        func load<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Number {
            Number(bigEndian: raw.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
        #if canImport(Darwin)
            let family = Int32(raw.load(fromByteOffset: 1, as: UInt8.self))
        #else
            let family = Int32(raw.loadUnaligned(as: UInt16.self))
        #endif
        switch family {
        case AF_INET:
            self.init(.v4(load(at: 4)), port: load(at: 2))
        case AF_INET6:
            let (high, low): (UInt64, UInt64) = (load(at: 8), load(at: 16))
            let isMapped = high == 0 && low >> 32 == 0xFFFF
            self.init(
                isMapped ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high, low),
                port: load(at: 2))
        default:
            return nil
        }
    }
}
