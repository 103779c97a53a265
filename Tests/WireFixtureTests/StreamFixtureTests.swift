import MembershipWire
import Testing

@testable import MembershipSecurity

/// Whole conversations with fixed one-time keys, and the cutting of bytes into messages.
struct StreamFixtureTests {
    private struct StreamCase: FixtureCase {
        struct Ring: Decodable, Sendable {
            let clusterKey: String
            let cluster: String
        }

        let id: String
        let result: String
        let reason: String
        let messages: [String]
        let payloads: [String]
        let changed: Int
        let called: Ring
    }

    private struct FramingCase: FixtureCase {
        let id: String
        let result: String
        let reason: String
        let longest: Int
        let caller: Bool
        let pieces: [String]
        let cut: [String]
    }

    @Test func `a stream is the golden one, byte for byte`() throws {
        let file = try FixtureFile<StreamCase>("streams")
        let one = try #require(file.cases.first { $0.isValid })
        var caller = try makeCaller()
        var called = try makeCalled(one)
        let payloads = one.payloads.map { bytes($0) }
        var messages = [try caller.start(hello: payloads[0])]
        #expect(
            try called.readHello(
                preamble: Array(messages[0][..<8]), message: Array(messages[0][10...]))
                == payloads[0])
        messages.append(try called.writeHelloAck(payloads[1]))
        #expect(try caller.readHelloAck(Array(messages[1][2...])) == payloads[1])
        messages.append(try caller.writeJoin(payloads[2]))
        #expect(try called.readJoin(Array(messages[2][2...])) == payloads[2])
        messages.append(try caller.seal(payloads[3]))
        messages.append(try called.seal(payloads[4]))
        messages.append(try caller.seal(payloads[5]))
        #expect(try called.open(Array(messages[3][2...])) == payloads[3])
        #expect(try caller.open(Array(messages[4][2...])) == payloads[4])
        #expect(try called.open(Array(messages[5][2...])) == payloads[5])
        #expect(messages.map { hex($0) } == one.messages)
        WrittenBySwift.reproduced(file.name, one.id, [], list: messages.map { hex($0) })
    }

    @Test func `a changed stream ends at the change`() throws {
        let file = try FixtureFile<StreamCase>("streams")
        for one in file.cases where !one.isValid {
            let (step, reason) = try play(one)
            #expect(step == one.changed, "\(one.id)")
            #expect(reason == one.reason, "\(one.id)")
            WrittenBySwift.reproduced(file.name, one.id, [("reason", reason)], number: step)
        }
    }

    /// Which of the messages is refused first, and why.
    private func play(_ one: StreamCase) throws -> (step: Int, reason: String) {
        var caller = try makeCaller()
        var called = try makeCalled(one)
        let messages = one.messages.map { bytes($0) }
        var step = 0
        do throws(StreamError) {
            _ = try caller.start(hello: Array("hello".utf8))
            _ = try called.readHello(
                preamble: Array(messages[0].prefix(8)), message: Array(messages[0].dropFirst(10)))
            step = 1
            _ = try called.writeHelloAck(Array("hello-ack".utf8))
            _ = try caller.readHelloAck(Array(messages[1].dropFirst(2)))
            step = 2
            _ = try caller.writeJoin(Array("join".utf8))
            _ = try called.readJoin(Array(messages[2].dropFirst(2)))
            for index in 3..<messages.count {
                step = index
                let message = Array(messages[index].dropFirst(2))
                _ = index == 4 ? try caller.open(message) : try called.open(message)
            }
            return (-1, "")
        } catch {
            return (step, name(of: error))
        }
    }

    private func name(of error: StreamError) -> String {
        switch error {
        case .notAPreamble: "not-a-preamble"
        case .unknownKey: "unknown-key"
        case .wrongCluster: "wrong-cluster"
        case .noise(.tooShort): "noise-truncated"
        case .noise: "noise-tag"
        }
    }

    private func makeCaller() throws -> StreamCrypto {
        StreamCrypto(
            role: .initiator, secrets: Parties.secrets, boot: try Parties.boot(named: "A"),
            ephemeral: Parties.callerOneTime)
    }

    private func makeCalled(_ one: StreamCase) throws -> StreamCrypto {
        let name = String(decoding: bytes(one.called.cluster), as: UTF8.self)
        let secrets = Parties.secrets(
            of: Keyring(Parties.key(named: one.called.clusterKey)), cluster: ClusterID(named: name))
        return StreamCrypto(
            role: .responder, secrets: secrets, boot: try Parties.boot(named: "B"),
            ephemeral: Parties.calledOneTime)
    }

    @Test func `bytes are cut into messages as the fixtures say`() throws {
        let file = try FixtureFile<FramingCase>("framing")
        for one in file.cases {
            var framer = StreamFramer(longestMessage: one.longest, mayBeRejected: one.caller)
            var cut: [String] = []
            var reason = ""
            do throws(StreamFramingError) {
                for piece in one.pieces {
                    framer.append(bytes(piece))
                    while let message = try framer.next() { cut.append(hex(message)) }
                }
            } catch {
                reason = name(of: error)
            }
            #expect(cut == one.cut, "\(one.id)")
            #expect(reason == one.reason, "\(one.id)")
            WrittenBySwift.reproduced(file.name, one.id, [("reason", reason)], cut: cut)
        }
    }

    private func name(of error: StreamFramingError) -> String {
        switch error {
        case .tooLong: "message-too-long"
        case .tooShort: "message-too-short"
        case .rejected(let code): "rejected-\(code.rawValue)"
        case .badRejection: "bad-reject"
        }
    }
}
