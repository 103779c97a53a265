// swift-format-ignore-file
// Written by scripts/check-doc-code from README.md, the articles and the comments of the libraries. Do not edit.
import Logging
import Membership
import MembershipTesting
import ServiceLifecycle
import UnixSignals

// ChoosingTolerance.md, line 12
func choosingTolerance1(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    configuration.profile = .lan
    configuration.tolerance = .seconds(5)
    _ = configuration
}

// ComingFrom.md, line 55
func comingFrom2(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    configuration.profile = .wan
    configuration.tolerance = .seconds(5)
    _ = configuration
}

// Discovery.md, line 13
func discovery3(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    configuration.seeds = ["10.0.0.5", "10.0.0.6:2254"]
    configuration.discovery = [
        .dns("app.internal"),                   // all its addresses, IPv4 and IPv6
        .srv("_iridium._udp.app.internal"),     // hosts and ports
        .file("/etc/app/seeds"),                // one a line
        .from("catalogue") { ["10.1.0.1:2254"] },
    ]
    configuration.seedRefresh = .seconds(15)
    _ = configuration
}

// Discovery.md, line 33
func discovery4(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    struct Catalogue: SeedProvider {
        let service: String
        func seeds() async throws -> [HostAndPort] {
            // Ask the catalogue of services here. A nil port means 2254.
            [HostAndPort(host: "\(service).internal", port: nil)]
        }
    }
    configuration.discovery.append(Catalogue(service: "app"))
    _ = configuration
}

// EventsAndState.md, line 15
func eventsAndState5(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let living = cluster.view.living
    let preferred = living.filter { $0.state == .alive }
    _ = configuration
}

// EventsAndState.md, line 25
func eventsAndState6(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    for await event in cluster.events {
        switch event {
        case .snapshot(let members), .lagged(_, let members):
            logger.info("\(members.count) members")
        case .joined, .recovered, .suspected, .failed, .left:
            logger.info("\(event)")
        default:
            break
        }
    }
    _ = configuration
}

// EventsAndState.md, line 49
func eventsAndState7(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await cluster.waitUntil(within: .seconds(10)) { view in
        view["db-1"]?.state == .alive
    }
    _ = configuration
}

// EventsAndState.md, line 62
func eventsAndState8(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let member = cluster.view["db-1"]
    if let member {
        try await cluster.send(Array("flush".utf8), type: 7, to: member.id)
    }
    for await element in cluster.messages(type: 7) {
        switch element {
        case .message(let message):
            logger.info("\(message.from) says \(message.payload.count) bytes")
        case .lost(let count):
            logger.warning("\(count) messages were missed")
        default:
            break
        }
    }
    _ = configuration
}

// EventsAndState.md, line 83
func eventsAndState9(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    async let service: Void = cluster.serve(type: 9) { message in
        Array("\(message.payload.count) bytes".utf8)
    }
    if let owner = cluster.view.owners(of: "user/42".utf8).first {
        let answer = try await cluster.request(Array("get".utf8), type: 9, of: owner.id, within: .seconds(2))
        logger.info("\(answer.count) bytes")
    }
    try await service
    _ = configuration
}

// EventsAndState.md, line 100
func eventsAndState10(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await cluster.updateState { state in
        state["ready"] = Array("yes".utf8)
        state["shard/7"] = nil
    }
    let ready = cluster.states.values(of: "ready").count
    logger.info("\(ready) members are ready")
    for await change in cluster.stateChanges(prefix: "shard/") {
        logger.info("\(change)")
    }
    _ = configuration
}

// EventsAndState.md, line 123
func eventsAndState11(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    if cluster.view.leader(atLeast: 3)?.isSelf == true {
        // Compact, clean up, send the daily mail.
    }
    _ = configuration
}

// GettingStarted.md, line 20
func gettingStarted12(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = ClusterConfiguration(
        name: "api-1", bind: "10.0.0.7:2254", key: .file("/etc/app/cluster.key"))
    configuration.discovery = [.dns("app.internal")]
    configuration.stateDirectory = "/var/lib/app"

    try await withCluster(configuration, logger: logger) { cluster in
        let view = try await cluster.waitUntil(living: 3, within: .seconds(30))
        print(view)
    }
    _ = configuration
}

