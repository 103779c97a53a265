internal import MembershipCore
import MembershipWire

/// The state of a cluster, as this node knows it.
extension Cluster {
    /// All members that this node knows, itself included, also dead and left ones, sorted by name.
    ///
    /// A snapshot that costs a lock of nanoseconds. Round-trip times and times in state are those
    /// of the last change; see `freshMembers`.
    public var members: [Member] { published.members }

    /// The same, read from the node itself, with current times. Returns the last snapshot if the
    /// node does not run.
    public func freshMembers() async -> [Member] {
        await handle?.get { $0.makeMembers(at: .now()) } ?? published.members
    }

    /// This node. Before `start` its id is 0, and its endpoint is that of the configuration.
    public var localMember: Member { published.local }

    /// All future events: a snapshot, then every change. Each iteration is a separate subscription;
    /// it ends when the cluster stops.
    public var events: ClusterEvents { ClusterEvents(broadcaster) }

    /// Figures about this node; zeros unless it runs.
    public func status() async -> ClusterStatus {
        if var status = await handle?.get({ $0.makeStatus(at: .now()) }) {
            for source in sources.all { status.seeds.append(await source.status) }
            return status
        }
        return ClusterStatus(
            clusterName: configuration.clusterName, localMember: published.local, uptime: .zero,
            keyFingerprint: "", viewHash: "0000000000000000", agreeing: 0, heardFrom: 0, health: 0,
            counts: [:], traffic: ClusterStatus.Traffic(), refused: [])
    }
}

extension Cluster {
    /// The view that a member stated last, with a heartbeat or an answer to one.
    package struct StatedView: Hashable, Sendable {
        /// Sixteen hexadecimal digits, as in `ClusterStatus.viewHash`.
        package let digest: String
        package let age: Duration
    }

    /// The views that the other living members stated last; none unless the node runs.
    package func statedViews() async -> [NodeID: StatedView] {
        await handle?.get { runner in
            let now = ClusterInstant.now()
            return Dictionary(
                uniqueKeysWithValues: runner.node.statedViews.map {
                    ($0.id, StatedView(digest: hexadecimal($0.hash, digits: 16), age: now - $0.at))
                })
        } ?? [:]
    }
}

/// Commands to a cluster.
extension Cluster {
    /// Replaces this member's metadata; the other members see `updated`.
    ///
    /// - Throws: `.metadataTooLong` above 512 bytes, `.notRunning`.
    public func setMetadata(_ metadata: [UInt8]) async throws(ClusterError) {
        guard metadata.count <= Bounds.metadataBytes else {
            throw .metadataTooLong(bytes: metadata.count)
        }
        try await feed(.setMetadata(metadata))
    }

    /// Drops a dead or left member before its 24 hours are over, on this node only. Returns false
    /// if there is no such member, or it lives.
    public func forget(_ id: NodeID) async -> Bool {
        let forgotten = await handle?.get { runner in
            let now = ClusterInstant.now()
            guard let status = runner.node.status(of: id, at: now) else { return false }
            switch status.state {
            case .alive, .suspect: return false
            case .dead, .left:
                runner.feed(.forget(id))
                return true
            }
        }
        return forgotten ?? false
    }

    private func feed(_ input: Input) async throws(ClusterError) {
        let accepted = await handle?.get { runner in
            guard runner.lifecycle == .running else { return false }
            runner.feed(input)
            return true
        }
        guard accepted == true else { throw .notRunning }
    }
}
