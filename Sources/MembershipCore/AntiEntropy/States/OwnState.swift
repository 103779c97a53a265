import MembershipWire

/// The map that this node publishes about itself, and the rumor of each change.
///
/// Writes change the draft at once. A version follows as soon as the measure of versions admits it, so quick writes
/// become one version. A rumor has the changes from as far back as fits: a member that has missed one version
/// applies the next rumor all the same. Only the owner can do that, because only it knows what each
/// version removed; so no tombstones of keys are kept or collected.
struct OwnState: Sendable {
    /// All that was written, published or not.
    private(set) var draft = StateMap.empty
    private(set) var version: UInt64 = 0
    /// The version in which each key last changed: complete for all versions above `floor`.
    private var changedIn: [StateKey: UInt64] = [:]
    private var floor: UInt64 = 0
    /// Written since the last version.
    private var unpublished: Set<StateKey> = []
    private var mustPublish = false
    private var measure: Measure?

    private let burst: Int
    private let pause: Duration
    private let rumorBytes: Int
    private let wholeBytes: Int
    private let versionsTold: UInt64

    init(_ configuration: CoreConfiguration) {
        burst = configuration.stateBurst
        pause = configuration.statePause
        rumorBytes = configuration.stateRumorBytes
        wholeBytes = configuration.stateWholeBytes
        versionsTold = UInt64(configuration.stateVersionsTold)
    }

    enum Step: Sendable {
        case nothing
        /// The measure is used up until then.
        case later(ClusterInstant)
        case version
    }

    /// False, and nothing is written, if the map would be beyond its bounds. Changes are ascending by key.
    mutating func write(_ changes: [StateEntry]) -> Bool {
        guard let changed = draft.applying(changes) else { return false }
        let isOther = changes.filter { draft[$0.key] != $0.value }
        unpublished.formUnion(isOther.map(\.key))
        draft = changed
        return true
    }

    /// Takes the next version if there is something to publish.
    mutating func beginVersion(at now: ClusterInstant) -> Step {
        guard mustPublish || !unpublished.isEmpty else { return .nothing }
        var measure = measure ?? Measure(burst, every: pause, at: now)
        defer { self.measure = measure }
        guard measure.take(at: now) else { return .later(measure.refill) }
        version = min(version + 1, Bounds.stateVersionLimit - 1)
        for key in unpublished { changedIn[key] = version }
        unpublished = []
        mustPublish = false
        forgetOldChanges()
        return .version
    }

    /// A copy of this process has published a newer version. The next one is
    /// above it.
    mutating func pass(_ other: UInt64) {
        version = max(version, other)
        floor = version
        changedIn = [:]
        mustPublish = true
    }

    /// The current version as a rumor: whole if that is small, or no larger than the changes; else the changes of the
    /// newest versions, as far as they fit; else the news alone.
    func announcement(_ head: StateStatement) -> StateStatement {
        var statement = head
        let changes = newestChanges
        let bytes = changes.entries.reduce(0) { $0 + $1.byteCount }
        let isSmall = draft.byteCount <= max(wholeBytes, bytes)
        if isSmall && draft.byteCount <= rumorBytes {
            statement.since = 0
            statement.changes = draft.entries
        } else {
            // From version 0 on it would have to be whole.
            statement.since = max(changes.since, 1)
            statement.changes = changes.entries.sorted { $0.key < $1.key }
        }
        return statement
    }

    /// The changes of the newest versions: of `versionsTold`, or of as many as fit.
    private var newestChanges: (since: UInt64, entries: [StateEntry]) {
        let oldest = max(version - min(version, versionsTold), floor)
        var entries: [StateEntry] = []
        var bytes = 0
        for (key, changed) in changesInOrder where changed > oldest {
            let entry = StateEntry(key: key, value: draft[key])
            bytes += entry.byteCount
            guard bytes <= rumorBytes, entries.count < Bounds.stateEntries else {
                return (changed, entries.filter { changedIn[$0.key] != changed })
            }
            entries.append(entry)
        }
        return entries.isEmpty ? (version, []) : (oldest, entries)
    }

    /// The latest first; none of version 1, which is the base of every change.
    private var changesInOrder: [(key: StateKey, version: UInt64)] {
        changedIn.filter { $0.value > 1 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { (key: $0.key, version: $0.value) }
    }

    private mutating func forgetOldChanges() {
        guard changedIn.count > 2 * Bounds.stateEntries else { return }
        let versions = changedIn.values.sorted()
        floor = max(floor, versions[versions.count - Bounds.stateEntries])
        changedIn = changedIn.filter { $0.value > floor }
    }
}
