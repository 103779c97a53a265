internal import CShims
import Membership
import NIOCore
import NIOPosix

/// Runs the tasks of a process that is mostly at rest on threads of SwiftNIO.
///
/// The usual ones are libdispatch's. From its first work on, libdispatch looks at its threads once a
/// second, and work after five seconds of rest needs a new thread (Linux). An agent would use more
/// time for that than for its heartbeats. A task stays on the thread that made it ready, so this is
/// not for processes that compute.
///
/// SwiftNIO has a function for this. It looks the hook of the runtime up by name while the process runs,
/// and finds none in a program that contains the runtime (`--static-swift-stdlib`): its linking hides all
/// names of archives. Here the linker finds it.
package enum TaskThreads {
    /// Two, so that one task that blocks does not hold up all others.
    private static let count = 2

    /// Call it once, before the first task. Where the runtime does not allow it, or too few files may be
    /// open for the threads, tasks run as usual. Returns whether they run on SwiftNIO's threads.
    @discardableResult
    package static func takeOver() -> Bool {
        // SwiftNIO knows the hook up to this compiler, too.
        #if os(Linux) && compiler(<6.4)
            guard (try? OpenFiles.requireRoom()) != nil else { return false }
            NIOSingletons.groupLoopCountSuggestion = count
            let hook: Hook = { job, _ in
                // A loop of the group that makes a task ready gets it itself.
                MultiThreadedEventLoopGroup.singleton.any().enqueue(ExecutorJob(job))
            }
            return iridium_install_task_hook(
                unsafeBitCast(hook, to: UnsafeMutableRawPointer.self))
        #else
            return false
        #endif
    }

    /// A ready task, and what would run it otherwise.
    private typealias Hook =
        @convention(thin) (UnownedJob, @convention(thin) (UnownedJob) -> Void) -> Void

    /// Waits without libdispatch. Returns false if the task was cancelled meanwhile.
    package static func rest(for duration: Duration) async -> Bool {
        await Membership.rest(duration, on: MultiThreadedEventLoopGroup.singleton.any())
    }
}
