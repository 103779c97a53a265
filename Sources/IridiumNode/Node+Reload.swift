package import IridiumShell
package import Membership

/// The settings that a running node can reload.
extension Node {
    /// Reads the key file again, and takes seeds and metadata where they are given. A node whose
    /// cluster is off takes nothing.
    package func reload(
        seeds: NodeSettings?, metadata: [UInt8]?
    ) async throws(IridiumError) -> Cluster.KeysReload {
        guard let cluster = runningCluster else { return .noFile }
        do throws(ClusterError) {
            let keys = try await cluster.reloadKeys()
            if let seeds { cluster.replaceSeeds(seeds.seeds, discovery: seeds.discovery) }
            if let metadata { try await cluster.setMetadata(metadata) }
            return keys
        } catch {
            throw words(for: error)
        }
    }
}
