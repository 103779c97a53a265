import MembershipWire

/// The facts that we know of a member from speaking with it ourselves, during its present boot.
struct Contact: Sendable {
    var reachability = Reachability()
    var answers = Answers()
    /// The last view it told us, and when.
    var lastView: (hash: UInt64, at: ClusterInstant)?
    /// The last hash of states that it showed us.
    var lastStates: UInt64?
    var keyring = KeyringNote()
    var address = AddressNote()
    /// Whether a handshake has shown its record and its boot together.
    var hasShownBoot = false
    var introduction = IntroductionNote()
    var correction = CorrectionNote()
}
