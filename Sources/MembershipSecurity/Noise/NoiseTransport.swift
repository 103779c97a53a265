/// The conversation after a handshake: one cipher a direction. Noise revision 34, section 5.
///
/// A message that cannot be opened ends it: a stream loses and reorders nothing, so a fault is an
/// attack or a bug. In a forked child it seals nothing, because its parent uses the same numbers.
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

struct NoiseTransport: ~Copyable, Sendable {
    /// The size of one message, tag included.
    static let messageBytes = 16...65_535
    /// The payload that one message can carry.
    static let payloadBytes = 0...(65_535 - 16)

    private var sending: NoiseCipher
    private var receiving: NoiseCipher
    private var failure: NoiseError?
    private let process = getpid()

    init(sending: consuming NoiseCipher, receiving: consuming NoiseCipher) {
        self.sending = sending
        self.receiving = receiving
    }

    /// Appends the sealed message to `output`.
    mutating func seal(
        _ payload: UnsafeRawBufferPointer, appendingTo output: inout [UInt8]
    ) throws(NoiseError) {
        guard Self.payloadBytes.contains(payload.count) else { throw .tooLong }
        guard process == getpid() else { throw .forked }
        try sending.seal(payload, appendingTo: &output)
    }

    mutating func open(_ message: UnsafeRawBufferPointer) throws(NoiseError) -> [UInt8] {
        if let failure { throw failure }
        do throws(NoiseError) {
            guard message.count <= Self.messageBytes.upperBound else { throw .tooLong }
            return try receiving.open(message)
        } catch {
            failure = error
            throw error
        }
    }
}
