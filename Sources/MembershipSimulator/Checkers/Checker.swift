import MembershipCore
import MembershipWire

/// Watches a run for one rule that must never be broken, and knows nothing else.
///
/// A checker sees what users see (notices) and the actions on the world, not how the nodes came to
/// their views. So it stays valid when the protocol changes, and one bug cannot fool both.
package protocol Checker: WorldObserver {
    /// The rule as a sentence.
    static var rule: String { get }
    /// The violations, oldest first; only the first few are kept.
    var violations: [Violation] { get }
}

/// One break of one rule.
package struct Violation: Hashable, Sendable {
    package var rule: String
    package var time: WorldInstant
    package var text: String

    package init(rule: String, at time: WorldInstant, _ text: String) {
        self.rule = rule
        self.time = time
        self.text = text
    }

    package var description: String { "\(time.text) \(text) [\(rule)]" }
}

/// The violations of one checker, bounded: the first ones matter, thousands may follow.
package struct ViolationList: Sendable {
    package private(set) var entries: [Violation] = []
    private let rule: String
    private static let limit = 8

    init(_ rule: String) { self.rule = rule }

    mutating func add(_ time: WorldInstant, _ text: @autoclosure () -> String) {
        guard entries.count < Self.limit else { return }
        entries.append(Violation(rule: rule, at: time, text()))
    }
}

/// One process's belief about one member.
struct Belief: Hashable {
    var observer: Int
    var member: NodeID
}

extension World {
    /// `n7 about n3 incarnation 2`.
    func subject(_ observer: Int, _ record: MemberRecord) -> String {
        "\(hosts[observer].alias) about \(record.alias) incarnation \(record.incarnation)"
    }
}

/// Drops the beliefs of a process when it ends: the next one starts without any.
struct Beliefs<Value> {
    private var values: [Belief: Value] = [:]

    subscript(belief: Belief) -> Value? {
        get { values[belief] }
        set { values[belief] = newValue }
    }

    mutating func forget(observer: Int) { values = values.filter { $0.key.observer != observer } }
}

extension Beliefs: Sendable where Value: Sendable {}
