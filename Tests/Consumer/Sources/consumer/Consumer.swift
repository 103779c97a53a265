import Membership

/// Two members in one process: one starts a cluster, the other joins it and says goodbye again.
///
/// This is all that a program needs to know: a configuration, `start`, `join`, `events`, `members` and
/// `leave`. Ends with an error if either did not see what it should.
@main
struct Consumer {
    static func main() async throws {
        let key = SharedClusterKey()
        let north = Cluster(configuration: try configuration("north", key))
        let south = Cluster(configuration: try configuration("south", key))
        try await north.start()
        try await south.start()

        async let seenByNorth = watch(north, untilLeft: south.localMember.id)
        async let seenBySouth = watch(south, untilLeft: north.localMember.id)

        let address = north.localMember.endpoint
        let report = try await south.join([HostAndPort(host: "127.0.0.1", port: address.port)])
        print("joined \(report.members) members, heartbeats pass: \(report.udpWorks)")
        for cluster in [north, south] {
            let alive = cluster.members.filter { $0.state == .alive }.map(\.name.text)
            print("\(cluster.localMember.name) lists \(alive.sorted().joined(separator: ", "))")
            guard alive.count == 2 else { throw Failure.incomplete }
        }

        await south.leave()
        guard await seenByNorth.suffix(2) == ["joined south", "left south"] else {
            throw Failure.unseen
        }
        await north.leave()
        guard await seenBySouth.contains("joined north") else { throw Failure.unseen }
        print("done")
    }

    /// Any free port of 127.0.0.1, and a key that never leaves this process.
    static func configuration(
        _ name: String, _ key: SharedClusterKey
    ) throws -> ClusterConfiguration {
        ClusterConfiguration(
            name: try NodeAlias(parsing: name),
            bind: Endpoint(.v4(0x7F00_0001), port: 0),
            key: .generated(key))
    }

    /// Prints what a member learns, until it learns that another has left, or has stopped itself.
    static func watch(_ cluster: Cluster, untilLeft other: NodeID) async -> [String] {
        let observer = cluster.localMember.name
        var seen: [String] = []
        for await event in cluster.events {
            switch event {
            case .snapshot(let members):
                print("\(observer): knows \(members.map(\.name.text).joined(separator: ", "))")
                seen += members.filter { !$0.isSelf }.map { "joined \($0.name)" }
            case .joined(let member):
                print("\(observer): \(member.name) joined from \(member.endpoint)")
                seen.append("joined \(member.name)")
            case .left(let member):
                print("\(observer): \(member.name) left")
                seen.append("left \(member.name)")
                if member.id == other { return seen }
            default:
                print("\(observer): \(event)")
            }
        }
        return seen
    }
}

/// What a member should have seen and did not.
enum Failure: Error {
    case incomplete, unseen
}
