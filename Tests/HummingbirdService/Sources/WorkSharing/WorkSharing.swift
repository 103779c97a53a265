public import Membership
import Synchronization

/// Work that all members share by key: each key is done by the member that owns it, wherever the request
/// came in.
///
/// A member serves others as long as its tag `work` says `open`. The owner of a key is the best of those,
/// and every member with the same view names the same one. If the owner is gone, the request goes to
/// the next owner: so work may be done twice, and must be harmless then.
public final class WorkSharing: Sendable {
    /// The type of the messages by which a member asks the owner.
    public static let messageType: UInt16 = 1
    /// The tags of a member that takes work.
    public static let open: Tags = ["work": "open"]
    /// The tags of a member that gives its work up.
    public static let closing: Tags = ["work": "closing"]

    private let cluster: any ClusterMembership
    private let work: @Sendable (String) async throws -> String
    private let state = Mutex(State())

    private struct State {
        var running = 0
        var done: [String: Int] = [:]
        var idle: [CheckedContinuation<Void, Never>] = []
    }

    /// There is no member that takes the work, or none that answers.
    public struct Unavailable: Error {}

    /// - Parameter work: one piece of work, by its key.
    public init(
        _ cluster: any ClusterMembership, work: @escaping @Sendable (String) async throws -> String
    ) {
        self.cluster = cluster
        self.work = work
    }

    /// How often each key was done here.
    public var done: [String: Int] { state.withLock(\.done) }

    /// The result of a key, done by its owner.
    ///
    /// - Throws: `Unavailable` after four owners that are gone; what `work` throws if it is done here.
    public func result(of key: String) async throws -> String {
        for attempt in 0..<4 {
            let owners = cluster.view.owners(of: key.utf8) { $0.tags?["work"] == "open" }
            guard let owner = owners.first else { throw Unavailable() }
            if owner.isSelf { return try await workHere(key) }
            do {
                let answer = try await cluster.request(
                    Array(key.utf8), type: Self.messageType, of: owner.id, within: .seconds(5))
                return String(decoding: answer, as: UTF8.self)
            } catch .memberGone, .memberUnreachable, .noReader, .timedOut {
                // The view changes soon: then another member is the owner.
                try await Task.sleep(for: .milliseconds(50 << attempt))
            }
        }
        throw Unavailable()
    }

    /// Does the work that other members send, until the cluster stops.
    public func serve() async throws {
        try await cluster.serve(type: Self.messageType, atOnce: 64) { message in
            let key = String(decoding: message.payload, as: UTF8.self)
            return Array(try await self.workHere(key).utf8)
        }
    }

    /// Gives the work up: tells the others to send none, waits until they know it, and until all that is
    /// under way is done.
    public func drain() async throws {
        try await cluster.setTags(Self.closing)
        // A member that does not answer for two seconds is probably gone: its requests are then too.
        _ = try? await cluster.waitUntil(within: .seconds(2)) { $0.isAgreed }
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.running > 0 { state.idle.append(continuation) }
                return state.running == 0
            }
            if isIdle { continuation.resume() }
        }
    }

    private func workHere(_ key: String) async throws -> String {
        state.withLock { $0.running += 1 }
        defer {
            let waiting = state.withLock { state in
                state.running -= 1
                state.done[key, default: 0] += 1
                guard state.running == 0 else { return [CheckedContinuation<Void, Never>]() }
                defer { state.idle = [] }
                return state.idle
            }
            for continuation in waiting { continuation.resume() }
        }
        return try await work(key)
    }
}
