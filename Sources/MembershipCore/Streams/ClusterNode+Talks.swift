import MembershipWire

/// Messages of the application by stream: to one member, whole, with an answer.
///
/// The core opens the stream, sees who is on the other side and keeps time; what is said goes through to the
/// shell, which holds the messages and those that wait for them. Specs/Wire.md, section 5.5.
extension ClusterNode {
    mutating func handle(_ wish: TalkInput, in turn: inout Turn) {
        switch wish {
        case .call(let member, let attempt):
            guard phase == .running, member != ownRecord.id, let entry = view.table[member],
                entry.state.isLiving
            else { return tell(.ended(attempt: attempt, .gone), in: &turn) }
            // A member of an earlier version would end the connection without a word.
            let newest = entry.record.core.protocolVersions.upperBound
            guard newest >= ProtocolVersion.messagesByStream else {
                return tell(.ended(attempt: attempt, .ended(.version)), in: &turn)
            }
            openStream(
                .message(MessageCall(member: member, attempt: attempt)),
                to: entry.record.endpoint, in: &turn)
        case .answer(let id, let code):
            guard streams.carriesMessage(id), !id.isOurs else { return }
            end(id, code, in: &turn)
        case .drop(let attempt):
            guard let id = streams.stream(ofMessage: attempt) else { return }
            _ = closeStream(id, in: &turn)
        }
    }

    func tell(_ news: TalkNews, in turn: inout Turn) {
        turn.effects.append(.notify(.talk(news)))
    }

    /// HELLO_ACK has shown who answers: the message is for the process that we know, and not for another
    /// that lives at its address.
    mutating func beginTalk(
        _ call: MessageCall, with record: FullStatement, on id: StreamID, in turn: inout Turn
    ) {
        guard authenticator.nodeID(of: record.core.identityKey) == call.member,
            isProcess(record, of: call.member)
        else {
            _ = closeStream(id, in: &turn)
            return tell(.ended(attempt: call.attempt, .gone), in: &turn)
        }
        _ = streams.identify(id, as: call.member, record, over: view.table)
        turn.effects.append(.writeStream(id, .join(ownRecord.full)))
        tell(.began(id, attempt: call.attempt), in: &turn)
    }

    /// JOIN has shown who calls: a member that lives here, in the process that we know. One that is not known
    /// yet may come again.
    func mayListen(to caller: NodeID, _ record: FullStatement) -> Bool {
        isProcess(record, of: caller) && streams.admitsMessage(of: caller)
    }

    /// Whether a living member states the same process as this record.
    private func isProcess(_ record: FullStatement, of member: NodeID) -> Bool {
        guard let entry = view.table[member], entry.state.isLiving else { return false }
        let process = record.core.firstBoot ?? authenticator.bootID(of: record.core.bootKey)
        return entry.record.process == process
    }

    mutating func receiveData(
        _ part: StreamMessage.DataPart, on id: StreamID, in turn: inout Turn
    ) {
        guard streams.carriesMessage(id) else { return violate(id, in: &turn) }
        tell(.data(id, part), in: &turn)
    }
}
