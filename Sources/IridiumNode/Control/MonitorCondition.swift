package import Membership

/// When a monitor ends: `members>=3`, `suspect>0`, `n3=dead`.
///
/// The left side is a count (`members` and `alive` count those alive, `suspect`, `dead` and `left` those in
/// that state) or a member's name. A name is compared with a state by `=` or `!=`.
package struct MonitorCondition: Equatable, Sendable {
    private enum Subject: Equatable, Sendable {
        case count(MemberState, Int)
        case member(String, MemberState)
    }

    private enum Sign: String, CaseIterable, Sendable {
        case atLeast = ">="
        case atMost = "<="
        case isNot = "!="
        case equals = "=="
        case isSame = "="
        case more = ">"
        case fewer = "<"

        func holds(_ a: Int, _ b: Int) -> Bool {
            switch self {
            case .atLeast: a >= b
            case .atMost: a <= b
            case .isNot: a != b
            case .equals, .isSame: a == b
            case .more: a > b
            case .fewer: a < b
            }
        }
    }

    private let subject: Subject
    private let sign: Sign
    /// As it was written, without blanks.
    package let text: String

    private static let longest = 300

    /// nil if the words are not a condition.
    package init?(_ words: String) {
        let text = words.filter { $0 != " " }
        guard text.utf8.count <= Self.longest,
            let start = text.firstIndex(where: { "<>=!".contains($0) }), start > text.startIndex,
            let sign = Sign.allCases.first(where: { text[start...].hasPrefix($0.rawValue) })
        else { return nil }
        let left = String(text[..<start])
        let right = String(text[start...].dropFirst(sign.rawValue.count))
        let counted = left == "members" ? MemberState.alive : MemberState(rawValue: left)
        if let counted, let number = Int(right), (0...1_000_000).contains(number) {
            subject = .count(counted, number)
        } else if let state = MemberState(rawValue: right),
            [.isNot, .equals, .isSame].contains(sign)
        {
            subject = .member(left, state)
        } else {
            return nil
        }
        self.sign = sign
        self.text = text
    }

    /// A member that is not known is in no state: `n3=dead` does not hold, `n3!=alive` does.
    package func isMet(by states: [(name: String, state: MemberState)]) -> Bool {
        switch subject {
        case .count(let state, let number):
            return sign.holds(states.count { $0.state == state }, number)
        case .member(let name, let state):
            // A living member comes before a dead one of its name.
            let found = states.filter { $0.name.utf8.elementsEqual(name.utf8) }
            let present = (found.first { $0.state.isLiving } ?? found.first)?.state
            return (present == state) == (sign != .isNot)
        }
    }
}
