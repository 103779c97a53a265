internal import GRPCCore
public import GRPCNIOTransportHTTP2Posix
public import Membership

/// The living members that serve by gRPC, as the target of a client.
///
/// A member says that it serves by a tag with its port: `grpc=50051`. Its address is the one that it states
/// to the cluster. Another tag is another service.
public struct ServingMembers: ResolvableTarget, Hashable, Sendable {
    /// The tag that holds the port.
    public let tag: String

    /// The members with this tag.
    public init(tag: String = "grpc") { self.tag = tag }
}

/// Resolves `ServingMembers` by the view of a member in the same process.
///
/// A client learns of an arrival, a farewell or a death when this member does, and spreads its calls over all
/// that serve. A suspect stays among them: it may only be slow. While no member serves, a client keeps the
/// addresses that it has; a client that never had any waits, so give calls a deadline.
///
/// ```swift
/// var resolvers = NameResolverRegistry.defaults
/// resolvers.registerFactory(MemberResolver(cluster))
/// let transport = try HTTP2ClientTransport.Posix(
///     target: ServingMembers(), transportSecurity: .plaintext, resolverRegistry: resolvers)
/// ```
public struct MemberResolver: NameResolverFactory, Sendable {
    private let cluster: any ClusterMembership

    /// - Parameter cluster: a running cluster. When it stops, clients keep their last addresses.
    public init(_ cluster: any ClusterMembership) { self.cluster = cluster }

    /// The addresses at first, and all of them again after each change.
    public func resolver(for target: ServingMembers) -> NameResolver {
        NameResolver(
            names: RPCAsyncSequence(wrapping: Addresses(cluster: cluster, tag: target.tag)),
            updateMode: .push)
    }
}

/// The addresses of the members with a tag. Each iteration is a subscription.
private struct Addresses: AsyncSequence, Sendable {
    typealias Element = NameResolutionResult
    typealias Failure = any Error

    let cluster: any ClusterMembership
    let tag: String

    func makeAsyncIterator() -> Iterator {
        Iterator(cluster: cluster, tag: tag, events: cluster.events.makeAsyncIterator())
    }

    struct Iterator: AsyncIteratorProtocol {
        let cluster: any ClusterMembership
        let tag: String
        let events: ClusterEvents.Iterator
        private var told: [Address] = []

        fileprivate init(
            cluster: any ClusterMembership, tag: String, events: ClusterEvents.Iterator
        ) {
            self.cluster = cluster
            self.tag = tag
            self.events = events
        }

        /// nil when the cluster has stopped: a client then asks again, at growing intervals.
        mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws -> NameResolutionResult? {
            while let event = await events.next(isolation: actor) {
                guard event.member != nil || event.snapshot != nil else { continue }
                // The view is at least as new as the event, also after events that were lost.
                let addresses = cluster.view.living.compactMap { Address($0, tag: tag) }
                guard !addresses.isEmpty, addresses != told else { continue }
                told = addresses
                return NameResolutionResult(
                    endpoints: addresses.map { .init(addresses: [$0.socket]) },
                    serviceConfig: .success(ServiceConfig(loadBalancingConfig: [.roundRobin])))
            }
            // By this a client knows that it has ended the iteration itself.
            try Task.checkCancellation()
            return nil
        }

        mutating func next() async throws -> NameResolutionResult? {
            try await next(isolation: nil)
        }
    }
}

/// Where a member serves.
private struct Address: Equatable {
    let host: IPAddress
    let port: UInt16

    /// nil if it does not serve: it has no such tag, or no port is in it.
    init?(_ member: Member, tag: String) {
        guard let text = member.tags?[tag], let port = UInt16(text), port > 0 else { return nil }
        (host, self.port) = (member.endpoint.address, port)
    }

    var socket: SocketAddress {
        switch host {
        case .v4: .ipv4(host: "\(host)", port: Int(port))
        case .v6: .ipv6(host: "\(host)", port: Int(port))
        }
    }
}
