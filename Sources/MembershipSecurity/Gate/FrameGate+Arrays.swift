/// The gate over arrays, for callers without their own buffers. The arrays are reused: after the
/// first call nothing is allocated.
package import MembershipWire

extension FrameGate {
    /// Replaces `frame` by the sealed frame; after an error it is empty.
    package mutating func seal(
        _ plaintext: [UInt8], sequence: UInt64, to destination: BootID, bootKey: BootKey?,
        into frame: inout [UInt8]
    ) throws(SealError) {
        frame.resize(to: plaintext.count + FrameLayout.overheadBytes)
        do throws(SealError) {
            _ = try frame.withMutableOctets { (frame) throws(SealError) in
                try plaintext.withOctets { (plaintext) throws(SealError) in
                    try seal(
                        plaintext, sequence: sequence, to: destination, bootKey: bootKey,
                        into: frame)
                }
            }
        } catch {
            frame.removeAll(keepingCapacity: true)
            throw error
        }
    }

    /// Replaces `plaintext` by the padded plaintext; after a refusal it is empty.
    package mutating func open(
        _ datagram: [UInt8], at now: Duration = .zero, into plaintext: inout [UInt8],
        bootKey: (BootID) -> BootKey?
    ) -> Opening {
        plaintext.resize(to: Bounds.plaintextBytes.upperBound)
        let opening = plaintext.withUnsafeMutableBytes { plaintext in
            datagram.withUnsafeBytes { open($0, at: now, into: plaintext, bootKey: bootKey) }
        }
        switch opening {
        case .opened(let frame): plaintext.resize(to: frame.plaintextBytes)
        case .refused, .stranger, .outdated: plaintext.resize(to: 0)
        }
        return opening
    }
}

extension [UInt8] {
    /// Cuts off or adds zeros; keeps the memory.
    fileprivate mutating func resize(to newCount: Int) {
        if newCount < count { removeLast(count - newCount) }
        if newCount > count { append(contentsOf: repeatElement(0, count: newCount - count)) }
    }
}
