public import ServiceLifecycle

/// Gives the work up when the service group shuts down. List it last: groups stop their services in the
/// reverse order.
///
/// `[cluster, server, work, drain]` first drains, then lets the server answer the requests that it has,
/// for which other members may be asked, and leaves the cluster last. (Without such a step a cluster
/// stands behind its server and leaves first, which tells the others the same.)
public struct Drain: Service {
    private let sharing: WorkSharing

    /// Drains this work.
    public init(_ sharing: WorkSharing) { self.sharing = sharing }

    /// Waits for the shutdown, then drains.
    public func run() async throws {
        try? await gracefulShutdown()
        try await sharing.drain()
    }
}
