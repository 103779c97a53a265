import MembershipWire

/// Checks a configuration before anything is opened.
extension ClusterConfiguration {
    /// UTF-8 bytes of a cluster's name. The name appears in logs and in the dimensions of metrics.
    package static let clusterNameBytes = 1...128

    /// - Throws: `.invalidConfiguration`, `.metadataTooLong`.
    func check() throws(ClusterError) {
        guard metadata.count <= Bounds.metadataBytes else {
            throw .metadataTooLong(bytes: metadata.count)
        }
        guard Self.clusterNameBytes.contains(clusterName.utf8.count) else {
            throw .invalidConfiguration(
                option: "clusterName",
                reason: "it has \(clusterName.utf8.count) bytes; it takes 1 to 128")
        }
        guard clusterName.unicodeScalars.allSatisfy(\.isShown) else {
            throw .invalidConfiguration(
                option: "clusterName", reason: "it contains control characters")
        }
        guard eventCapacity > 0 else {
            throw .invalidConfiguration(
                option: "eventCapacity", reason: "it is \(eventCapacity); it must be at least 1")
        }
        for seed in seeds where seed.host.isEmpty {
            throw .invalidConfiguration(
                option: "seeds", reason: "the host of a seed is empty")
        }
        guard Self.seedRefreshes.contains(seedRefresh) else {
            throw .invalidConfiguration(
                option: "seedRefresh",
                reason: "it is \(seedRefresh); it takes 1 s to 10 minutes")
        }
        guard stateDirectory == nil || name != nil || keptIdentity != nil else {
            throw .invalidConfiguration(
                option: "stateDirectory",
                reason: "only a node with a name can be recognised after a restart: set name")
        }
        guard stateDirectory?.isEmpty != true else {
            throw .invalidConfiguration(option: "stateDirectory", reason: "it is empty")
        }
    }
}

extension Unicode.Scalar {
    /// Whether it is neither a control character nor one that changes how the text around it is
    /// shown.
    fileprivate var isShown: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
            .unassigned:
            false
        default: true
        }
    }
}
