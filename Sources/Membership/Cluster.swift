public import Logging
public import NIOCore
public import ServiceLifecycle
import NIOPosix
import Synchronization

/// A member of a cluster: it finds the others, keeps watch over them, and tells what changes.
public final class Cluster: Service, Sendable {
    private let configuration: ClusterConfiguration
    private let logger: Logger
    private let broadcast = EventBroadcast()
    private let local: Mutex<Member>

    /// Opens nothing yet. Without a group, NIO's shared one is used; one of its loops runs all of it.
    public init(
        configuration: ClusterConfiguration, logger: Logger = Cluster.silentLogger,
        eventLoopGroup: (any EventLoopGroup)? = nil
    ) {
        self.configuration = configuration
        self.logger = logger
        local = Mutex(
            Member(
                id: NodeID(0), name: configuration.name ?? .random(),
                state: .alive, endpoint: configuration.bind, incarnation: .first,
                metadata: configuration.metadata, isSelf: true, roundTripTime: nil,
                timeInState: .zero, reason: nil))
    }

    /// A logger that writes nothing.
    public static var silentLogger: Logger {
        Logger(label: "iridium.membership", factory: { _ in SwiftLogNoOpLogHandler() })
    }

    /// Binds the sockets and begins to look for the seeds.
    public func start() async throws(ClusterError) { throw .notRunning }

    /// Starts unless started, and stays until `leave()`, cancellation or graceful shutdown.
    public func run() async throws { throw ClusterError.notRunning }

    /// Asks these seeds for their peer list, once, and waits until this node is a member.
    public func join(_ seeds: [HostAndPort]) async throws(ClusterError) -> JoinReport {
        throw .notRunning
    }

    /// Says goodbye (at most 5 s) and stops.
    public func leave() async {}

    /// Everybody this node knows, itself included, sorted by name.
    public var members: [Member] { [] }

    /// The same with current round-trip times and times in state.
    public func freshMembers() async -> [Member] { [] }

    /// What happens, from a snapshot on.
    public var events: ClusterEvents { ClusterEvents(broadcast) }

    /// Replaces this member's metadata.
    public func setMetadata(_ metadata: [UInt8]) async throws(ClusterError) { throw .notRunning }

    /// Sends a message of the application to all members.
    public func broadcast(type: UInt16, _ payload: [UInt8]) async throws(ClusterError) {
        throw .notRunning
    }

    /// Drops a dead or left member before its time.
    public func forget(_ id: NodeID) async -> Bool { false }

    /// This node: before `start` its id is 0 and its endpoint as configured.
    public var localMember: Member { local.withLock { $0 } }

    /// Figures about this node; all zero unless it runs.
    public func status() async -> ClusterStatus {
        ClusterStatus(
            clusterName: configuration.clusterName, localMember: localMember, uptime: .zero,
            keyFingerprint: "", viewHash: "", agreeing: 0, heardFrom: 0, health: 0, counts: [:],
            traffic: ClusterStatus.Traffic(), refused: [])
    }
}
