internal import MembershipSecurity
import MembershipWire
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The state of a named node on disk: its identity, its last incarnation, and files that help it
/// return.
///
///     <state directory>/nodes/<name>/identity.key    who it is: the seed of its signing key
///                                    incarnation     its last one, so that the next is higher
///                                    members         whom it knew, to find them again
///                                    entitled        who may fetch new keys by a retired one
///                                    lock            held while it runs
///
/// If an identity is damaged, or missing while the other files are there, it is reported and not
/// changed, and the node does not start. A node that took a new identity by itself would be a
/// stranger with a known name. An operator may want just that, and requests it (`IdentityReset`).
/// The other files are not essential: the members of the cluster know our last incarnation, seeds
/// know the members, and other members know which identities may fetch keys. A damaged one of these
/// is set aside under another name and reported. If it cannot be set aside, the start ends, because
/// the next write would destroy it.
final class NodeDirectory: Sendable {
    let identity: NodeIdentity
    let lastIncarnation: Incarnation?
    /// The members that it knew in its last life; signatures unchecked.
    let members: [Item]
    /// The damaged files with their faults, and their present paths.
    let damages: [Damage]
    /// The members that may return by a retired key, and until when (seconds since 1970).
    let entitled: [NodeID: UInt64]

    struct Damage: Sendable {
        let file: ClusterNotice.ForgottenFile
        let path: String
        let aside: String
        let reason: String
    }

    private let files: NodeFiles
    /// nil once closed.
    private let lock: Mutex<FileLock?>

    /// Opens the directory of `name`, making what is missing. Blocks: call it off the event loop.
    init(stateDirectory: String, name: NodeAlias) throws(ClusterError) {
        let directory = Self.path(in: stateDirectory, of: name)
        try Self.makeDirectories(directory)
        let lock = try Self.takeLock(directory)
        files = NodeFiles(directory: directory)
        identity = try Self.readIdentity(directory)
        var damages: [Damage] = []
        lastIncarnation = try Self.readUnlessDamaged(.incarnation, in: directory, &damages) {
            (path) throws(GuardedFileError) in try IncarnationFile.read(path)
        }
        members =
            try Self.readUnlessDamaged(.members, in: directory, &damages) {
                (path) throws(GuardedFileError) in try MemberFile.read(path)
            } ?? []
        entitled =
            try Self.readUnlessDamaged(.entitled, in: directory, &damages) {
                (path) throws(GuardedFileError) in try EntitledFile.read(path)
            } ?? [:]
        self.damages = damages
        self.lock = Mutex(lock)
    }

    static func path(in stateDirectory: String, of name: NodeAlias) -> String {
        "\(stateDirectory)/nodes/\(name.text)"
    }

    /// The identity of the node; a new one if it never ran here.
    private static func readIdentity(_ directory: String) throws(ClusterError) -> NodeIdentity {
        let path = "\(directory)/identity.key"
        if access(path, F_OK) != 0, errno == ENOENT, access("\(directory)/incarnation", F_OK) == 0 {
            throw .identityDamaged(path: path, reason: "it is gone, though the node has run before")
        }
        do throws(GuardedFileError) {
            return try IdentityFile.readOrCreate(path).identity
        } catch {
            switch error {
            case .damaged(let path, _), .notAFile(let path):
                throw .identityDamaged(path: path, reason: error.reason)
            case .missing, .exists, .cannotRead, .cannotWrite, .foreignLink, .foreignOwner,
                .exposed:
                throw .identity(path: error.path, reason: error.reason)
            }
        }
    }

    /// The content of a file that is not essential. If it is damaged, or others could have written
    /// it, it is set aside; if the system does not let us read it, the start ends.
    private static func readUnlessDamaged<Content>(
        _ file: ClusterNotice.ForgottenFile, in directory: String, _ damages: inout [Damage],
        read: (String) throws(GuardedFileError) -> Content?
    ) throws(ClusterError) -> Content? {
        let path = NodeFiles.path(file, in: directory)
        do throws(GuardedFileError) {
            return try read(path)
        } catch {
            if case .cannotRead(let path, _, _, _) = error {
                throw .identity(path: path, reason: error.reason)
            }
            let aside = try setAside(path, because: error.reason)
            damages.append(Damage(file: file, path: path, aside: aside, reason: error.reason))
            return nil
        }
    }

    /// The new name of the file.
    private static func setAside(
        _ path: String, because damage: String
    ) throws(ClusterError) -> String {
        do throws(GuardedFileError) {
            return try SetAside.move(path, .damaged, at: unixSeconds())
        } catch {
            throw .identity(
                path: path,
                reason: "\(damage), and it cannot be set aside (\(error.reason)): move it away")
        }
    }

    /// Writes now. Blocks.
    func write(_ incarnation: Incarnation) throws(ClusterError) {
        try files.write(.incarnation(incarnation))
    }

    /// Writes soon, without waiting for a disk. `report` receives a failure.
    func save(_ content: NodeFiles.Content, report: @escaping @Sendable (ClusterError) -> Void) {
        files.writeSoon(content, report: report)
    }

    /// Removes the known members: a node that left on purpose does not return by itself. Blocks.
    func forgetMembers() { files.forgetMembers() }

    /// Writes the remaining content and releases the directory. Blocks.
    func close(report: (ClusterError) -> Void) {
        files.close(report: report)
        lock.withLock { $0 = nil }
    }

    static func takeLock(_ directory: String) throws(ClusterError) -> FileLock {
        do throws(FileLock.Failure) {
            return try FileLock.take("\(directory)/lock")
        } catch {
            switch error {
            case .held(let holder): throw .identityInUse(path: directory, holder: holder)
            case .system(let error):
                throw .identity(path: "\(directory)/lock", reason: error.description)
            }
        }
    }

    /// Makes the last directory of `path` and all before it that are missing, for us alone.
    private static func makeDirectories(_ path: String) throws(ClusterError) {
        let ends = path.indices.dropFirst().filter { path[$0] == "/" } + [path.endIndex]
        for end in ends {
            let folder = String(path[..<end])
            // The mode does not depend on the umask, which could take our own rights away.
            if mkdir(folder, 0o700) == 0, chmod(folder, 0o700) == 0 { continue }
            let number = errno
            guard number != EEXIST else { continue }
            throw .identity(path: folder, reason: SystemError(errno: number).description)
        }
    }
}
