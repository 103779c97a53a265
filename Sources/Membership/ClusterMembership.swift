/// The part of a running cluster that a service uses: the members, changes of them, and messages.
///
/// `Cluster` is one. A service that holds `any ClusterMembership` in its place can be tested without
/// sockets, threads or waiting, with the `ScriptedCluster` of the module `MembershipTesting`.
///
/// ```swift
/// struct Router {
///     let cluster: any ClusterMembership
///     func owner(of user: String) -> Member? { cluster.view.owners(of: user.utf8).first }
/// }
/// ```
/// The rules, bounds and errors are those of the functions of `Cluster` with the same names.
/// `start`, `run`, `join` and the cluster keys are not among them.
/// The protocol may grow, so other modules should not conform to it.
public protocol ClusterMembership: Sendable {
    /// This node. See `Cluster.localMember`.
    var localMember: Member { get }
    /// All members that this node knows, sorted by name. See `Cluster.members`.
    var members: [Member] { get }
    /// This node's present view. See `Cluster.view`.
    var view: ClusterView { get }
    /// A snapshot, then every change. See `Cluster.events`.
    var events: ClusterEvents { get }

    /// Waits until the view satisfies a condition. See `Cluster.waitUntil(within:_:)`.
    @discardableResult
    func waitUntil(
        within limit: Duration?, _ condition: (ClusterView) -> Bool
    ) async throws(ClusterError) -> ClusterView

    /// Replaces this member's metadata. See `Cluster.setMetadata`.
    func setMetadata(_ metadata: [UInt8]) async throws(ClusterError)
    /// Messages to this member, and to all. See `Cluster.messages`.
    func messages(type: UInt16?, capacity: Int) -> ClusterMessages
    /// Sends a message to all other members, best effort. See `Cluster.broadcast`.
    func broadcast(type: UInt16, _ payload: [UInt8]) async throws(ClusterError)
    /// Sends a message to one member, best effort. See `Cluster.send`.
    func send(_ payload: [UInt8], type: UInt16, to member: NodeID) async throws(ClusterError)
    /// Sends a message to one member and waits until it has arrived. See `Cluster.deliver`.
    func deliver(
        _ payload: [UInt8], type: UInt16, to member: NodeID, within limit: Duration
    ) async throws(ClusterError)
    /// Asks one member and waits for its answer. See `Cluster.request`.
    func request(
        _ payload: [UInt8], type: UInt16, of member: NodeID, within limit: Duration
    ) async throws(ClusterError) -> [UInt8]
    /// Answers messages of one type. See `Cluster.serve`.
    func serve(
        type: UInt16, atOnce: Int,
        _ answer: @escaping @Sendable (Message) async throws -> [UInt8]
    ) async throws(ClusterError)

    /// The values that all living members publish. See `Cluster.states`.
    var states: MemberStates { get }
    /// Changes what this member publishes. See `Cluster.updateState`.
    func updateState(
        _ change: @escaping @Sendable (inout OwnState) -> Void
    ) async throws(ClusterError)
    /// The values that members publish, and then every change. See `Cluster.stateChanges`.
    func stateChanges(prefix: String) -> StateChanges

    /// Says goodbye and ends. See `Cluster.leave`.
    func leave(patience: Duration) async
}

extension Cluster: ClusterMembership {}

extension ClusterMembership {
    /// The same without a limit: waits as long as the cluster runs.
    ///
    /// - Throws: as the other `waitUntil`.
    @discardableResult
    public func waitUntil(
        _ condition: (ClusterView) -> Bool
    ) async throws(ClusterError) -> ClusterView {
        try await waitUntil(within: nil, condition)
    }

    /// The same with a queue of 256 messages.
    public func messages(type: UInt16?) -> ClusterMessages { messages(type: type, capacity: 256) }

    /// The same with the patience of `Cluster.leave`: 2.5 s at most.
    public func leave() async { await leave(patience: .milliseconds(2_500)) }
}
