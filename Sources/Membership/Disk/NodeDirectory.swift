internal import MembershipSecurity
import MembershipWire
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a named node keeps on disk: who it is, and how far it has counted.
///
///     <state directory>/nodes/<name>/identity.key    who it is: the seed of its signing key
///                                    incarnation     its last one, so that the next is higher
///                                    members         whom it knew, to find them again
///                                    entitled        who may fetch new keys by a retired one
///                                    lock            held while it runs
///
/// An identity that is damaged, or gone while the rest is there, is reported and left alone, and the node
/// does not start: one that took a new identity by itself would be a stranger with a known name. An
/// operator may want just that, and says so (`IdentityReset`). The others can be done without: the members
/// of the cluster know our last incarnation, seeds know the members, and other members know who may fetch
/// keys. A damaged one of these is set aside under another name, and that is reported; one that cannot be
/// set aside ends the start, for the next write would destroy it.
final class NodeDirectory: Sendable {
    let identity: NodeIdentity
    let lastIncarnation: Incarnation?
    /// Whom it knew in its last life; signatures unchecked.
    let members: [Item]
    /// What was wrong with which file, and where it is now.
    let damages: [Damage]
    /// Who may come back by a retired key, and until when (seconds since 1970).
    let entitled: [NodeID: UInt64]

    struct Damage: Sendable {
        let file: ClusterNotice.ForgottenFile
        let path: String
        let aside: String
        let reason: String
    }

    private let incarnationPath: String
    private let membersPath: String
    private let entitledPath: String
    private let state: Mutex<State>

    private struct State {
        /// nil once closed.
        var lock: DirectoryLock?
        /// Of what came while a write was under way only the last counts.
        var pending: Incarnation?
        var pendingMembers: [UInt8]?
        var pendingEntitled: [NodeID: UInt64]?
        var isScheduled = false
    }

    /// Opens the directory of `name`, making what is missing. Blocks: call it off the event loop.
    init(stateDirectory: String, name: NodeAlias) throws(ClusterError) {
        let directory = Self.path(in: stateDirectory, of: name)
        try Self.makeDirectories(directory)
        let lock = try Self.takeLock(directory)
        incarnationPath = "\(directory)/incarnation"
        membersPath = "\(directory)/members"
        entitledPath = "\(directory)/entitled"
        identity = try Self.readIdentity(directory)
        var damages: [Damage] = []
        lastIncarnation = try Self.readUnlessDamaged(.incarnation, incarnationPath, &damages) {
            (path) throws(SecretFileError) in try IncarnationFile.read(path)
        }
        members =
            try Self.readUnlessDamaged(.members, membersPath, &damages) {
                (path) throws(SecretFileError) in try MemberFile.read(path)
            } ?? []
        entitled =
            try Self.readUnlessDamaged(.entitled, entitledPath, &damages) {
                (path) throws(SecretFileError) in try EntitledFile.read(path)
            } ?? [:]
        self.damages = damages
        state = Mutex(State(lock: lock))
    }

    static func path(in stateDirectory: String, of name: NodeAlias) -> String {
        "\(stateDirectory)/nodes/\(name.text)"
    }

    /// Who the node is; somebody new if it never ran here.
    private static func readIdentity(_ directory: String) throws(ClusterError) -> NodeIdentity {
        let path = "\(directory)/identity.key"
        if access(path, F_OK) != 0, errno == ENOENT, access("\(directory)/incarnation", F_OK) == 0 {
            throw .identityDamaged(path: path, reason: "it is gone, though the node has run before")
        }
        do throws(SecretFileError) {
            return try IdentityFile.readOrCreate(path).identity
        } catch {
            if case .damaged(let path, _) = error {
                throw .identityDamaged(path: path, reason: error.reason)
            }
            throw .identity(path: error.path, reason: error.reason)
        }
    }

