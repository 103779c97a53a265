import MembershipWire

/// Messages of the application to everybody: rumors like any other, delivered once by each member.
extension ClusterNode {
    mutating func broadcast(type: UInt16, _ payload: [UInt8], at now: ClusterInstant) {
        guard phase == .running, payload.count <= Bounds.userPayloadBytes else { return }
        let sequence = userMessages.nextSequence(inLife: ownRecord.incarnation)
        let text = SignedText.user(
            origin: ownRecord.id, sequence: sequence, applicationType: type, payload: payload)
        let statement = UserStatement(
            origin: ownRecord.id, sequence: sequence,
            timeToLive: UInt8(clamping: configuration.messageHops),
            applicationType: type,
            payload: payload, signature: authenticator.sign(text))
        spread(.user(statement), about: .user(ownRecord.id, sequence), .user, at: now)
    }

    /// USER: delivered and passed on if it is new and really from its origin.
    mutating func hear(
        _ statement: UserStatement, in turn: inout Turn
    ) {
        guard statement.origin != ownRecord.id else { return }
        guard let origin = view.table[statement.origin] else {
            return counters.count(.unknownTarget)
        }
        guard userMessages.isNew(statement.sequence, from: statement.origin) else {
            return counters.count(.duplicateMessage)
        }
        let text = SignedText.user(
            origin: statement.origin, sequence: statement.sequence,
            applicationType: statement.applicationType, payload: statement.payload)
        guard
            authenticator.isValid(
                statement.signature, of: text, by: origin.record.core.identityKey)
        else { return counters.count(.badSignature) }
        userMessages.note(statement.sequence, from: statement.origin)
        turn.effects.append(
            .notify(
                .userMessage(
                    origin: statement.origin, type: statement.applicationType,
                    payload: statement.payload)))
        guard statement.timeToLive > 0 else { return }
        var passedOn = statement
        passedOn.timeToLive -= 1
        spread(
            .user(passedOn), about: .user(statement.origin, statement.sequence), .user, at: turn.now
        )
    }
}

/// Which user messages we have seen: per origin the highest sequence and a window of 64 below it.
struct UserMessageFilter: Sendable {
    private struct Window: Sendable {
        var highest: UInt64
        var seen: UInt64
    }

    private var windows: [NodeID: Window] = [:]
    private var sent: UInt64 = 0

    /// The life in the upper half, a counter in the lower: rises over restarts too.
    mutating func nextSequence(inLife incarnation: Incarnation) -> UInt64 {
        sent += 1
        return (incarnation.number & 0x7FFF_FFFF) << 32 | (sent & 0xFFFF_FFFF)
    }

    func isNew(_ sequence: UInt64, from origin: NodeID) -> Bool {
        guard let window = windows[origin] else { return true }
        if sequence > window.highest { return true }
        let age = window.highest - sequence
        return age < 64 && window.seen & (1 << age) == 0
    }

    mutating func note(_ sequence: UInt64, from origin: NodeID) {
        guard var window = windows[origin] else {
            windows[origin] = Window(highest: sequence, seen: 1)
            return
        }
        if sequence > window.highest {
            let step = sequence - window.highest
            window.seen = step < 64 ? window.seen << step | 1 : 1
            window.highest = sequence
        } else if window.highest - sequence < 64 {
            window.seen |= 1 << (window.highest - sequence)
        }
        windows[origin] = window
    }

    mutating func forget(_ origin: NodeID) { windows[origin] = nil }
}