// GettingStarted.md, line 44
func gettingStarted13(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await cluster.setTags(["role": "web", "http": "8080"])
    let web = cluster.view.living.filter { $0.tags?["role"] == "web" }
    _ = configuration
}

// GettingStarted.md, line 52
func gettingStarted14(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    configuration.metadata = (["role": "web", "http": "8080"] as Tags).metadata
    _ = configuration
}

// GettingStarted.md, line 58
func gettingStarted15(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let owner = cluster.view.owners(of: "user/42".utf8, where: { $0.tags?["role"] == "web" }).first
    _ = configuration
}

// HowMembershipWorks.md, line 47
func howMembershipWorks16(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let view = cluster.view
    if view.isAgreed {
        logger.info("\(view.living.count) members, and all agree")
    } else {
        logger.info("\(view.agreeing) of \(view.heardFrom) others agree")
    }
    _ = configuration
}

// Membership.md, line 12
func membership17(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = ClusterConfiguration(bind: "10.0.0.7:2254", key: .file("/etc/app/cluster.key"))
    configuration.discovery = [.dns("app.internal")]
    try await withCluster(configuration) { cluster in
        for await event in cluster.events { print(event) }
    }
    _ = configuration
}

// Operating.md, line 11
func operating18(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let status = await cluster.status()
    let living = (status.counts[.alive] ?? 0) + (status.counts[.suspect] ?? 0)
    let isReady = living >= 2 && status.agreeing == status.heardFrom
    logger.info("\(living) members, health \(status.health), ready: \(isReady)")
    for refusal in status.refused { logger.warning("refused \(refusal.count): \(refusal.reason)") }
    _ = configuration
}

// Operating.md, line 56
func operating19(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let trips = await cluster.status().roundTrips
    for (bound, count) in zip(trips.bounds, trips.counts) { print("\(count) up to \(bound)") }
    _ = configuration
}

// SecurityAndKeys.md, line 22
func securityAndKeys20(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    configuration.key = .file("/etc/app/cluster.key")          // must exist, mode 0600 or readable by its group
    configuration.key = .fileCreatedIfMissing("cluster.key")   // made at the first start
    configuration.key = .credential("/run/credentials/app/cluster.key")   // from a service manager, never written
    configuration.key = .generated(SharedClusterKey())         // for the clusters of one process: tests
    _ = configuration
}

// SecurityAndKeys.md, line 39
func securityAndKeys21(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let report = try await cluster.rotateKeys(grace: .seconds(86_400)) { progress in
        logger.info("\(progress.stage.rawValue): \(progress.confirmed) of \(progress.members)")
    }
    logger.info("version \(report.version), confirmed by \(report.confirmed.count)")
    _ = configuration
}

