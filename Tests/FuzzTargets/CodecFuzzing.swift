/// Every decoder: what it reads is written as it was.
import MembershipSecurity
import MembershipWire

enum CodecFuzzing {
    static func run(_ input: [UInt8]) {
        var reader = InputReader(input)
        let way = reader.byte()
        let bytes = reader.takeRest()
        if way >= 0xF0 { return keys(bytes) }
        switch way % 6 {
        case 0: datagram(bytes)
        case 1:
            // Filled up, so that the fuzzer need not find the length.
            let length = max(64, (bytes.count + 63) / 64 * 64)
            datagram(bytes + Array(repeating: 0, count: length - bytes.count))
        case 2:
            stream(bytes) { (bytes) throws(WireError) in try MessageCodec.decode(stream: bytes) }
        case 3:
            let padded = Array((bytes + Array(repeating: 0, count: 192)).prefix(192))
            stream(padded) { (bytes) throws(WireError) in
                .hello(try MessageCodec.decodeHello(bytes))
            }
        case 4:
            stream(bytes) { (bytes) throws(WireError) in
                let (member, view) = try MessageCodec.decodeHelloAck(bytes)
                return .helloAck(member, view)
            }
        default:
            stream(bytes) { (bytes) throws(WireError) in .join(try MessageCodec.decodeJoin(bytes)) }
            guard let reject = try? ClearReject(parsing: bytes) else { return }
            precondition(reject.bytes == bytes)
        }
    }

    private static func datagram(_ plaintext: [UInt8]) {
        guard let datagram = try? MessageCodec.decode(datagram: plaintext) else { return }
        let again = try? MessageCodec.encode(datagram, padding: .to(plaintext.count))
        precondition(again == plaintext)
    }

    /// KEYS, which the shell reads and not the core: no type byte before it, so that one is not
    /// looked for.
    private static func keys(_ bytes: [UInt8]) {
        let message = [Keyset.messageType] + bytes
        var record = message
        guard let keyset = try? Keyset.decode(wiping: &record) else { return }
        precondition(keyset.makeMessage().withBytes { $0.elementsEqual(message) })
        precondition(record.allSatisfy { $0 == 0 })
    }

    private static func stream(
        _ bytes: [UInt8], _ decode: (UnsafeRawBufferPointer) throws(WireError) -> StreamMessage
    ) {
        let message = bytes.withUnsafeBytes { try? decode($0) }
        guard let message else { return }
        precondition((try? MessageCodec.encode(message)) == bytes)
    }
}
