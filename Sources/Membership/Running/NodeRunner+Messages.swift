internal import MembershipCore
import MembershipWire

/// Messages of the application: where they go out, and which reader gets those that come in.
extension NodeRunner {
    /// Own broadcasts that may wait to be sent.
    static let ownMessagesAtOnce = 256

    /// A message to one member. Returns why it was not sent.
    func send(_ payload: [UInt8], type: UInt16, to member: NodeID) -> ClusterError? {
        let now = ClusterInstant.now()
        guard member != node.ownRecord.id else {
            deliver(Message(from: member, type: type, payload: payload, kind: .datagram))
            return nil
        }
        guard let status = node.status(of: member, at: now), status.state.isLiving else {
            outgoing.forget(member)
            return .memberGone(member)
        }
        guard outgoing.take(for: member, at: now) else { return .congested }
        feed(.send(type: type, payload: payload, to: member), at: now)
        return nil
    }

    /// To those that read its type; where none does, it is an event.
    func deliver(_ message: Message) {
        let delivery = messages.publish(message)
        for _ in 0..<delivery.lost { meter.refuse(.messageUnread) }
        guard !delivery.hasReader else { return }
        tell(.message(from: message.from, type: message.type, payload: message.payload))
    }
}
