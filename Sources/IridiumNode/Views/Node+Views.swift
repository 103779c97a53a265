package import IridiumJSON
import IridiumShell
import Membership

/// Surveys of a node: at most one at a time, and the last one for callers that do not need a fresh one.
struct Surveys: Sendable {
    /// Only the result is kept: the answers of a large cluster are megabytes.
    var last: (json: JSON, at: ContinuousClock.Instant)?
    var underWay: Task<JSON, Never>?
}

extension Node {
    /// Asks the living members for their views: `iridium.views/1`; nil while the cluster is off. Callers at the
    /// same time share one survey.
    ///
    /// - Parameter age: a survey that ended so recently is as good.
    package func survey(notOlderThan age: Duration = .zero) async -> JSON? {
        guard let cluster = runningCluster else { return nil }
        if let last = surveys.last, age > .zero, ContinuousClock.now - last.at <= age {
            return last.json
        }
        if let underWay = surveys.underWay { return await underWay.value }
        let task = Task { [name] in await ViewSurvey(of: cluster, by: name).json }
        surveys.underWay = task
        let json = await task.value
        surveys.underWay = nil
        surveys.last = (json, .now)
        return json
    }

    /// Asks all living members to forget these, too. Returns those that have, and the reasons of the others.
    func forgetEverywhere(
        _ ids: [NodeID], _ cluster: Cluster
    ) async -> (done: [String], failed: [(member: String, reason: String)]) {
        let question = AgentQuestion.bytes(of: ids)
        let others = cluster.members.filter { $0.isLiving && !$0.isSelf }
        let answers = await Asking.all(others) { member, limit async throws(ClusterError) in
            try await cluster.request(
                question, type: AgentQuestion.forget.rawValue, of: member.id, within: limit)
        }
        var done: [String] = []
        var failed: [(member: String, reason: String)] = []
        for (member, answer) in zip(others, answers) {
            switch answer {
            case .success: done.append(member.name.text)
            case .failure(let error): failed.append((member.name.text, error.whyUnanswered))
            }
        }
        return (done, failed)
    }
}

/// One question to many members, some at once, each with the same patience and all with one.
enum Asking {
    static func all<Answer: Sendable>(
        _ members: [Member],
        _ ask: @escaping @Sendable (Member, Duration) async throws(ClusterError) -> Answer
    ) async -> [Result<Answer, ClusterError>] {
        let deadline = ContinuousClock.now + ViewSurvey.wholePatience
        let one = { @Sendable (index: Int) async -> (Int, Result<Answer, ClusterError>) in
            do throws(ClusterError) {
                let limit = min(ViewSurvey.patience, deadline - .now)
                return (index, .success(try await ask(members[index], limit)))
            } catch {
                return (index, .failure(error))
            }
        }
        return await withTaskGroup(of: (Int, Result<Answer, ClusterError>).self) { group in
            var answers: [Result<Answer, ClusterError>?] = Array(
                repeating: nil, count: members.count)
            var next = 0
            func askNext() {
                guard next < members.count else { return }
                group.addTask { [next] in await one(next) }
                next += 1
            }
            for _ in 0..<ViewSurvey.askedAtOnce { askNext() }
            while let (index, answer) = await group.next() {
                answers[index] = answer
                askNext()
            }
            return answers.map { $0 ?? .failure(.cancelled) }
        }
    }
}

extension ViewSurvey {
    private struct Answer: Sendable {
        let bytes: [UInt8]
        let after: Duration
    }

    fileprivate init(of cluster: Cluster, by node: String) async {
        let begun = ContinuousClock.now
        let at = WallClock.now
        let status = await cluster.status()
        let members = await cluster.freshMembers()
        let stated = await cluster.statedViews()
        let others = members.filter { $0.isLiving && !$0.isSelf }
        let asked = Self.asked(of: others, stated, digest: status.viewHash, all: members.count)
        let answers = await Asking.all(asked) { member, limit async throws(ClusterError) in
            let start = ContinuousClock.now
            let bytes = try await cluster.request(
                [], type: AgentQuestion.view.rawValue, of: member.id, within: limit)
            return Answer(bytes: bytes, after: ContinuousClock.now - start)
        }
        let me = status.localMember
        // An honest answer has hardly more members than our own list.
        let rows = 2 * members.count + 64
        let own = Observer(
            id: me.id, name: me.name.text, state: me.state,
            outcome: .answered(MemberView(status, members: members), after: nil))
        self.init(
            node: node, begun: at, took: ContinuousClock.now - begun, digest: status.viewHash,
            observers: [own]
                + zip(asked, answers).map { member, answer in
                    Observer(
                        id: member.id, name: member.name.text, state: member.state,
                        outcome: Self.outcome(of: answer, atMost: rows), stated: stated[member.id])
                },
            notAsked: others.count - asked.count)
    }

    /// Members that stated another view than ours come first.
    private static func asked(
        of others: [Member], _ stated: [NodeID: Cluster.StatedView], digest: String, all: Int
    ) -> [Member] {
        let most = min(mostAsked, max(fewestAsked, mostEntries / max(1, all)))
        guard others.count > most else { return others }
        let isOdd = { (member: Member) in stated[member.id].map { $0.digest != digest } ?? false }
        return Array((others.filter(isOdd) + others.filter { !isOdd($0) }).prefix(most))
    }

    private static func outcome(
        of answer: Result<Answer, ClusterError>, atMost rows: Int
    ) -> Outcome {
        switch answer {
        case .failure(let error): return .silent(error.whyUnanswered)
        case .success(let answer):
            guard let json = try? JSONReader.parse(answer.bytes),
                let view = MemberView(json, atMost: rows)
            else {
                return .silent("its answer makes no sense")
            }
            return .answered(view, after: answer.after)
        }
    }
}
