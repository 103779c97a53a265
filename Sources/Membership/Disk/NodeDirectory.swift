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
/// An identity or incarnation that is damaged is reported and left alone, and the node does not start:
/// one that took a new identity by itself would be a stranger with a known name. The other two can be
/// done without: a damaged file is set aside under another name, and that is reported.
final class NodeDirectory: Sendable {
    let identity: NodeIdentity
    let lastIncarnation: Incarnation?
    /// Whom it knew in its last life; signatures unchecked.
    let members: [Item]
    /// What was wrong with the file of members, and where it is now.
    let damage: Damage?
    /// Who may come back by a retired key, and until when (seconds since 1970).
    let entitled: [NodeID: UInt64]
    let entitledDamage: Damage?

    struct Damage: Sendable {
        let path: String
        /// nil if it could not be moved.
        let aside: String?
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
        let directory = "\(stateDirectory)/nodes/\(name.text)"
        try Self.makeDirectories(directory)
        let lock = try Self.takeLock(directory)
        incarnationPath = "\(directory)/incarnation"
        membersPath = "\(directory)/members"
        entitledPath = "\(directory)/entitled"
        (members, damage) = Self.readMembers(membersPath)
        (entitled, entitledDamage) = Self.readEntitled(entitledPath)
        do throws(SecretFileError) {
            identity = try IdentityFile.readOrCreate("\(directory)/identity.key").identity
            lastIncarnation = try IncarnationFile.read(incarnationPath)
        } catch {
            throw .identity(path: error.path, reason: error.reason)
        }
        state = Mutex(State(lock: lock))
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

    private static func readMembers(_ path: String) -> ([Item], Damage?) {
        do throws(SecretFileError) {
            return (try MemberFile.read(path) ?? [], nil)
        } catch {
            let aside = MemberFile.setAside(path, at: time(nil))
            return ([], Damage(path: path, aside: aside, reason: error.reason))
        }
    }

    private static func readEntitled(_ path: String) -> ([NodeID: UInt64], Damage?) {
        do throws(SecretFileError) {
            return (try EntitledFile.read(path) ?? [:], nil)
        } catch {
            let aside = MemberFile.setAside(path, at: time(nil))
            return ([:], Damage(path: path, aside: aside, reason: error.reason))
        }
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

    private static func takeLock(_ directory: String) throws(ClusterError) -> DirectoryLock {
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
