internal import MembershipSecurity
import MembershipWire
import NIOPosix
import Synchronization

/// Writes the data that must outlive a running node, on threads that may wait for a disk.
///
/// The event loop notes the newest content and continues. One writer at a time takes the notes and
/// writes them, until none are left. A disk may take a second for each file, or never answer. Then
/// notes replace each other, one thread of the pool waits, and the node is not affected. So there
/// are two locks, and the loop takes only the one that is never held during a write.
final class NodeFiles: Sendable {
    /// The new content of one file.
    enum Content: Sendable {
        case incarnation(Incarnation)
        /// The members that may fetch keys by a retired one.
        case entitled([NodeID: UInt64])
        /// The bytes from `MemberFile.encode`.
        case members([UInt8])
    }

    typealias Replace = @Sendable (_ directory: String, Content) throws(GuardedFileError) -> Void

    /// The content that came since the last write began: only the newest of each file.
    private struct Notes {
        var incarnation: Incarnation?
        var entitled: [NodeID: UInt64]?
        var members: [UInt8]?
        /// Whether a writer is scheduled or writing.
        var isScheduled = false
        var isClosed = false

        mutating func note(_ content: Content) {
            switch content {
            case .incarnation(let incarnation): self.incarnation = incarnation
            case .entitled(let entitled): self.entitled = entitled
            case .members(let members): self.members = members
            }
        }

        /// The next content to be written. The identity comes before the known members.
        mutating func next() -> Content? {
            if let incarnation = incarnation.take() { return .incarnation(incarnation) }
            if let entitled = entitled.take() { return .entitled(entitled) }
            if let members = members.take() { return .members(members) }
            return nil
        }
    }

    private let directory: String
    private let replace: Replace
    /// Held only while a value is copied.
    private let notes = Mutex(Notes())
    /// Held while files are written: never wait for it on a loop.
    private let disk = Mutex(())

    /// `replace` is a parameter, so that a test can have a slow disk.
    init(directory: String, replace: @escaping Replace = NodeFiles.replace) {
        self.directory = directory
        self.replace = replace
    }

    static func path(_ file: ClusterNotice.ForgottenFile, in directory: String) -> String {
        switch file {
        case .incarnation: "\(directory)/incarnation"
        case .entitled: "\(directory)/entitled"
        case .members: "\(directory)/members"
        }
    }

    /// Replaces the existing file. Blocks.
    static func replace(_ directory: String, _ content: Content) throws(GuardedFileError) {
        switch content {
        case .incarnation(let incarnation):
            try IncarnationFile.replace(path(.incarnation, in: directory), incarnation)
        case .entitled(let entitled):
            try EntitledFile.replace(path(.entitled, in: directory), entitled)
        case .members(let members):
            try MemberFile.replace(path(.members, in: directory), members)
        }
    }

    /// Writes now. Blocks.
    func write(_ content: Content) throws(ClusterError) {
        try disk.withLock { _ throws(ClusterError) in try writeAlone(content) }
    }

    /// Writes soon, without waiting for a disk. `report` receives a failure.
    func writeSoon(_ content: Content, report: @escaping @Sendable (ClusterError) -> Void) {
        let mustSchedule = notes.withLock { notes in
            guard !notes.isClosed else { return false }
            notes.note(content)
            defer { notes.isScheduled = true }
            return !notes.isScheduled
        }
        guard mustSchedule else { return }
        NIOThreadPool.singleton.submit { _ in
            self.disk.withLock { _ in self.writeNoted(report) }
        }
    }

    /// Writes the notes, then accepts no more. Blocks: content that another thread has begun to
    /// write is on disk too when this returns.
    func close(report: (ClusterError) -> Void) {
        disk.withLock { _ in
            notes.withLock { $0.isClosed = true }
            writeNoted(report)
        }
    }

    /// Removes the known members, written or about to be. Blocks.
    func forgetMembers() {
        disk.withLock { _ in
            notes.withLock { $0.members = nil }
            MemberFile.remove(Self.path(.members, in: directory))
        }
    }

    /// Writes until no note is left, including those that came during a write. The caller holds
    /// `disk`.
    private func writeNoted(_ report: (ClusterError) -> Void) {
        while let content = takeNext() {
            do throws(ClusterError) { try writeAlone(content) } catch { report(error) }
        }
    }

    /// If there is no note, the writer is done: the next note schedules another one.
    private func takeNext() -> Content? {
        notes.withLock { notes in
            let content = notes.next()
            if content == nil { notes.isScheduled = false }
            return content
        }
    }

    private func writeAlone(_ content: Content) throws(ClusterError) {
        do throws(GuardedFileError) {
            try replace(directory, content)
        } catch {
            throw .identity(path: error.path, reason: error.reason)
        }
    }
}
