/// The counts of lifelines since the start.
package struct LifelineCounts: Hashable, Sendable {
    /// Our own that stood.
    package internal(set) var opened: UInt64 = 0
    /// Ends without a farewell.
    package internal(set) var lost: UInt64 = 0
    package internal(set) var checks: UInt64 = 0
    package internal(set) var knocks: UInt64 = 0
    package internal(set) var refusals: UInt64 = 0
    /// Checks of a lost line that found the member alive.
    package internal(set) var falseAlarms: UInt64 = 0
    /// Members declared dead because they were gone.
    package internal(set) var verdicts: UInt64 = 0
}

/// How lifelines stand.
package struct LifelineStatus: Hashable, Sendable {
    /// Whether this node takes part.
    package let isOn: Bool
    /// Members that this node watches by a line that it has opened.
    package let held: Int
    /// Members that hold a line to this node.
    package let watchedBy: Int
    package let counts: LifelineCounts
}

/// One knock at a member: a connection that is opened and closed at once.
package struct KnockID: Hashable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
}

/// A machine's answer to a knock.
package enum KnockAnswer: Hashable, Sendable {
    /// No process listens there (ECONNREFUSED), and nothing else.
    case refused
    /// The machine has accepted the connection, whether or not the process speaks.
    case accepted
    /// Neither, in time.
    case none
}
