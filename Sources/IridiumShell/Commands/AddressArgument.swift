internal import MembershipWire

/// A host and a port as words of a command: `HOST PORT`, `HOST:PORT`, `[IPV6]:PORT`, `IPV6 PORT`.
///
/// The port is always required: it tells an address from a typing mistake.
enum AddressArgument {
    /// Reads the words after a command.
    static func parse(
        _ words: some Collection<Substring>, of command: ShellCommand
    ) throws(IridiumError) -> HostAndPort {
        let problem = { (text: String) in
            IridiumError.badArguments(
                command: command.rawValue, problem: text, usage: command.row.usage,
                example: "\(command.rawValue) localhost 2254")
        }
        guard let first = words.first else { throw problem("needs a host and a port") }
        var host: HostAndPort
        if words.count > 1, IPAddress(first) != nil {
            // If the port is a separate word, an IPv6 address needs no brackets.
            host = HostAndPort(host: String(first), port: nil)
        } else {
            do throws(HostAndPort.ParseError) {
                host = try HostAndPort(parsing: String(first))
            } catch {
                switch error {
                case .ambiguousIPv6: throw .ambiguousAddress(String(first))
                case .badPort(let text):
                    throw problem(
                        "cannot use the port \(Layout.quoted(text)): it takes 1 to 65535")
                case .empty, .malformed:
                    throw problem(
                        "cannot read the address \(Layout.quoted(String(first))): \(error)")
                }
            }
        }
        if let address = IPAddress(host.host) {
            guard (address.unmapped ?? address).isDestination else {
                throw problem("cannot use the address \(address): no other node can have it")
            }
            // The only spelling of an IPv4 address.
            if let plain = address.unmapped {
                host = HostAndPort(host: "\(plain)", port: host.port)
            }
        }
        if host.port != nil {
            guard words.count == 1 else { throw problem("was given a port twice") }
            return host
        }
        guard let second = words.dropFirst().first else { throw problem("needs a host and a port") }
        guard let port = try? HostAndPort.port(parsing: second) else {
            throw problem(
                "cannot use the port \(Layout.quoted(String(second))): it takes 1 to 65535")
        }
        return HostAndPort(host: host.host, port: port)
    }
}
