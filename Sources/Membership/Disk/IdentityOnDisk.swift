internal import MembershipSecurity
package import MembershipWire

/// Who a named node is by its file, for people: nothing is made, locked or changed.
package struct IdentityOnDisk: Hashable, Sendable {
    package let name: NodeAlias
    package let path: String
    /// nil where the file cannot be used; `problem` says why.
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
