import Dispatch
import MembershipSecurity
import MembershipWire
import Synchronization
import Testing

@testable import Membership

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@Suite(.timeLimit(.minutes(10)))
struct NodeFilesTests {
    /// A disk whose first write takes as long as the test says.
    private final class SlowDisk: Sendable {
        private let written = Mutex<[String]>([])
        private let begun = DispatchSemaphore(value: 0)
        private let released = DispatchSemaphore(value: 0)

        var contents: [String] { written.withLock { $0 } }

        func write(_ content: NodeFiles.Content) {
            begun.signal()
            // Whoever waits for us meanwhile finds something written where nothing should be.
            _ = released.wait(timeout: .now() + 5)
            released.signal()
            written.withLock { $0.append("\(content)") }
        }

        func waitUntilBusy() -> Bool { begun.wait(timeout: .now() + 30) == .success }
        func goOn() { released.signal() }
    }

    private func makeFiles(on disk: SlowDisk) -> NodeFiles {
        NodeFiles(directory: "nowhere") { _, content in disk.write(content) }
    }

    private func incarnation(_ number: UInt64) throws -> Incarnation {
        try #require(Incarnation(number))
    }

    @Test func `nobody who saves waits for a disk, and of many values the newest is written`()
        throws
    {
        let disk = SlowDisk()
        let files = makeFiles(on: disk)
        files.writeSoon(.incarnation(try incarnation(1))) { _ in }
        #expect(disk.waitUntilBusy())
        // The first write is under way and ends only after all of these have returned.
        for number in UInt64(2)...50 {
            files.writeSoon(.incarnation(try incarnation(number))) { _ in }
        }
        files.writeSoon(.members([1])) { _ in }
        #expect(disk.contents.isEmpty)
        disk.goOn()
        files.close { _ in }
        let expected: [NodeFiles.Content] = [
            .incarnation(try incarnation(1)), .incarnation(try incarnation(50)), .members([1]),
        ]
        #expect(disk.contents == expected.map { "\($0)" })
        files.writeSoon(.incarnation(try incarnation(51))) { _ in }
        files.close { _ in }
        #expect(disk.contents.count == 3, "nothing is written to a directory that is let go of")
    }

    @Test func `who forgets the members waits until they are written, and removes them`() throws {
        let folder = try TemporaryFolder()
        let disk = SlowDisk()
        let files = NodeFiles(directory: folder.path) {
            (directory, content) throws(GuardedFileError) in
            disk.write(content)
            try NodeFiles.replace(directory, content)
        }
        files.writeSoon(.members([1])) { _ in }
        #expect(disk.waitUntilBusy())
        files.writeSoon(.members([2])) { _ in }
        disk.goOn()
        files.forgetMembers()
        files.close { _ in }
        #expect(access("\(folder.path)/members", F_OK) != 0)
    }

    @Test func `a file that cannot be written is told, and the others are written all the same`()
        throws
    {
        let folder = try TemporaryFolder()
        let files = NodeFiles(directory: folder.path) {
            (directory, content) throws(GuardedFileError) in
            if case .incarnation = content {
                throw .cannotWrite(path: directory, SystemError(errno: ENOSPC))
            }
            try NodeFiles.replace(directory, content)
        }
        let told = Mutex<[ClusterError]>([])
        files.writeSoon(.incarnation(.first)) { error in told.withLock { $0.append(error) } }
        files.writeSoon(.entitled([NodeID(1): 7])) { error in told.withLock { $0.append(error) } }
        files.close { error in told.withLock { $0.append(error) } }
        #expect(told.withLock { $0.count } == 1)
        #expect(try EntitledFile.read("\(folder.path)/entitled") == [NodeID(1): 7])
    }
}
