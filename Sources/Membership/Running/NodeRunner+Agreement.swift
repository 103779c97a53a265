internal import MembershipCore

/// The agreement at the last count.
package struct ReadAgreement: Sendable {
    var agreeing = 0
    var heardFrom = 0
    var at: ClusterInstant?
    /// The state from which it was counted.
    fileprivate(set) var basis: Basis?

    /// While this stays the same, so does the agreement.
    struct Basis: Equatable {
        let news: UInt64
        let digest: UInt64
    }

    init() {}

    /// Counted at any time.
    package init(agreeing: Int, heardFrom: Int) {
        self.agreeing = agreeing
        self.heardFrom = heardFrom
    }
}

extension NodeRunner {
    /// Counts agreement again if it may have changed: at once if a task waits for a view or members
    /// have changed, otherwise once a second, because it reads every member. Returns whether it has
    /// changed.
    func readAgreement(_ membersChanged: Bool) -> Bool {
        let basis = ReadAgreement.Basis(
            news: node.view.agreementNews, digest: node.view.table.digestHash)
        guard basis != agreement.basis else { return false }
        let now = ClusterInstant.now()
        if !membersChanged, !published.isAwaited, let last = agreement.at, now - last < .seconds(1)
        {
            return false
        }
        let (agree, heardFrom) = node.agreement
        let isNew = agreement.agreeing != agree || agreement.heardFrom != heardFrom
        agreement = ReadAgreement(agreeing: agree, heardFrom: heardFrom)
        (agreement.at, agreement.basis) = (now, basis)
        return isNew
    }
}
