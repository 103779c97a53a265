package import MembershipWire

/// The usual address range of one customer: an IPv4 address; an IPv6 /64, and the ranges often
/// given to one customer as well, a /56 or a /48; loopback as a whole.
package struct Network: Hashable, Sendable {
    package let prefix: IPAddress
    package let bits: Int

    /// The networks of one address, the narrowest first.
    package static func all(of address: IPAddress) -> [Network] {
        // A user with one address of loopback has all of them.
        if address.isLoopback { return [Network(prefix: .v4(0x7F00_0000), bits: 8)] }
        switch address {
        case .v4: return [Network(prefix: address, bits: 32)]
        case .v6(let high, _):
            return [64, 56, 48].map { bits in
                let rest = UInt64(64 - bits)
                return Network(prefix: .v6((high >> rest) << rest, 0), bits: bits)
            }
        }
    }

    /// The widest one.
    package static func widest(of address: IPAddress) -> Network? { all(of: address).last }

    /// The factor by which a network of this size may have more than one customer.
    package var share: Int {
        switch bits {
        case 56: 2
        case 48: 4
        default: 1
        }
    }
}
