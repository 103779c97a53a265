import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#endif

/// Gives memory back to the system after much of it was needed for a moment: what the allocator keeps
/// would else look like a leak for as long as the process runs.
struct FreeMemory {
    /// Worth a call: it takes milliseconds, on another thread.
    static let worthwhile = 4 << 20

    private var freed = 0
    private var isScheduled = false

    /// So many bytes have just become free. True if `giveBack` is to be called soon.
    mutating func note(_ bytes: Int) -> Bool {
        freed += bytes
        guard freed >= Self.worthwhile, !isScheduled else { return false }
        isScheduled = true
        return true
    }

    mutating func gaveBack() { self = FreeMemory() }

    static func giveBack() {
        #if canImport(Glibc)
            // Its header is not part of the module.
            typealias Trim = @convention(c) (Int) -> CInt
            guard let function = dlsym(nil, "malloc_trim") else { return }
            _ = unsafeBitCast(function, to: Trim.self)(0)
        #endif
    }
}

extension NodeRunner {
    /// What a stream brought is no longer needed.
    func memoryBecameFree(_ bytes: Int) {
        guard freeMemory.note(bytes) else { return }
        let runner = NIOLoopBound(self, eventLoop: loop)
        // The core lets go of it in the meantime.
        loop.scheduleTask(in: .seconds(1)) {
            runner.value.freeMemory.gaveBack()
            NIOThreadPool.singleton.submit { _ in FreeMemory.giveBack() }
        }
    }
}
