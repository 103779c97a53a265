import MembershipCore
import MembershipSimulator

/// What memberlist nodes tell each other, reduced to what bears on detection and dissemination.
enum BaselineMessage {
    case ping(sequence: UInt64, requester: Int?)
    case ack(sequence: UInt64)
    case indirectPing(target: Int, sequence: UInt64)
    case nack(sequence: UInt64)
    case gossip
    /// Over TCP: the fallback of a probe, and its answer.
    case streamPing(sequence: UInt64)
    case streamAck(sequence: UInt64)
    /// All that the sender believes; `isAnswer` ends the exchange.
    case pushPull([BaselineClaim], isAnswer: Bool)
}

/// A rumor: what is said of a member.
struct BaselineClaim {
    enum Kind: UInt8 { case alive, suspect, dead }

    var kind: Kind
    var member: Int
    var incarnation: UInt32
    var from: Int
}

/// A message on its way, with the rumors that ride along.
struct BaselinePacket {
    var sender: Int
    var message: BaselineMessage
    var claims: [BaselineClaim]
}
