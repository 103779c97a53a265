import Membership
import NIOCore
import NIOPosix

/// Runs the tasks of a process that is mostly at rest on threads of SwiftNIO.
///
/// The usual ones are libdispatch's. From its first work on, libdispatch looks at its threads once a
/// second, and work after five seconds of rest needs a new thread (Linux). An agent would use more
/// time for that than for its heartbeats. A task stays on the thread that made it ready, so this is
/// not for processes that compute.
package enum TaskThreads {
    /// Two, so that one task that blocks does not hold up all others.
    private static let count = 2

    /// Call it once, before the first task. Where the runtime does not allow it, or too few files may be
    /// open for the threads, tasks run as usual.
    package static func takeOver() {
        guard (try? OpenFiles.requireRoom()) != nil else { return }
        NIOSingletons.groupLoopCountSuggestion = count
        _ = NIOSingletons.unsafeTryInstallSingletonPosixEventLoopGroupAsConcurrencyGlobalExecutor()
    }

    /// Waits without libdispatch. Returns false if the task was cancelled meanwhile.
    package static func rest(for duration: Duration) async -> Bool {
        await Membership.rest(duration, on: MultiThreadedEventLoopGroup.singleton.any())
    }
}
