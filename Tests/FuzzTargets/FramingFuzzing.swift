/// Bytes of a connection in pieces: however they are cut on their way, the messages are the same.
import MembershipSecurity

enum FramingFuzzing {
    static func run(_ input: [UInt8]) {
        var reader = InputReader(input)
        let way = reader.byte()
        let longest = way & 1 == 0 ? StreamFramer.handshakeBytes : StreamFramer.recordBytes
        let mayBeRejected = way & 2 != 0
        let preambleBytes = way & 4 == 0 ? 0 : 8
        let step = 1 + Int(way >> 3)
        let bytes = reader.takeRest()
        var whole = StreamFramer(longestMessage: longest, mayBeRejected: mayBeRejected)
        whole.append(bytes)
        let expected = cut(&whole, takingFirst: preambleBytes)
        var pieces = StreamFramer(longestMessage: longest, mayBeRejected: mayBeRejected)
        var found: (messages: [[UInt8]], ended: Bool) = ([], false)
        var left = preambleBytes
        for start in stride(from: 0, to: bytes.count, by: step) where !found.ended {
            pieces.append(bytes[start..<min(start + step, bytes.count)])
            if left > 0 {
                guard let preamble = pieces.take(left) else { continue }
                found.messages.append(preamble)
                left = 0
            }
            let more = cut(&pieces, takingFirst: 0)
            found.messages += more.messages
            found.ended = more.ended
        }
        precondition(found.messages == expected.messages && found.ended == expected.ended)
        precondition(expected.ended || whole.unreadBytes < 2 + longest || bytes.count < 8)
    }

    private static func cut(
        _ framer: inout StreamFramer, takingFirst count: Int
    ) -> (messages: [[UInt8]], ended: Bool) {
        var messages: [[UInt8]] = []
        if count > 0 {
            guard let preamble = framer.take(count) else { return ([], false) }
            messages.append(preamble)
        }
        do throws(StreamFramingError) {
            while let message = try framer.next() { messages.append(message) }
            return (messages, false)
        } catch {
            return (messages, true)
        }
    }
}
