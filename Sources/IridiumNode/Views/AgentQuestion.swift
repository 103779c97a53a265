import IridiumJSON
import Membership
import MembershipWire

/// Questions between agents, by the types of messages from 65,280 on. Specs/Shell.md, "Questions between
/// agents".
///
/// Any member may ask, because every member holds the cluster key and the same table. However often they ask,
/// the event loop lists its members for them once in `ViewAnswer.age`.
enum AgentQuestion: UInt16, CaseIterable {
    /// The entries of the member about all members. Empty; the answer is a `MemberView`.
    case view = 65_280
    /// An order to forget these members if they are dead or left there: their ids, eight bytes each.
    case forget = 65_281

    static let answeredAtOnce = 2
    /// Ids in one question.
    static let mostForgotten = 8_192

    static func bytes(of ids: [NodeID]) -> [UInt8] {
        ids.prefix(mostForgotten).flatMap { id in
            (0..<8).map { UInt8(truncatingIfNeeded: id.value >> UInt64(56 - 8 * $0)) }
        }
    }

    /// nil if there are no ids, too many, or a part of one.
    static func ids(in bytes: [UInt8]) -> [NodeID]? {
        guard bytes.count % 8 == 0, (1...mostForgotten).contains(bytes.count / 8) else {
            return nil
        }
        return stride(from: 0, to: bytes.count, by: 8).map { start in
            NodeID(bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) })
        }
    }

    /// Answers the questions of other agents until the cluster stops.
    static func serve(_ cluster: Cluster) async {
        let view = ViewAnswer(cluster)
        await withDiscardingTaskGroup { group in
            for question in allCases {
                group.addTask {
                    try? await cluster.serve(
                        type: question.rawValue, atOnce: answeredAtOnce
                    ) { message in
                        switch question {
                        case .view: await view.bytes()
                        case .forget: try await forget(message.payload, cluster)
                        }
                    }
                }
            }
        }
    }

    private struct Refused: Error {}

    private static func forget(_ payload: [UInt8], _ cluster: Cluster) async throws -> [UInt8] {
        guard let ids = ids(in: payload) else { throw Refused() }
        var forgotten = 0
        for id in ids where await cluster.forget(id) { forgotten += 1 }
        let answer: JSON = ["schema": "iridium.forgot/1", "forgotten": JSON(forgotten)]
        return Array(answer.line.utf8)
    }
}

/// The view of this node as bytes, made again only if the last ones are older than `age`.
private actor ViewAnswer {
    private static let age = Duration.seconds(1)

    private let cluster: Cluster
    private var last: (task: Task<[UInt8], Never>, at: ContinuousClock.Instant)?

    init(_ cluster: Cluster) { self.cluster = cluster }

    func bytes() async -> [UInt8] {
        if let last, ContinuousClock.now - last.at < Self.age { return await last.task.value }
        let task = Task { [cluster] in
            let view = MemberView(await cluster.status(), members: await cluster.freshMembers())
            return Array(view.json.line.utf8)
        }
        last = (task, .now)
        return await task.value
    }
}

extension ClusterError {
    /// The reason why another agent has not answered: one clause.
    var whyUnanswered: String {
        switch self {
        case .noReader: "it is no agent: it answers no such question"
        case .memberOutdated: "it runs an earlier version, which takes no questions"
        case .timedOut: "no answer in time"
        case .memberUnreachable: "no connection to its address"
        case .memberGone: "it has left or died meanwhile"
        case .refused: "it refused the question"
        default: "the question failed"
        }
    }
}
