/// An IP address without a port.
public enum IPAddress: Hashable, Sendable {
    /// Four bytes in network order as a number.
    case v4(UInt32)
    /// Sixteen bytes in network order as two numbers.
    case v6(UInt64, UInt64)
}

/// The address of a member: an IP address and a port, the same for UDP and TCP.
public struct Endpoint: Hashable, Sendable {
    /// The address.
    public let address: IPAddress
    /// The port; 0 means "any" and is never advertised.
    public let port: UInt16

    /// Any combination is a value; `isAdvertisable` says whether it can be advertised.
    public init(_ address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension IPAddress {
    /// 127.0.0.0/8 or ::1.
    package var isLoopback: Bool {
        switch self {
        case .v4(let value): value >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// 0.0.0.0 or ::, which mean "every address of this host" and are no destination.
    package var isUnspecified: Bool {
        switch self {
        case .v4(let value): value == 0
        case .v6(let high, let low): high == 0 && low == 0
        }
    }

    /// ::ffff:0:0/96: an IPv4 address written as IPv6. It would be a second spelling of the same
    /// address.
    package var isMappedV4: Bool {
        switch self {
        case .v4: false
        case .v6(let high, let low): high == 0 && low >> 32 == 0xFFFF
        }
    }

    /// The IPv4 address that this one is another spelling of; nil for all others.
    package var unmapped: IPAddress? {
        guard isMappedV4, case .v6(_, let low) = self else { return nil }
        return .v4(UInt32(truncatingIfNeeded: low))
    }

    /// Whether one host can have it, and another host call it there. 0.0.0.0/8 is no destination.
    package var isDestination: Bool {
        if case .v4(let value) = self, value >> 24 == 0 { return false }
        return !isUnspecified && !isMulticastOrBroadcast
    }

    /// 224.0.0.0/4, 255.255.255.255 or ff00::/8.
    package var isMulticastOrBroadcast: Bool {
        switch self {
        case .v4(let value): value >> 28 == 0xE || value == .max
        case .v6(let high, _): high >> 56 == 0xFF
        }
    }
}

extension Endpoint {
    /// Whether another member could send there. That takes a port and a real unicast address in its
    /// only spelling (see `isMappedV4`).
    package var isAdvertisable: Bool {
        port != 0 && !address.isUnspecified && !address.isMulticastOrBroadcast
            && !address.isMappedV4
    }
}
