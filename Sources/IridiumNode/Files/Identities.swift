package import IridiumShell
package import Membership

/// The operations of the command line on identities of named nodes.
package enum Identities {
    /// The identities of all nodes that have run from this directory, by name.
    package static func all(in directory: DataDirectory) -> [IdentityOnDisk] {
        SystemCall.list("\(directory.root)/nodes").compactMap { entry in
            (try? NodeAlias(parsing: entry)).map {
                IdentityOnDisk(stateDirectory: directory.root, name: $0)
            }
        }
    }

    /// The identity of one node, which must have run from this directory.
    package static func one(
        _ name: String, in directory: DataDirectory
    ) throws(IridiumError) -> IdentityOnDisk {
        guard let one = all(in: directory).first(where: { $0.name.text == name }) else {
            throw .cannotRead(
                path: directory.identityPath(of: name), reason: "no node of that name has run here")
        }
        return one
    }

    /// Gives the node a new identity. The old one is kept next to it.
    package static func reset(
        _ name: String, in directory: DataDirectory
    ) throws(IridiumError) -> IdentityReset {
        let alias = try one(name, in: directory).name
        do throws(ClusterError) {
            return try IdentityReset(stateDirectory: directory.root, name: alias)
        } catch {
            switch error {
            case .identityInUse(let path, _):
                throw .nameLocked(
                    name, path: path, dataRoot: directory.givenRoot)
            case .identity(let path, let reason):
                throw .cannotWrite(
                    path: path, reason: reason, purpose: "the identity of \(name) lives there")
            case .identityDamaged, .cannotListen, .cannotAdvertise, .key, .identityTaken,
                .toleranceOutOfRange, .metadataTooLong, .messageTooLong, .stateTooLarge,
                .badStateKey,
                .joinFailed, .notRunning,
                .alreadyStarted, .timedOut, .cancelled, .congested, .memberGone,
                .memberOutdated, .memberUnreachable, .noReader, .refused, .typeServed,
                .invalidConfiguration:
                throw .refused(
                    "the identity of \(name) could not be replaced: \(error)",
                    try: "iridium id \(name)")
            }
        }
    }
}
