/// A handshake whose messages are changed on their way: nobody may believe a changed one.
import MembershipSecurity
import MembershipWire

enum NoiseFuzzing {
    private static let secrets = ClusterSecrets(
        keyring: Keyring(.random()), cluster: ClusterID(Octets16(repeating: 1)))
    private static let boots = (BootKeys(), BootKeys())

    /// The first byte says at which message the bytes come in, and whether as they are or laid over
    /// the right ones.
    static func run(_ input: [UInt8]) {
        var reader = InputReader(input)
        let way = reader.byte()
        var caller = StreamCrypto.initiator(secrets: secrets, boot: boots.0)
        var called = StreamCrypto.responder(secrets: secrets, boot: boots.1)
        let change = Change(step: Int(way % 5), isWhole: way & 0x80 != 0, bytes: reader.takeRest())
        do throws(StreamError) {
            let first = change.applied(to: try caller.start(hello: [1, 2, 3]), at: 0)
            guard first.count >= 10 else { return }
            _ = try called.readHello(
                preamble: Array(first.prefix(8)), message: Array(first.dropFirst(10)))
            precondition(!change.isReal(at: 0))
            let second = change.applied(to: try called.writeHelloAck([4, 5]), at: 1)
            _ = try caller.readHelloAck(Array(second.dropFirst(2)))
            precondition(!change.isReal(at: 1))
            let third = change.applied(to: try caller.writeJoin([6]), at: 2)
            _ = try called.readJoin(Array(third.dropFirst(2)))
            precondition(!change.isReal(at: 2))
            let record = change.applied(to: try caller.seal([7, 8, 9]), at: 3)
            let opened = try called.open(Array(record.dropFirst(2)))
            precondition(opened == [7, 8, 9])
            precondition(!change.isReal(at: 3))
        } catch {
            precondition(change.step < 4)
        }
    }

    private struct Change {
        let step: Int
        /// Whether the bytes stand in place of the message, or change it.
        let isWhole: Bool
        let bytes: [UInt8]

        /// Bytes of zero laid over a message change nothing; those of its length, before which the
        /// framer stands, are not looked at.
        func isReal(at step: Int) -> Bool {
            guard step == self.step else { return false }
            if isWhole { return true }
            let ignored = step == 0 ? 8..<10 : 0..<2
            return bytes.indices.contains { !ignored.contains($0) && bytes[$0] != 0 }
        }

        func applied(to message: [UInt8], at step: Int) -> [UInt8] {
            guard step == self.step else { return message }
            if isWhole { return bytes }
            var changed = message
            for (index, byte) in bytes.enumerated() {
                if index < changed.count { changed[index] ^= byte } else { changed.append(byte) }
            }
            return changed
        }
    }
}
