package import MembershipWire

extension ClusterID {
    /// The cluster of that name: names are compared as bytes, and any name is legal.
    package init(named name: String) {
        let bytes = [UInt8](repeating: 0, count: 32) + Array(name.utf8)
        self.init(bytes.withUnsafeBytes { Derivation.clusterID.octets($0) })
    }
}
