/// Why something that was decoded well was still not acted upon. Each has a counter; none is
/// answered unless the rules say so.
package enum IgnoredReason: String, CaseIterable, Sendable {
    case unknownSender
    /// An unknown member beyond what one teller may bring: see `NewcomerLimits`.
    case tooManyNewcomers
    case lateAck
    case forgedAck
    case badSignature
    case incarnationJump
    case revivedLeft
    case tableFull
    case aheadOfUs
    case staleStatement
    case unknownTarget
    case unknownAccuser
    case tooManyAccusations
    case discountedAccuser
    case unprovenDeath
    /// A statement of a dead member that is believed only when it answers: see `Answers`.
    case unansweredClaim
    case badRelayProof
    /// A record under the node id of another identity.
    case foreignIdentity
    /// A record that states another's boot as its own.
    case foreignBoot
    /// A record under a name that another bears: held, and shown by its id.
    case nameTaken
    /// Two statements by one member under one incarnation; kept as evidence.
    case equivocation
    /// A datagram of ours that did not go out: see `AddressTrials`.
    case unprovenAddress
    case duplicateMessage
    /// A message to this member alone, of a member that is dead or has left.
    case messageOfGone
    /// More messages to this member alone than it takes in a second.
    case messageRate
    case unexpectedStreamMessage
    case queueFull
    /// Items of a member that has recently passed on signatures that do not hold: see `SenderAccounts`.
    case distrustedSender
    /// Items of a member that has used up the checks which it may ask of us.
    case tooManyChecks
    /// News from a member that is dead to us, or has left.
    case senderNotLiving
    /// A new statement that waits because its member makes too many: see `StatementAccounts`.
    case tooManyStatements
    /// A verdict of a member whose verdicts keep turning out to be false.
    case discountedTeller
    /// A state of another process than the one that the record of its member names.
    case stateOfOtherProcess
    /// More versions of a state than a member may publish in a second.
    case stateRate
    /// Values of a state for which there is no room.
    case stateOverflow
}
