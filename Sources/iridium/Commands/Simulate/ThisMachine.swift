import IridiumNode
import LibC
import MembershipSimulator

/// The resources of this machine that a simulation uses.
enum ThisMachine {
    /// Number of active processors.
    static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    static var meter: Meter {
        Meter(
            processorTime: {
                var time = timespec()
                clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
                return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
            },
            peakMemory: {
                var usage = rusage()
                // RUSAGE_SELF, whose type differs between systems.
                getrusage(.init(0), &usage)
                return Int(usage.ru_maxrss) * 1_024
            },
            memory: { residentBytes() })
    }

    /// The second number of `/proc/self/statm`, in pages; 0 if there is no such file.
    private static func residentBytes() -> Int {
        let bytes = (try? SystemCall.read("/proc/self/statm", limit: 4_096)) ?? []
        let words = bytes.split(separator: UInt8(ascii: " "))
        guard words.count > 1, let pages = Int(String(decoding: words[1], as: UTF8.self)) else {
            return 0
        }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
