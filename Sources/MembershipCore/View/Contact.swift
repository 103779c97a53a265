import MembershipWire

/// What we know of a member from speaking with it ourselves, during its present boot.
struct Contact: Sendable {
    var reachability = Reachability()
    /// The last view it told us, and when.
    var lastView: (hash: UInt64, at: ClusterInstant)?
    var keyring = KeyringNote()
    var address = AddressNote()
    var introduction = IntroductionNote()
    var correction = CorrectionNote()
}
