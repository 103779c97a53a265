internal import MembershipSecurity
package import MembershipWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A new identity for a named node, because its operator wants one: the old one is lost, or was
/// copied.
///
/// No file is overwritten: the old ones are kept in the same folder under other names. The members
/// file stays, so that the new identity finds the cluster of the old one.
package struct IdentityReset: Hashable, Sendable {
    package let identity: NodeID
    /// The present paths of the old identity's files; empty if there were none.
    package let kept: [String]

    /// Blocks.
    ///
    /// - Throws: `.identityInUse` while the node runs; `.identity` with the file that could not be
    ///   moved or written. A reset that failed halfway can be repeated.
    package init(stateDirectory: String, name: NodeAlias) throws(ClusterError) {
        let directory = NodeDirectory.path(in: stateDirectory, of: name)
        let lock = try NodeDirectory.takeLock(directory)
        defer { withExtendedLifetime(lock) {} }
        var kept: [String] = []
        do throws(GuardedFileError) {
            // The incarnation first: without it the old identity is complete, without the identity
            // it is useless.
            for file in ["incarnation", "identity.key"] {
                let path = "\(directory)/\(file)"
                guard access(path, F_OK) == 0 else { continue }
                kept.append(try SetAside.move(path, .replaced, at: unixSeconds()))
            }
            let new = NodeIdentity.random()
            try IdentityFile.create("\(directory)/identity.key", new)
            identity = new.nodeID
        } catch {
            throw .identity(path: error.path, reason: error.reason)
        }
        self.kept = kept
    }
}
