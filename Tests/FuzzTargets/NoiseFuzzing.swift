/// A handshake whose messages are changed on their way: nobody may believe a changed one.
import MembershipSecurity
import MembershipWire

enum NoiseFuzzing {
    private static let secrets = ClusterSecrets(
        keyring: Keyring(.random()), cluster: ClusterID(Octets16(repeating: 1)))
    private static let boots = (BootKeys(), BootKeys())

    /// A first message as it should be, for those runs that need no more of its caller.
    private static let hello: [UInt8] = {
        var caller = StreamCrypto.initiator(secrets: secrets, boot: boots.0)
        guard let hello = try? caller.start(hello: [1, 2, 3]) else {
            preconditionFailure("no hello")
        }
        return hello
    }()

    /// The first byte says at which message the bytes come in, and whether as they are or laid over
    /// the right ones. Bytes of zero laid over them leave the handshake as it should be. Mostly it is
    /// the first message, the one that anybody can send.
    static func run(_ input: [UInt8]) {
        var reader = InputReader(input)
        let way = reader.byte()
        let step = max(0, Int(way & 7) - 4)
        var change = Change(step: step, isWhole: way & 0x80 != 0, bytes: reader.takeRest())
        do throws(StreamError) {
            if step == 0 {
                var called = StreamCrypto.responder(secrets: secrets, boot: boots.1)
                try read(change.applied(to: hello, at: 0), &called)
                return precondition(!change.isReal)
            }
            var caller = StreamCrypto.initiator(secrets: secrets, boot: boots.0)
            var called = StreamCrypto.responder(secrets: secrets, boot: boots.1)
            try read(try caller.start(hello: [1, 2, 3]), &called)
            let second = change.applied(to: try called.writeHelloAck([4, 5]), at: 1)
            _ = try caller.readHelloAck(Array(second.dropFirst(2)))
            precondition(!change.isReal)
            let third = change.applied(to: try caller.writeJoin([6]), at: 2)
            _ = try called.readJoin(Array(third.dropFirst(2)))
            precondition(!change.isReal)
            let record = change.applied(to: try caller.seal([7, 8, 9]), at: 3)
            let opened = try called.open(Array(record.dropFirst(2)))
            precondition(opened == [7, 8, 9])
            precondition(!change.isReal)
        } catch {
            precondition(change.isReal)
        }
    }

    private static func read(
        _ hello: [UInt8], _ called: inout StreamCrypto
    ) throws(StreamError) {
        guard hello.count >= 10 else { throw .notAPreamble }
        _ = try called.readHello(
            preamble: Array(hello.prefix(8)), message: Array(hello.dropFirst(10)))
    }

    private struct Change {
        let step: Int
        /// Whether the bytes stand in place of the message, or change it.
        let isWhole: Bool
        let bytes: [UInt8]
        /// Whether a message is another one now.
        private(set) var isReal = false

        init(step: Int, isWhole: Bool, bytes: [UInt8]) {
            self.step = step
            self.isWhole = isWhole
            self.bytes = bytes
        }

        mutating func applied(to message: [UInt8], at step: Int) -> [UInt8] {
            guard step == self.step else { return message }
            var changed = isWhole ? bytes : message
            if !isWhole {
                for (index, byte) in bytes.enumerated() {
                    if index < changed.count {
                        changed[index] ^= byte
                    } else {
                        changed.append(byte)
                    }
                }
            }
            // The bytes of its length, before which the framer stands, are not looked at.
            let length = step == 0 ? 8..<10 : 0..<2
            isReal =
                changed.count < length.upperBound
                || changed[..<length.lowerBound] != message[..<length.lowerBound]
                || changed[length.upperBound...] != message[length.upperBound...]
            return changed
        }
    }
}
