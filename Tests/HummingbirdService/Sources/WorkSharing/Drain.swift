public import ServiceLifecycle

/// Gives the work up when the service group shuts down. List it last: groups stop their services in the
/// reverse order.
///
/// `[cluster, server, work, drain]` first drains, then lets the server answer the requests that it has,
/// for which other members may be asked, and leaves the cluster last. (A service without
/// such a step lists the cluster after its server: then the cluster leaves first, and the others stop asking.)
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
