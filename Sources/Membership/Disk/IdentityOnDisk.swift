internal import MembershipSecurity
package import MembershipWire

/// The identity of a named node in its file, for people. Nothing is made, locked or changed.
package struct IdentityOnDisk: Hashable, Sendable {
    package let name: NodeAlias
    package let path: String
    /// nil if the file cannot be used; `problem` says why.
    package let id: NodeID?
    /// One clause.
    package let problem: String?

    /// Blocks.
    package init(stateDirectory: String, name: NodeAlias) {
        self.name = name
        path = NodeDirectory.path(in: stateDirectory, of: name) + "/identity.key"
        do throws(GuardedFileError) {
            id = try IdentityFile.read(path).nodeID
            problem = nil
        } catch {
            id = nil
            problem = error.reason
        }
    }
}
