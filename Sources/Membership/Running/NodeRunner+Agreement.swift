internal import MembershipCore

/// The agreement at the last count.
package struct ReadAgreement: Sendable {
    var agreeing = 0
    var heardFrom = 0
    var at: ClusterInstant?

    init() {}

    /// Counted at any time.
    package init(agreeing: Int, heardFrom: Int) {
        self.agreeing = agreeing
        self.heardFrom = heardFrom
    }
}

extension NodeRunner {
    /// Counts agreement again: always if a task waits for a view or members have changed, otherwise
    /// once a second, because it reads every member. Returns whether it has changed.
    func readAgreement(_ membersChanged: Bool) -> Bool {
        let now = ClusterInstant.now()
        if !membersChanged, !published.isAwaited, let last = agreement.at, now - last < .seconds(1)
        {
            return false
        }
        let (agree, heardFrom) = node.agreement
        let isNew = agreement.agreeing != agree || agreement.heardFrom != heardFrom
        agreement = ReadAgreement(agreeing: agree, heardFrom: heardFrom)
        agreement.at = now
        return isNew
    }
}
