internal import MembershipSecurity
package import MembershipWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A new identity for a named node, because its operator wants one: the old is lost, or was copied.
///
/// Nothing is written over: what was there is beside it afterwards, under another name. The members are
/// kept, so that the new one finds the cluster of the old.
package struct IdentityReset: Hashable, Sendable {
    package let identity: NodeID
    /// Where the files of the old identity are now; empty if there were none.
    package let kept: [String]

    /// Blocks.
    ///
    /// - Throws: `.identityInUse` while the node runs; `.identity` with the file that could not be
    ///   moved or written. Half done it can be done again.
    package init(stateDirectory: String, name: NodeAlias) throws(ClusterError) {
        let directory = NodeDirectory.path(in: stateDirectory, of: name)
        let lock = try NodeDirectory.takeLock(directory)
        defer { withExtendedLifetime(lock) {} }
        var kept: [String] = []
        do throws(GuardedFileError) {
            // The count first: without it the old identity is whole, without the identity nothing is.
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