    /// What a file holds that can be done without. One that is damaged, or that others could have
    /// written, is set aside; where the system does not give it to us, that ends the start.
    private static func readUnlessDamaged<Content>(
        _ file: ClusterNotice.ForgottenFile, _ path: String, _ damages: inout [Damage],
        read: (String) throws(SecretFileError) -> Content?
    ) throws(ClusterError) -> Content? {
        do throws(SecretFileError) {
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
        do throws(SecretFileError) {
            return try SetAside.move(path, .damaged, at: unixSeconds())
        } catch {
            throw .identity(
                path: path,
                reason: "\(damage), and it cannot be set aside (\(error.reason)): move it away")
        }
    }

    /// Writes now. Blocks.
    func write(_ incarnation: Incarnation) throws(ClusterError) {
        do throws(SecretFileError) {
            try IncarnationFile.replace(incarnationPath, incarnation)
        } catch {
            throw .identity(path: error.path, reason: error.reason)
        }
    }

    private func write(members: [UInt8]) throws(ClusterError) {
        do throws(SecretFileError) {
            try MemberFile.replace(membersPath, members)
        } catch {
            throw .identity(path: error.path, reason: error.reason)
        }
    }

    /// Writes soon, on a thread that may wait for the disk. `report` is told of a failure.
    func save(_ incarnation: Incarnation, report: @escaping @Sendable (ClusterError) -> Void) {
        writeSoon(report) { $0.pending = incarnation }
    }

    /// Keeps whom the node knows, soon. `report` is told of a failure.
    func save(members: [UInt8], report: @escaping @Sendable (ClusterError) -> Void) {
        writeSoon(report) { $0.pendingMembers = members }
    }

    /// Keeps who may fetch keys by a retired one, soon. `report` is told of a failure.
    func save(
        entitled: [NodeID: UInt64], report: @escaping @Sendable (ClusterError) -> Void
    ) {
        writeSoon(report) { $0.pendingEntitled = entitled }
    }

    private func write(entitled: [NodeID: UInt64]) throws(ClusterError) {
        do throws(SecretFileError) {
            try EntitledFile.replace(entitledPath, entitled)
        } catch {
            throw .identity(path: error.path, reason: error.reason)
        }
    }

    private func writeSoon(
        _ report: @escaping @Sendable (ClusterError) -> Void, _ note: (inout State) -> Void
    ) {
        let mustSchedule = state.withLock { state in
            note(&state)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard mustSchedule else { return }
        NIOThreadPool.singleton.submit { _ in self.writePending(report) }
    }

    /// Who left on purpose does not come back by itself. Blocks.
    func forgetMembers() {
        state.withLock { $0.pendingMembers = nil }
        MemberFile.remove(membersPath)
    }

    /// Writes what is still to be written and lets go of the directory. Blocks.
    func close(report: (ClusterError) -> Void) {
        writePending(report)
        state.withLock { $0.lock = nil }
    }

    /// One writer at a time, under the lock: whoever comes second finds nothing left to do, and
    /// knows that it is on disk.
    private func writePending(_ report: (ClusterError) -> Void) {
        let failure = state.withLock { state -> ClusterError? in
            state.isScheduled = false
            guard state.lock != nil else { return nil }
            do throws(ClusterError) {
                if let incarnation = state.pending.take() { try write(incarnation) }
                if let entitled = state.pendingEntitled.take() { try write(entitled: entitled) }
                if let members = state.pendingMembers.take() { try write(members: members) }
                return nil
            } catch {
                return error
            }
        }
        if let failure { report(failure) }
    }

    static func takeLock(_ directory: String) throws(ClusterError) -> DirectoryLock {
        do throws(DirectoryLock.Failure) {
            return try DirectoryLock(path: "\(directory)/lock")
        } catch {
            switch error {
            case .held(let holder): throw .identityInUse(path: directory, holder: holder)
            case .system(let number):
                throw .identity(
                    path: "\(directory)/lock", reason: SystemError(number: number).description)
            }
        }
    }

    /// Makes the last directory of `path` and all before it that are missing, for us alone.
    private static func makeDirectories(_ path: String) throws(ClusterError) {
        let ends = path.indices.dropFirst().filter { path[$0] == "/" } + [path.endIndex]
        for end in ends where mkdir(String(path[..<end]), 0o700) != 0 {
            let number = errno
            guard number != EEXIST else { continue }
            throw .identity(
                path: String(path[..<end]), reason: SystemError(number: number).description)
        }
    }
}
