import IridiumNode
import IridiumShell
import LibC
import Synchronization
import SystemPackage

/// Checks the limits of this process before the first thread is made.
///
/// SwiftNIO and the Swift runtime trap if the system denies them a file, a thread or memory. So what
/// a node needs is taken and given back here, where a lack of it can still be reported.
enum ProcessRoom {
    /// Event loops, tasks, the writer of lines, the thread that waits for signals.
    private static let threads = 8
    /// Address space: stacks of threads, and arenas of the allocator.
    private static let memory = 192 << 20

    /// Fails if a node could not run. [IR-19]
    static func requireForNode() throws(IridiumError) {
        try OpenFiles.requireRoom()
        try requireMemory()
        try requireThreads()
    }

    private static func requireMemory() throws(IridiumError) {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | noReserve
        let room = mmap(nil, memory, PROT_NONE, Int32(flags), -1, 0)
        guard room != MAP_FAILED else {
            throw .systemLimit(
                "cannot reserve \(memory >> 20) MiB of address space: \(Errno.last.text)",
                try: "ulimit -v unlimited")
        }
        munmap(room, memory)
    }

    private static func requireThreads() throws(IridiumError) {
        let gate = Gate()
        defer { gate.open() }
        for _ in 0..<threads where !ConsoleThread.start({ gate.wait() }) {
            throw .systemLimit(
                "cannot start a thread: \(Errno.resourceTemporarilyUnavailable.text)",
                try: "more processes for this user: ulimit -u, or TasksMax of its service")
        }
    }

    /// Threads wait at it, so that all exist at once.
    private final class Gate: Sendable {
        private let isOpen = Mutex(false)

        func open() { isOpen.withLock { $0 = true } }

        func wait() { while !isOpen.withLock({ $0 }) { usleep(200) } }
    }

    private static var noReserve: Int32 {
        #if os(Linux)
            Int32(MAP_NORESERVE)
        #else
            0
        #endif
    }
}
