import MembershipCore
import MembershipWire

/// The independent work of a node's shell: it asks seeds, and gives the node the time.
extension World {
    private static let seedStagger: Duration = .milliseconds(250)
    private static let clockInterval: Duration = .seconds(60)
    /// 2026-01-01, so that the wall clocks of a world show a real date.
    private static let wallClockOrigin: Int64 = 1_767_225_600_000_000_000

    mutating func startShell(host: Int, boot: Int, observer: inout some WorldObserver) {
        startNameWatch(host: host, boot: boot)
        for position in hosts[host].seeds.indices {
            hosts[host].seeds[position].pause = SeedPause(options.configuration)
            hosts[host].seeds[position].attempt = nil
            queue.schedule(
                .seedCheck(host: host, boot: boot, position: position),
                at: now + Self.seedStagger * position)
        }
    }

    mutating func checkSeed(
        at position: Int, host: Int, boot: Int, observer: inout some WorldObserver
    ) {
        guard isCurrent(host, boot), hosts[host].seeds.indices.contains(position) else { return }
        let seed = hosts[host].seeds[position].host
        guard hosts[host].phase == .running, !hosts[host].isLeaving, !isAlive(seed, inViewOf: host)
        else {
            hosts[host].seeds[position].pause = SeedPause(options.configuration)
            return queue.schedule(
                .seedCheck(host: host, boot: boot, position: position), at: now + options.seedCheck)
        }
        hosts[host].seeds[position].attempt = hosts[host].joinAttempts + 1
        join(host, by: seed, observer: &observer)
    }

    /// An attempt is over. Its seed is asked again after a pause.
    mutating func rest(after attempt: UInt64, isBusy: Bool = false, host: Int) {
        guard let position = hosts[host].seeds.firstIndex(where: { $0.attempt == attempt }) else {
            return
        }
        hosts[host].seeds[position].attempt = nil
        let range = hosts[host].seeds[position].pause.next(isBusy: isBusy)
        let pause = hostRandom.duration(from: range.lowerBound, through: range.upperBound)
        queue.schedule(
            .seedCheck(host: host, boot: hosts[host].boots, position: position), at: now + pause)
    }

    mutating func join(_ host: Int, by seed: Int, observer: inout some WorldObserver) {
        hosts[host].joinAttempts += 1
        feed(
            .join(hosts[seed].endpoint, attempt: hosts[host].joinAttempts), to: host,
            observer: &observer)
    }

    private mutating func isAlive(_ other: Int, inViewOf host: Int) -> Bool {
        let id = hosts[other].id
        return hosts[host].node?.holdsAlive(id) == true
    }

    mutating func readWallClock(host: Int, boot: Int, observer: inout some WorldObserver) {
        guard options.wallClockError != nil, isCurrent(host, boot) else { return }
        let jitter = hostRandom.duration(from: .zero, through: .seconds(1))
        queue.schedule(
            .clockReading(host: host, boot: boot), at: now + Self.clockInterval + jitter)
        guard hosts[host].phase == .running else { return }
        let error = hosts[host].wallClockError.nanoseconds
        let reading = Self.wallClockOrigin + now.nanoseconds + error
        feed(.clock(unixNanoseconds: reading), to: host, observer: &observer)
    }
}

extension ClusterNode {
    /// Changes nothing, but is declared mutating: reading a large value through an optional would
    /// copy it.
    fileprivate mutating func holdsAlive(_ id: NodeID) -> Bool { view.table[id]?.state == .alive }
}
