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
///                                    lock            held while it runs
///
/// A file that is damaged is reported and left alone: a node that took a new identity by itself
/// would be a stranger with a known name.
final class NodeDirectory: Sendable {
    let identity: NodeIdentity
    let lastIncarnation: Incarnation?

    private let incarnationPath: String
    private let state: Mutex<State>

    private struct State {
        /// nil once closed.
        var lock: DirectoryLock?
        /// Of what came while a write was under way only the last counts.
        var pending: Incarnation?
        var isScheduled = false
    }

    /// Opens the directory of `name`, making what is missing. Blocks: call it off the event loop.
    init(stateDirectory: String, name: NodeAlias) throws(ClusterError) {
        let directory = "\(stateDirectory)/nodes/\(name.text)"
        try Self.makeDirectories(directory)
        let lock = try Self.takeLock(directory)
        incarnationPath = "\(directory)/incarnation"
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

    /// Writes soon, on a thread that may wait for the disk. `report` is told of a failure.
    func save(_ incarnation: Incarnation, report: @escaping @Sendable (ClusterError) -> Void) {
        let mustSchedule = state.withLock { state in
            state.pending = incarnation
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard mustSchedule else { return }
        NIOThreadPool.singleton.submit { _ in self.writePending(report) }
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
            guard let incarnation = state.pending.take(), state.lock != nil else { return nil }
            do throws(ClusterError) {
                try write(incarnation)
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
