import ArgumentParser
import IridiumAdmin
import IridiumNode
import IridiumShell
import Membership
import SystemPackage

/// Whether a node serves metrics, JSON and events by HTTP.
struct AdminOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Serve metrics, members, health and events over HTTP, read-only (an agent).",
            valueName: "host:port"))
    var http: String?

    @Option(
        help: ArgumentHelp(
            "A file with the token that clients must send; needed unless --http is on loopback.",
            valueName: "file"))
    var httpTokenFile: String?

    /// At least so much cannot be guessed; at most so much is no mistaken file.
    private static let tokenBytes = 16...512

    /// The checked options of the server.
    struct Service: Sendable {
        let endpoint: Endpoint
        let token: [UInt8]?

        func start(of node: Node) async throws(IridiumError) -> AdminServer {
            do throws(Errno) {
                return try await .start(at: endpoint, token: token, node: node)
            } catch {
                throw ListenFailure.words(
                    for: endpoint, transport: "tcp", purpose: .http, error: error)
            }
        }
    }

    /// Nil where none is wanted.
    ///
    /// - Parameter origins: where the values come from, for messages.
    func service(from origins: Origins = Origins()) throws(IridiumError) -> Service? {
        let token = try origins.checking("http-token-file") { spelling throws(IridiumError) in
            if http == nil, let httpTokenFile {
                throw IridiumError.badArguments(
                    command: "\(spelling) \(httpTokenFile)", problem: "needs --http",
                    usage: "--http HOST:PORT --http-token-file FILE", example: nil)
            }
            return try readToken(spelling)
        }
        guard let http else { return nil }
        return try origins.checking("http") { spelling throws(IridiumError) in
            let endpoint = try Self.endpoint(http, option: spelling)
            guard endpoint.address.isLoopback || token != nil else {
                throw .badValue(
                    option: spelling, value: http,
                    expected: "a loopback address, or --http-token-file FILE beside it")
            }
            return Service(endpoint: endpoint, token: token)
        }
    }

    private static func endpoint(
        _ text: String, option: String
    ) throws(IridiumError) -> Endpoint {
        let parsed = try AddressOption.parse(text, option: option)
        guard let address = IPAddress(parsed.host) else {
            throw .badValue(
                option: option, value: text, expected: "an IP address and a port: 127.0.0.1:2265")
        }
        try AddressOption.requireOnlySpelling(address)
        return Endpoint(address, port: parsed.port ?? AdminServer.usualPort)
    }

    private func readToken(_ option: String) throws(IridiumError) -> [UInt8]? {
        guard let httpTokenFile else { return nil }
        // With a byte order mark and a line end.
        var bytes = try RegularFile.read(
            httpTokenFile, limit: Self.tokenBytes.upperBound + 5)
        while let last = bytes.last, [0x0A, 0x0D].contains(last) { bytes.removeLast() }
        let isPrintable = bytes.allSatisfy { (0x21...0x7E).contains($0) }
        guard Self.tokenBytes.contains(bytes.count), isPrintable else {
            throw .badValue(
                option: option, value: httpTokenFile,
                expected: "a file with one line of 16 to 512 printable characters without spaces")
        }
        return bytes
    }
}