// ServicesAndShutdown.md, line 12
func servicesAndShutdown22(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let group = ServiceGroup(
        services: [server, cluster, reader],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    try await group.run()
    _ = configuration
}

// ServicesAndShutdown.md, line 32
func servicesAndShutdown23(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await cluster.setTags(["work": "closing"])
    try await cluster.waitUntil(within: .seconds(2)) { $0.isAgreed }
    _ = configuration
}

// ServicesAndShutdown.md, line 45
func servicesAndShutdown24(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await cluster.waitUntil(living: 1)
    try await cluster.setTags(["http": "\(port)"])
    _ = configuration
}

// ServicesAndShutdown.md, line 60
func servicesAndShutdown25(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    await cluster.leave(patience: .milliseconds(200))
    _ = configuration
}

// Testing.md, line 23
func testing26(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    actor Shards {
        private let cluster: any ClusterMembership
        private(set) var mine: [String] = []

        init(_ cluster: any ClusterMembership) { self.cluster = cluster }

        func run(_ shards: [String]) async {
            for await event in cluster.events where event.member != nil || event.snapshot != nil {
                let view = cluster.view
                mine = shards.filter { view.owners(of: $0.utf8).first?.isSelf == true }
            }
        }
    }
    _ = configuration
}

// Testing.md, line 45
func testing27(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let scripted = ScriptedCluster("a")
    scripted.join("b", tags: ["role": "web"])
    let watching = Task {
        for await event in scripted.events { logger.info("\(event)") }
    }
    try await scripted.settle()
    scripted.suspect("b")
    scripted.fail("b")
    try await scripted.settle()      // both events are handled now
    await scripted.leave()
    await watching.value
    _ = configuration
}

// Testing.md, line 65
func testing28(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let scripted = ScriptedCluster("a")
    let b = scripted.join("b")
    scripted.answer(type: 7) { request in request.payload + [0] }
    let answer = try await scripted.request([1], type: 7, of: b.id)
    scripted.answer(type: 7) { _ in throw ClusterError.memberUnreachable(b.id) }
    logger.info("\(answer), \(scripted.sent.count) sent")
    _ = configuration
}

// Testing.md, line 81
func testing29(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await withTestCluster(nodes: 3) { c in
        await c.kill(1)                  // like a crash
        try await c.converge()           // the others know
        await c.partition([0], [2])      // no datagram and no byte of a stream passes
        try await c.converge()           // each side knows itself alone
        await c.heal()
        try await c.restart(1)           // the same member, another process
        try await c.converge()           // all know all
    }
    _ = configuration
}

// Testing.md, line 98
func testing30(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await withTestCluster(
        nodes: 2,
        configure: { node, configuration in
            configuration.metadata = (["number": "\(node)"] as Tags).metadata
            configuration.tolerance = .seconds(2)
        }
    ) { c in
        logger.info("\(c[0].view)")
    }
    _ = configuration
}

// Cluster+Scope.swift
func clusterScope31(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await withCluster(configuration, logger: logger) { cluster in
        try await cluster.waitUntil(living: 3, within: .seconds(10))
        for await event in cluster.events { print(event) }
    }
    _ = configuration
}

// Cluster.swift
func cluster32(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let cluster = Cluster(configuration: ClusterConfiguration(key: .file("cluster.key")))
    try await cluster.start()
    _ = try await cluster.join([HostAndPort(host: "10.0.0.5", port: 2254)])
    for await event in cluster.events { print(event) }
    _ = configuration
}

// ClusterMembership.swift
func clusterMembership33(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    struct Router {
        let cluster: any ClusterMembership
        func owner(of user: String) -> Member? { cluster.view.owners(of: user.utf8).first }
    }
    _ = configuration
}

// SeedProvider.swift
func seedProvider34(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    configuration.discovery = [.dns("app.internal"), .file("/etc/app/seeds")]
    _ = configuration
}

// Cluster+Messages.swift
func clusterMessages35(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    for await element in cluster.messages(type: 7) {
        guard case .message(let message) = element else { continue }
        print("\(message.from): \(message.payload.count) bytes")
    }
    _ = configuration
}

// Cluster+Requests.swift
func clusterRequests36(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await cluster.serve(type: 7) { message in
        Array("hello, \(message.from)".utf8)
    }
    _ = configuration
}

// Cluster+State.swift
func clusterState37(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await cluster.updateState { $0["ready"] = Array("yes".utf8) }
    _ = configuration
}

// Tags.swift
func tags38(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await cluster.setTags(["role": "web", "http": "8080"])
    let web = cluster.view.living.filter { $0.tags?["role"] == "web" }
    _ = configuration
}

// ScriptedCluster+Settling.swift
func scriptedClusterSettling39(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let cluster = ScriptedCluster("a")
    let reading = Task { for await event in cluster.events { print(event) } }
    try await cluster.settle()     // it reads
    cluster.join("b")
    try await cluster.settle()     // it has handled the arrival
    reading.cancel()
    _ = configuration
}

// ScriptedCluster.swift
func scriptedCluster40(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let cluster = ScriptedCluster("a")
    cluster.join("b", tags: ["role": "worker"])
    cluster.fail("b")
    _ = configuration
}

// TestCluster.swift
func testCluster41(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await withTestCluster(nodes: 3) { c in
        await c.kill(1)
        try await c.converge()
        await c.partition([0], [2])
        try await c.converge()
        await c.heal()
        try await c.converge()
    }
    _ = configuration
}

// README.md
func readme42(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = ClusterConfiguration(
        name: "api-1", bind: "10.0.0.7:2254", key: .file("/etc/iridium/cluster.key"))
    configuration.discovery = [.dns("api.internal")]          // every address; looked up again and again

    let cluster = Cluster(configuration: configuration)
    try await cluster.start()                      // or `run()`
    for await event in cluster.events {            // starts with a snapshot
        switch event {
        case .joined(let member): print("\(member.name) is here")
        case .failed(let member): print("\(member.name) is dead: \(member.reason?.text ?? "")")
        default: break
        }
    }
    _ = configuration
}
