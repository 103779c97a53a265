import Glibc
import Membership
import NIOPosix

/// Many members in one process, on one event loop for each core, with their sockets on loopback.
let words = CommandLine.arguments.dropFirst()
guard words.count <= 2,
    let count = Int(words.first ?? "500"), (2...100_000).contains(count),
    let seconds = Int(words.dropFirst().first ?? "60"), (1...86_400).contains(seconds)
else {
    let usage = "usage: scripts/bench/clusters [MEMBERS, 2 to 100000 [SECONDS at rest, 1 to 86400]]\n"
    _ = Array(usage.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    exit(64)
}
let settling = Duration.seconds(30)
let limit = Duration.seconds(120)

raiseFileLimit()
let before = Footprint.now()
let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)
let key = SharedClusterKey()

var clusters: [Cluster] = []
var seeds: [HostAndPort] = []
let clock = ContinuousClock()
let began = clock.now
for number in 0..<count {
    var configuration = ClusterConfiguration(
        name: try NodeAlias(parsing: "m\(number)"),
        bind: Endpoint(.v4(0x7F00_0001), port: 0), key: .generated(key))
    configuration.seeds = seeds
    let cluster = Cluster(configuration: configuration, eventLoopGroup: loops)
    try await cluster.start()
    clusters.append(cluster)
    let endpoint = cluster.localMember.endpoint
    if seeds.count < 3 {
        seeds.append(HostAndPort(host: endpoint.address.description, port: endpoint.port))
    }
}
let started = clock.now
try await waitForAll(clusters, living: count)
let converged = clock.now

try await Task.sleep(for: settling)
let restBegan = (processor: processorSeconds(), at: clock.now)
try await Task.sleep(for: .seconds(seconds))
let used = processorSeconds() - restBegan.processor
let minutes = (clock.now - restBegan.at) / .seconds(60)
let footprint = Footprint.now()
let suspected = clusters.reduce(0) { sum, cluster in
    sum + cluster.members.filter { $0.state != .alive }.count
}

let victim = clusters.remove(at: count / 2)
let killed = clock.now
await victim.abandon()
try await waitForAll(clusters, living: count - 1)
let known = clock.now

let memory = Double(footprint.residentKibibytes - before.residentKibibytes) / Double(count)
let files = Double(footprint.descriptors - before.descriptors) / Double(count)
print("members in one process                  \(count)")
print("all started after                       \(tenths(started - began)) s")
print("all know all after                      \(tenths(converged - began)) s")
print("processor at rest, a minute and member  \(tenThousandths(used / minutes / Double(count))) s")
print("members not alive at rest               \(suspected)")
print("resident memory of a member             \(Int(memory.rounded())) KiB")
print("descriptors of a member                 \(tenths(files))")
print("a death is known to all after           \(tenths(known - killed)) s")
exit(0)

/// Looks at one after the other, so that looking costs little while they work.
func waitForAll(_ clusters: [Cluster], living count: Int) async throws {
    let deadline = clock.now + limit
    for cluster in clusters {
        while cluster.members.count(where: \.isLiving) != count {
            guard clock.now < deadline else {
                print("FAIL: \(cluster.localMember.name) does not know \(count) after \(tenths(limit)) s")
                exit(1)
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// Two sockets a member, and connections while they join.
func raiseFileLimit() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

/// Of this process so far.
func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The memory and the descriptors of this process.
struct Footprint {
    let residentKibibytes: Int
    let descriptors: Int

    static func now() -> Footprint {
        Footprint(residentKibibytes: status("VmRSS:"), descriptors: openFiles())
    }

    private static func status(_ key: String) -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split { $0 == " " || $0 == "\t" || $0 == "\n" }
            if words.count > 1, words[0] == key { return Int(words[1]) ?? 0 }
        }
        return 0
    }

    private static func openFiles() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }
}

func tenths(_ duration: Duration) -> String { tenths(duration / .seconds(1)) }

func tenths(_ value: Double) -> String { decimal(value, places: 1) }

func tenThousandths(_ value: Double) -> String { decimal(value, places: 4) }

func decimal(_ value: Double, places: Int) -> String {
    var unit = 1
    for _ in 0..<places { unit *= 10 }
    let scaled = Int((value * Double(unit)).rounded())
    let rest = String(scaled % unit)
    return "\(scaled / unit).\(String(repeating: "0", count: places - rest.count))\(rest)"
}
