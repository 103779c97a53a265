public import Membership
internal import MembershipCore
import Synchronization

/// A cluster whose members, events and messages a test writes by hand.
///
/// There are no other nodes, sockets, threads or timers: a step of the script is complete when its
/// function returns, and a script has the same result in every run. Views, placement of keys, queues
/// of readers and bounds are those of `Cluster`; only the source of the news is the test.
///
/// ```swift
/// let cluster = ScriptedCluster("a")
/// cluster.join("b", tags: ["role": "worker"])
/// cluster.fail("b")
/// ```
/// It runs from the start with one member, this node, and ends by `leave`, or when it is dropped.
/// All other members agree with its view unless `disagree` says otherwise. The time in a state is
/// always zero, and there are no round-trip times.
///
/// A step that no cluster can take, such as the failure of a member that is dead already, is a mistake
/// in the script and traps with a message that names the member.
public final class ScriptedCluster: Sendable {
    let published: PublishedView
    let broadcaster: EventBroadcast
    let messageBroadcaster = MessageBroadcast()
    let board = StateBoard()
    let script: Mutex<Script>

    /// Runs at once, and knows no other member.
    ///
    /// - Parameters:
    ///   - name: the name of this node.
    ///   - tags: its metadata.
    ///   - eventCapacity: as `ClusterConfiguration.eventCapacity`; at least 1. A small value makes a
    ///     slow reader of events get `lagged`.
    public init(_ name: NodeAlias = "self", tags: Tags = [:], eventCapacity: Int = 1_024) {
        var script = Script()
        let local = script.newMember(name, at: nil, metadata: tags.metadata, isSelf: true)
        published = PublishedView(local: local)
        broadcaster = EventBroadcast(capacity: eventCapacity)
        self.script = Mutex(script)
        publish([local.id]) { _ in nil }
    }

    deinit { finish() }

    /// Ends all readers once they have read their queues.
    func finish() {
        let servers = script.withLock { script in
            script.hasEnded = true
            defer { script.servers = [:] }
            return script.servers.values.map(\.end)
        }
        for end in servers { end.finish() }
        broadcaster.finish()
        messageBroadcaster.finish()
        board.finish()
        published.end()
    }
}

/// The state of a script.
struct Script {
    var members: [NodeID: Member] = [:]
    var index = MemberIndex()
    /// Whether the views of the other members are equal to this one.
    var isAgreed = true
    var hasEnded = false

    /// Messages of the code under test.
    var sent: [SentMessage] = []
    /// The answers to its requests, by type.
    var answers: [UInt16: @Sendable (SentMessage) async throws -> [UInt8]] = [:]
    /// Its handlers, by type.
    var servers: [UInt16: Server] = [:]

    /// The maps that members publish.
    var maps: [NodeID: StateMap] = [:]
    private var lastHost: UInt32 = 0

    /// A handler of `serve`.
    struct Server {
        let answer: @Sendable (Message) async throws -> [UInt8]
        let atOnce: Int
        /// Ends the call of `serve`.
        let end: AsyncStream<Never>.Continuation
        var running = 0
    }

    /// The id of a member of that name. It follows from the name (FNV-1a), so keys have the same
    /// owners in every run.
    static func id(of name: NodeAlias) -> NodeID {
        NodeID(
            name.text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    }

    /// A member that this script has not had yet.
    mutating func newMember(
        _ name: NodeAlias, at endpoint: Endpoint?, metadata: [UInt8], isSelf: Bool = false
    ) -> Member {
        lastHost += 1
        let member = Member(
            id: Self.id(of: name), name: name, state: .alive,
            endpoint: endpoint ?? Endpoint(.v4(0x0A00_0000 + lastHost), port: 2254),
            incarnation: .first, metadata: metadata, isSelf: isSelf, roundTripTime: nil,
            timeInState: .zero, reason: nil, boot: 1)
        members[member.id] = member
        return member
    }
}

// MARK: Reading by the code under test

extension ScriptedCluster: ClusterMembership {
    /// This node.
    public var localMember: Member { published.local }

    /// All members of the script, this node included, also dead and left ones, sorted by name.
    public var members: [Member] { published.members }

    /// The present view.
    public var view: ClusterView { published.view }

    /// A snapshot, then every step of the script.
    public var events: ClusterEvents { ClusterEvents(broadcaster) }

    /// Waits until the script has brought the view to satisfy a condition. See `Cluster.waitUntil`.
    ///
    /// - Throws: `.timedOut`, `.cancelled`, `.notRunning`.
    @discardableResult
    public func waitUntil(
        within limit: Duration?, _ condition: (ClusterView) -> Bool
    ) async throws(ClusterError) -> ClusterView {
        try await published.waitUntil(within: limit, condition)
    }

    /// Ends at once: `patience` is not used. The readers get what is in their queues, and then the
    /// end.
    public func leave(patience: Duration) async { finish() }

    /// Whether `leave` has been called.
    public var hasLeft: Bool { script.withLock(\.hasEnded) }

    func checkRunning() throws(ClusterError) {
        if hasLeft { throw .notRunning }
    }
}
