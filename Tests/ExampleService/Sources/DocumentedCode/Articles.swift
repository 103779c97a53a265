// swift-format-ignore-file
// Written by scripts/check-doc-code from README.md and the articles of the library. Do not edit.
import Logging
import Membership
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

// EventsAndState.md, line 15
func eventsAndState2(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let living = cluster.view.living
    let preferred = living.filter { $0.state == .alive }
    _ = configuration
}

// EventsAndState.md, line 25
func eventsAndState3(
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
func eventsAndState4(
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
func eventsAndState5(
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
func eventsAndState6(
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
func eventsAndState7(
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
func eventsAndState8(
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
func gettingStarted9(
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
func gettingStarted10(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await cluster.setTags(["role": "web", "http": "8080"])
    let web = cluster.view.living.filter { $0.tags?["role"] == "web" }
    _ = configuration
}

// GettingStarted.md, line 52
func gettingStarted11(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    configuration.metadata = (["role": "web", "http": "8080"] as Tags).metadata
    _ = configuration
}

// GettingStarted.md, line 58
func gettingStarted12(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    let owner = cluster.view.owners(of: "user/42".utf8, where: { $0.tags?["role"] == "web" }).first
    _ = configuration
}

// Membership.md, line 12
func membership13(
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

// ServicesAndShutdown.md, line 12
func servicesAndShutdown14(
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

// ServicesAndShutdown.md, line 31
func servicesAndShutdown15(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    try await cluster.waitUntil(living: 1)
    try await cluster.setTags(["http": "\(port)"])
    _ = configuration
}

// ServicesAndShutdown.md, line 42
func servicesAndShutdown16(
    cluster: Cluster, configuration: ClusterConfiguration, logger: Logger, server: any Service,
    reader: any Service, port: UInt16
) async throws {
    var configuration = configuration
    await cluster.leave(patience: .milliseconds(200))
    _ = configuration
}

// README.md
func readme17(
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
