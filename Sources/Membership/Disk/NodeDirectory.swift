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

    private let lock: DirectoryLock
    private let incarnationPath: String
    private let writing: Mutex<Writing>

    /// At most one write at a time, and of what came meanwhile only the last counts.
    private struct Writing {
        var pending: Incarnation?
        var isBusy = false
    }

    /// Opens the directory of `name`, making what is missing. Blocks: call it off the event loop.
    init(stateDirectory: String, name: NodeAlias) throws(ClusterError) {
        let directory = "\(stateDirectory)/nodes/\(name.text)"
        try Self.makeDirectories(directory)
        lock = try Self.takeLock(directory)
        incarnationPath = "\(directory)/incarnation"
        do throws(SecretFileError) {
            identity = try IdentityFile.readOrCreate("\(directory)/identity.key").identity
            lastIncarnation = try IncarnationFile.read(incarnationPath)
        } catch {
            throw .identity(path: error.path, reason: error.reason)
        }
        writing = Mutex(Writing())
    }

    /// Writes soon, on a thread that may wait for the disk. `report` is told of a failure.
    func save(_ incarnation: Incarnation, report: @escaping @Sendable (ClusterError) -> Void) {
        let mustStart = writing.withLock { state in
            state.pending = incarnation
            defer { state.isBusy = true }
            return !state.isBusy
        }
        guard mustStart else { return }
        NIOThreadPool.singleton.submit { _ in self.writePending(report) }
    }

    /// Writes now what is still to be written.
    func flush() {
        guard let incarnation = writing.withLock({ $0.pending.take() }) else { return }
        try? IncarnationFile.replace(incarnationPath, incarnation)
    }

    private func writePending(_ report: (ClusterError) -> Void) {
        while let incarnation = takePending() {
            do throws(SecretFileError) {
                try IncarnationFile.replace(incarnationPath, incarnation)
            } catch {
                report(.identity(path: error.path, reason: error.reason))
            }
        }
    }

    /// nil, and no longer busy, when there is nothing left.
    private func takePending() -> Incarnation? {
        writing.withLock { state in
            state.isBusy = state.pending != nil
            return state.pending.take()
        }
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
