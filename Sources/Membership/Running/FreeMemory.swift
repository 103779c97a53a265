internal import CShims
import NIOCore
import NIOPosix

/// Returns memory to the system after a short period of high use. Otherwise the memory kept by the
/// allocator would look like a leak as long as the process runs.
struct FreeMemory {
    /// The amount that justifies a call, which takes milliseconds on another thread.
    static let worthwhile = 4 << 20

    private var freed = 0
    private var isScheduled = false

    /// `bytes` have just become free. Returns true if `giveBack` is to be called soon.
    mutating func note(_ bytes: Int) -> Bool {
        freed += bytes
        guard freed >= Self.worthwhile, !isScheduled else { return false }
        isScheduled = true
        return true
    }

    mutating func gaveBack() { self = FreeMemory() }

    static func giveBack() {
        #if canImport(Glibc)
            _ = malloc_trim(0)
        #endif
    }
}

extension NodeRunner {
    /// The content of a stream is no longer needed.
    func memoryBecameFree(_ bytes: Int) {
        guard freeMemory.note(bytes) else { return }
        let runner = NIOLoopBound(self, eventLoop: loop)
        // The core releases it in the meantime.
        loop.scheduleTask(in: .seconds(1)) {
            runner.value.freeMemory.gaveBack()
            NIOThreadPool.singleton.submit { _ in FreeMemory.giveBack() }
        }
    }
}
