import Testing

@testable import Membership

struct `Configurations that cannot mean what they say` {
    private func configuration(
        _ change: (inout ClusterConfiguration) -> Void
    ) -> ClusterConfiguration {
        var configuration = ClusterConfiguration(
            bind: .anyLoopbackPort, key: .generated(SharedClusterKey()))
        change(&configuration)
        return configuration
    }

    private func expectRefused(
        _ option: String, _ change: (inout ClusterConfiguration) -> Void
    ) {
        let error = #expect(throws: ClusterError.self) { try configuration(change).check() }
        guard case .invalidConfiguration(option, _) = error else {
            Issue.record("\(option): \(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["", String(repeating: "x", count: 129), "a\nb", "\u{1B}[2J", "a\u{202E}b"])
    func `a cluster name is short and can be shown`(name: String) {
        expectRefused("clusterName") { $0.clusterName = name }
    }

    @Test func `a reader may be behind by one event at least`() {
        expectRefused("eventCapacity") { $0.eventCapacity = 0 }
        expectRefused("eventCapacity") { $0.eventCapacity = -5 }
    }

    @Test func `a state directory is for a node with a name`() {
        expectRefused("stateDirectory") { $0.stateDirectory = "/tmp" }
        expectRefused("stateDirectory") {
            $0.name = .random()
            $0.stateDirectory = ""
        }
    }

    @Test func `a seed has a host`() {
        expectRefused("seeds") { $0.seeds = [HostAndPort(host: "", port: 1)] }
    }

    @Test func `a key of zeros is none`() async {
        let zero = configuration { $0.key = .bytes([UInt8](repeating: 0, count: 32)) }
        await #expect(throws: ClusterError.self) { try await Cluster(configuration: zero).start() }
    }

    @Test func `the defaults are legal`() {
        #expect(throws: Never.self) { try configuration { _ in }.check() }
    }
}

struct `Warnings about members` {
    private let start = Duration.seconds(1_000)

    @Test func `one subject is warned about once a minute`() {
        var limit = WarningLimit()
        #expect(admit(&limit, 1, at: start) == 0)
        for second in 1..<60 { #expect(admit(&limit, 1, at: start + .seconds(second)) == nil) }
        #expect(admit(&limit, 1, at: start + .seconds(60)) == 59)
    }

    @Test func `a thousand subjects in four seconds are a few lines`() {
        var limit = WarningLimit()
        let said = (0..<1_000).compactMap {
            admit(&limit, UInt64($0), at: start + .milliseconds(4 * $0))
        }
        #expect((20...24).contains(said.count))
        #expect(
            admit(&limit, 5_000, at: start + .seconds(10)) == 1_000 - said.count - said.reduce(0, +)
        )
    }

    private func admit(_ limit: inout WarningLimit, _ member: UInt64, at now: Duration) -> Int? {
        limit.admits(NodeID(member), "states a name that is another's", at: now)
    }
}
