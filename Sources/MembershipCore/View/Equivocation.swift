package import MembershipWire

/// Two statements that one member signed under one incarnation, and that differ.
///
/// An honest member never does that: whatever changes about it, its incarnation rises. So it is a
/// lie with different versions for different members, or an identity that two processes use (a
/// copied disk). All still agree on which of the two holds (`MemberRecord.isNewer`). The proof is
/// kept here, and any reader can check it.
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

extension Equivocation {
    /// Whether a statement that has not been checked yet contradicts the one that is held.
    static func isSuspected(in record: MemberRecord, against known: MemberRecord) -> Bool {
        record.incarnation == known.incarnation && record.standing == known.standing
            && record.coreHash != known.coreHash
    }
}
