import IridiumJSON
import Membership
import SystemPackage

/// The views of all members, asked for at one time: observers, and the subjects of their rows.
///
/// A cell (observer, subject) is *wrong* if its state is not the expected one. A member that has answered is
/// expected to be alive; of any other member the state is expected that most observers hold.
struct ViewSurvey: Sendable {
    enum Outcome: Sendable {
        /// `after`: the time for the stream, the question and the answer; nil for this node.
        case answered(MemberView, after: Duration?)
        /// One clause.
        case silent(String)
    }

    struct Observer: Sendable {
        let id: NodeID
        let name: String
        let state: MemberState
        let outcome: Outcome
        /// The view that its last heartbeat stated.
        var stated: Cluster.StatedView?
    }

    let node: String
    let begun: WallClock
    let took: Duration
    let digest: String
    /// This node first, then as in the list of members.
    let observers: [Observer]
    /// Living members that were not asked, because there are more than `mostAsked`.
    let notAsked: Int

    /// Members that one survey asks: this many, and in a large cluster as many as state `mostEntries` together.
    static let mostAsked = 256
    static let fewestAsked = 8
    static let mostEntries = 65_536
    /// Members that it asks at once, and how long each may take; then the whole.
    static let askedAtOnce = 16
    static let patience = Duration.seconds(3)
    static let wholePatience = Duration.seconds(12)
}

extension ViewSurvey {
    /// A member about which observers speak.
    struct Subject: Sendable {
        let id: NodeID
        let name: String
        let expected: MemberState
        /// Cells that are wrong.
        var wrong = 0
    }

    /// A table of the cells.
    struct Cells: Sendable {
        /// In the order of their names; those with wrong cells first.
        fileprivate(set) var subjects: [Subject] = []
        /// By observer, in the order of the survey; empty for a silent one.
        fileprivate(set) var rows: [[NodeID: MemberView.Row]] = []

        var wrong: Int { subjects.reduce(0) { $0 + $1.wrong } }

        /// Whether an observer's cell is wrong. A subject that it does not know is a wrong cell, unless the
        /// subject is gone: tombstones end at different times.
        func isWrong(_ row: MemberView.Row?, _ subject: Subject) -> Bool {
            guard let row else { return subject.expected.isLiving }
            return row.state != subject.expected
                && (row.state.isLiving || subject.expected.isLiving)
        }
    }

    var cells: Cells {
        var cells = Cells()
        var counts: [NodeID: [MemberState: Int]] = [:]
        var names: [NodeID: String] = [:]
        var isComplete: [Bool] = []
        for observer in observers {
            guard case .answered(let view, _) = observer.outcome else {
                cells.rows.append([:])
                isComplete.append(false)
                continue
            }
            var rows: [NodeID: MemberView.Row] = [:]
            for row in view.rows where rows[row.id] == nil {
                rows[row.id] = row
                counts[row.id, default: [:]][row.state, default: 0] += 1
                names[row.id] = names[row.id] ?? row.name
            }
            cells.rows.append(rows)
            isComplete.append(view.leftOff == 0)
        }
        let answered = Set(
            observers.lazy.filter { if case .answered = $0.outcome { true } else { false } }
                .map(\.id))
        for (id, states) in counts {
            let most = MemberState.allCases.max { states[$0] ?? 0 < states[$1] ?? 0 }
            var subject = Subject(
                id: id, name: names[id] ?? id.description,
                expected: answered.contains(id) ? .alive : most ?? .alive)
            for (index, rows) in cells.rows.enumerated() where !rows.isEmpty {
                // A member that had no place in an answer is alive.
                if rows[id] == nil, !isComplete[index] { continue }
                if cells.isWrong(rows[id], subject) { subject.wrong += 1 }
            }
            cells.subjects.append(subject)
        }
        cells.subjects.sort { a, b in
            a.wrong != b.wrong ? a.wrong > b.wrong : (a.name, a.id) < (b.name, b.id)
        }
        return cells
    }
}

extension ViewSurvey {
    /// Rows in one `iridium.views/1`, of all observers together.
    private static let mostCells = 8_192

    /// `iridium.views/1`: each observer with its rows, wrong ones first.
    var json: JSON {
        let cells = cells
        let each = max(8, Self.mostCells / max(1, observers.count))
        let answered = observers.count {
            if case .answered = $0.outcome { true } else { false }
        }
        return [
            "schema": "iridium.views/1", "node": .string(node), "at": .string(begun.rfc3339),
            "took_ms": JSON(milliseconds: took), "view": .string(digest),
            "observers_asked": JSON(observers.count), "answered": JSON(answered),
            "not_asked": JSON(notAsked), "wrong": JSON(cells.wrong),
            "subjects": .array(
                cells.subjects.prefix(each).map { subject in
                    [
                        "id": .string(subject.id.description), "name": .string(subject.name),
                        "expected": .string(subject.expected.rawValue),
                        "wrong": JSON(subject.wrong),
                    ]
                }),
            "subjects_left_off": JSON(max(0, cells.subjects.count - each)),
            "observers": .array(
                observers.enumerated().map { index, observer in
                    json(of: observer, cells.rows[index], cells.subjects.prefix(each), cells)
                }),
        ]
    }

    private func json(
        of observer: Observer, _ rows: [NodeID: MemberView.Row], _ subjects: ArraySlice<Subject>,
        _ cells: Cells
    ) -> JSON {
        var view: MemberView?
        var (span, problem): (Duration?, String?) = (nil, nil)
        switch observer.outcome {
        case .answered(let answer, let after): (view, span) = (answer, after)
        case .silent(let why): problem = why
        }
        let shown = view == nil ? [] : subjects.filter { rows[$0.id] != nil }
        let living = cells.subjects.filter { $0.expected == .alive }
        // A member that had no place in the answer is alive.
        let rest = view?.leftOff ?? 0 > 0
        let heard = living.count { rows[$0.id].map { $0.state == .alive } ?? rest }
        return [
            "member": .string(observer.name), "id": .string(observer.id.description),
            "state": .string(observer.state.rawValue), "answered": .bool(view != nil),
            "problem": JSON(problem),
            "took_ms": span.map { .number($0.fractionalMilliseconds) } ?? .null,
            "version": JSON(view?.version), "health": view.map { JSON($0.health) } ?? .null,
            "view": JSON(view?.digest),
            "agrees": view.map { .bool($0.digest == digest) } ?? .null,
            "stated_view": JSON(observer.stated?.digest),
            "stated_ms_ago": observer.stated.map { JSON(milliseconds: $0.age) } ?? .null,
            "hears": view.map { _ in JSON(heard) } ?? .null,
            "hears_of": view.map { _ in JSON(living.count) } ?? .null,
            "rows": .array(
                shown.map { subject in
                    let row = rows[subject.id]
                    return [
                        "id": .string(subject.id.description), "name": .string(subject.name),
                        "state": JSON(row?.state.rawValue),
                        "wrong": .bool(cells.isWrong(row, subject)),
                        "for_ms": row.map { JSON(milliseconds: $0.timeInState) } ?? .null,
                        "incarnation": row.map { JSON($0.incarnation) } ?? .null,
                        "rtt_ms": row?.roundTripTime.map { .number($0.fractionalMilliseconds) }
                            ?? .null,
                    ]
                }),
            "unknown": .array(
                view == nil
                    ? []
                    : subjects.filter { !rest && rows[$0.id] == nil && cells.isWrong(nil, $0) }
                        .map { .string($0.name) }),
        ]
    }
}
