package import MembershipWire

/// Two statements that one member signed under one incarnation, and that differ.
///
/// An honest member never does that: whatever changes about it, its incarnation rises. So it is a lie
/// told differently to different members, or an identity that two processes use (a copied disk). All
/// still agree on which of the two holds (`MemberRecord.isNewer`); what is kept here is the proof, which
/// anybody can check.
package struct Equivocation: Sendable {
    package let first: FullStatement
    package let second: FullStatement

    /// Both as a PEERS message, to be checked elsewhere: Specs/Wire.md, section 5.3.
    package var proof: [UInt8] {
        let chunk = StreamMessage.PeerListChunk(
            total: 2, index: 0, items: [.full(first), .full(second)])
        return (try? MessageCodec.encode(.peers(chunk))) ?? []
    }
}

extension ClusterNode {
    /// Members whose contradictions are kept: one each. Where there are more, those of the lowest ids go.
    static let equivocationCapacity = 64

    /// Compares a statement that has not been checked yet with the one that is held.
    mutating func noteEquivocation(
        _ record: MemberRecord, against known: MemberRecord, in turn: inout Turn
    ) {
        guard record.incarnation == known.incarnation, record.standing == known.standing,
            record.coreHash != known.coreHash, equivocations[record.id] == nil
        else { return }
        let text = SignedText.statement(record.coreHash, record.incarnation, record.standing)
        guard authenticator.isValid(record.signature, of: text, by: record.core.identityKey) else {
            return counters.count(.badSignature)
        }
        counters.count(.equivocation)
        let evidence = Equivocation(first: known.full, second: record.full)
        if equivocations.count >= Self.equivocationCapacity, let lowest = equivocations.keys.min() {
            equivocations[lowest] = nil
        }
        equivocations[record.id] = evidence
        turn.effects.append(.notify(.equivocation(evidence)))
    }
}
