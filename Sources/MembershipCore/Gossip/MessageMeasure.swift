package import MembershipWire

/// How many messages from one member to another are taken: so many a second in all, and of one member a
/// tenth of that, so that no member uses up what the others may say. Sender and receiver measure alike: what
/// would be dropped there is not sent.
package struct MessageMeasure: Sendable {
    private let perMember: Int
    private let burstPerMember: Int
    private var all: TokenBucket
    private var members: [NodeID: TokenBucket] = [:]

    /// - Parameter slack: how much more at once than in a second. A receiver has twice a sender's measure at
    ///   once, because what was sent evenly may arrive together.
    package init(_ configuration: CoreConfiguration, slack: Int = 1) {
        let (all, perMember) = (configuration.messagesPerSecond, configuration.messagesPerMember)
        self.perMember = perMember
        burstPerMember = perMember * slack
        self.all = TokenBucket(perSecond: all, burst: all * slack)
    }

    /// Whether one more message from, or to, this member is within the measure; it is then counted.
    package mutating func take(for member: NodeID, at now: ClusterInstant) -> Bool {
        let fresh = TokenBucket(perSecond: perMember, burst: burstPerMember)
        guard members[member, default: fresh].take(at: now - .origin) else { return false }
        return all.take(at: now - .origin)
    }

    /// The member is gone.
    package mutating func forget(_ member: NodeID) { members[member] = nil }
}
