import NIOPosix

/// Work that may block on a disk or a name server, on a separate thread.
package enum BlockingWork {
    /// nil if the process ends.
    package static func run<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value
    ) async -> Value? {
        try? await NIOThreadPool.singleton.runIfActive(work)
    }
}
