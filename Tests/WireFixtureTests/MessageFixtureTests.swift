import Testing

@testable import MembershipSecurity
@testable import MembershipWire

/// Plaintexts: what they say, why they are refused, and that they are written as they were read.
struct MessageFixtureTests {
    private struct MessageCase: FixtureCase {
        let id: String
        let result: String
        let reason: String
        let kind: String?
        let plaintext: String
        let message: [String]
    }

    private struct CoreCase: FixtureCase {
        let id: String
        let result: String
        let reason: String
        let core: String
        let message: String
        let hash: String
    }

    @Test func `datagrams are read, refused and written as the fixtures say`() throws {
        let file = try FixtureFile<MessageCase>("datagrams")
        for one in file.cases {
            let plaintext = bytes(one.plaintext)
            let output = reading { () throws(WireError) in
                let datagram = try MessageCodec.decode(datagram: plaintext)
                let padding = Padding.to(plaintext.count)
                let again = try? MessageCodec.encode(datagram, padding: padding)
                #expect(again == plaintext, "\(one.id)")
                return words(datagram)
            }
            #expect(output.reason == one.reason, "\(one.id)")
            #expect(output.words == one.message, "\(one.id)")
            WrittenBySwift.reproduced(
                file.name, one.id, [("reason", output.reason)], words: output.words)
        }
    }

    @Test func `stream messages are read, refused and written as the fixtures say`() throws {
        let file = try FixtureFile<MessageCase>("stream-messages")
        for one in file.cases {
            let plaintext = bytes(one.plaintext)
            let output = reading { () throws(WireError) in
                try streamWords(plaintext, kind: one.kind ?? "", id: one.id)
            }
            #expect(output.reason == one.reason, "\(one.id)")
            #expect(output.words == one.message, "\(one.id)")
            WrittenBySwift.reproduced(
                file.name, one.id, [("reason", output.reason)], words: output.words)
        }
    }

    private func streamWords(
        _ plaintext: [UInt8], kind: String, id: String
    ) throws(WireError) -> [String] {
        if kind == "reject" {
            let reject = try ClearReject(parsing: plaintext)
            #expect(reject.bytes == plaintext, "\(id)")
            return ["REJECT code=\(reject.code.rawValue)"]
        }
        let message = try plaintext.withOctets { (bytes) throws(WireError) in
            switch kind {
            case "hello": return StreamMessage.hello(try MessageCodec.decodeHello(bytes))
            case "hello-ack":
                let (member, view) = try MessageCodec.decodeHelloAck(bytes)
                return .helloAck(member, view)
            case "join": return .join(try MessageCodec.decodeJoin(bytes))
            default: return try MessageCodec.decode(stream: bytes)
            }
        }
        #expect((try? MessageCodec.encode(message)) == plaintext, "\(id)")
        return words(message)
    }

    @Test func `cores are read, refused and hashed as the fixtures say`() throws {
        let file = try FixtureFile<CoreCase>("cores")
        let hasher = NodeAuthenticator(
            identity: try Parties.identity(named: "A"), boot: try Parties.boot(named: "A"),
            secrets: Parties.secrets)
        for one in file.cases {
            var hash = ""
            let output = reading { () throws(WireError) in
                let core = try MemberCore(parsing: bytes(one.core))
                hash = hex(hasher.hash(of: core.bytes).octets.bytes)
                return [words(core)]
            }
            #expect(output.reason == one.reason, "\(one.id)")
            #expect(output.words.joined() == one.message, "\(one.id)")
            #expect(hash == one.hash, "\(one.id)")
            WrittenBySwift.reproduced(
                file.name, one.id,
                [("reason", output.reason), ("message", output.words.joined()), ("hash", hash)])
        }
    }

    private func reading(
        _ body: () throws(WireError) -> [String]
    ) -> (words: [String], reason: String) {
        do throws(WireError) {
            return (try body(), "")
        } catch {
            return ([], error.reason)
        }
    }
}
