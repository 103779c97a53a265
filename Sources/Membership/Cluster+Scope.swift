public import Logging

/// Runs a cluster while `body` runs: starts it, and says goodbye however `body` ends.
///
/// ```swift
/// try await withCluster(configuration, logger: logger) { cluster in
///     try await cluster.waitUntil(living: 3, within: .seconds(10))
///     for await event in cluster.events { print(event) }
/// }
/// ```
/// The goodbye is sent in a cancelled task too. It takes a few milliseconds, or a second if no
/// member confirms it.
///
/// - Throws: as `Cluster.start`, and what `body` throws.
public func withCluster<Result: Sendable>(
    _ configuration: ClusterConfiguration, logger: Logger? = nil,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Cluster) async throws -> Result
) async throws -> Result {
    let cluster = Cluster(configuration: configuration, logger: logger)
    try await cluster.start()
    do {
        let result = try await body(cluster)
        await cluster.leave()
        return result
    } catch {
        await cluster.leave()
        throw error
    }
}
