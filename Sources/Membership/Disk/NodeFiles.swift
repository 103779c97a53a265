internal import MembershipSecurity
import MembershipWire
import NIOPosix
import Synchronization

/// Writes down what must outlive a running node, on threads that may wait for a disk.
///
/// The event loop leaves a note of the newest content and goes on; one writer at a time takes what is
/// noted and writes it, until nothing is left. A disk may take a second for each file, or never answer:
/// then notes replace each other, one thread of the pool waits, and the node knows nothing of it. So
/// there are two locks, and the loop takes only the one that nobody holds over a write.
final class NodeFiles: Sendable {
    /// What one file holds from now on.
    enum Content: Sendable {
        case incarnation(Incarnation)
        /// Who may fetch keys by a retired one.
        case entitled([NodeID: UInt64])
        /// As `MemberFile.encode` has made them.
        case members([UInt8])
    }

    typealias Replace = @Sendable (_ directory: String, Content) throws(GuardedFileError) -> Void

    /// What came since the last write began: of each file only the newest.
    private struct Notes {
        var incarnation: Incarnation?
        var entitled: [NodeID: UInt64]?
        var members: [UInt8]?
        /// Whether somebody is on the way to write them, or writes.
        var isScheduled = false
        var isClosed = false

        mutating func note(_ content: Content) {
            switch content {
            case .incarnation(let incarnation): self.incarnation = incarnation
            case .entitled(let entitled): self.entitled = entitled
            case .members(let members): self.members = members
            }
        }

        /// What is to be written next. Who the node is comes before whom it knows.
        mutating func next() -> Content? {
            if let incarnation = incarnation.take() { return .incarnation(incarnation) }
            if let entitled = entitled.take() { return .entitled(entitled) }
            if let members = members.take() { return .members(members) }
            return nil
        }
    }

    private let directory: String
    private let replace: Replace
    /// Held for no longer than it takes to copy a value.
    private let notes = Mutex(Notes())
    /// Held while files are written: never wait for it on a loop.
    private let disk = Mutex(())

    /// `replace` is given, so that a disk can be slow in a test.
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

    /// Puts it in place of what is there. Blocks.
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

    /// Writes soon; waits for no disk. `report` is told of a failure.
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

    /// Writes what is noted, then nothing more. Blocks: what another thread has begun to write is on
    /// disk too when this returns.
    func close(report: (ClusterError) -> Void) {
        disk.withLock { _ in
            notes.withLock { $0.isClosed = true }
            writeNoted(report)
        }
    }

    /// Removes whom the node knew, written or about to be. Blocks.
    func forgetMembers() {
        disk.withLock { _ in
            notes.withLock { $0.members = nil }
            MemberFile.remove(Self.path(.members, in: directory))
        }
    }

    /// Until nothing is left, what came during a write included. For who holds `disk`.
    private func writeNoted(_ report: (ClusterError) -> Void) {
        while let content = takeNext() {
            do throws(ClusterError) { try writeAlone(content) } catch { report(error) }
        }
    }

    /// Who finds nothing more is no longer on the way: the next note sends somebody again.
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
