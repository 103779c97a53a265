import MembershipCore
import MembershipSecurity
import MembershipWire
import Testing

@testable import Membership

struct `A stream as a value` {
    let start = ClusterInstant(nanoseconds: 1_000_000_000)

    @Test func `a handshake opens both ends, and each core hears what the other said`() throws {
        let pair = Pair(at: start)
        pair.run()
        #expect(pair.called.heard == ["hello"])
        pair.called.machine.write(.helloAck(Self.record("b"), Self.view))
        pair.run()
        #expect(pair.caller.heard == ["helloAck"])
        pair.caller.machine.write(.join(Self.record("a")))
        pair.run()
        #expect(pair.called.heard == ["hello", "join"])
        #expect(pair.isOpen)
        pair.called.machine.write(.end(.done))
        pair.called.machine.finish()
        pair.run()
        #expect(pair.caller.heard == ["helloAck", "end"])
    }

    @Test func `nothing is read while the core owes an answer`() throws {
        let pair = Pair(at: start)
        pair.run()
        // A whole message more has arrived; it waits until HELLO_ACK has been sent.
        pair.called.machine.received([UInt8](repeating: 0, count: 300))
        pair.run()
        #expect(pair.called.heard == ["hello"])
        pair.called.machine.write(.helloAck(Self.record("b"), Self.view))
        pair.run()
        #expect(pair.called.heard == ["hello", "failed"])
        #expect(pair.called.counted == [.streamGarbage])
        #expect(pair.called.isClosed)
    }

    @Test func `what is queued is sealed only as the socket takes it`() throws {
        let pair = Pair(at: start)
        pair.open()
        pair.called.socketTakes = false
        for _ in 0..<3 { pair.called.machine.write(Self.chunk) }
        pair.called.machine.write(.end(.done))
        pair.called.machine.finish()
        pair.run()
        #expect(pair.caller.heard == ["helloAck"])
        #expect(!pair.called.isFlushed)
        pair.called.socketTakes = true
        pair.run()
        #expect(pair.caller.heard == ["helloAck", "peers", "peers", "peers", "end"])
        #expect(pair.called.isFlushed)
    }

    @Test func `an end of the connection before the end of the conversation fails it, once`() {
        let pair = Pair(at: start)
        pair.open()
        pair.caller.machine.remoteEnded()
        pair.caller.machine.connectionEnded()
        pair.run()
        #expect(pair.caller.heard == ["helloAck", "failed"])
        #expect(pair.caller.closes == 1)
    }

    @Test func `a core that is done waits until the other side has ended, but not for long`() {
        let pair = Pair(at: start)
        pair.open()
        pair.called.machine.finish()
        pair.run()
        #expect(pair.called.isFlushed)
        pair.called.machine.everythingIsSent()
        pair.run()
        #expect(!pair.called.isClosed)
        pair.called.machine.look(at: start + .seconds(2))
        pair.run()
        #expect(pair.called.isClosed)
        #expect(pair.called.heard == ["hello", "join"])
    }

    @Test func `a caller of another protocol is closed without a word`() {
        let pair = Pair(at: start)
        pair.called.machine.received(Array("GET / HTTP/1.1\r\n".utf8))
        pair.run()
        #expect(pair.called.isClosed)
        #expect(pair.called.written.isEmpty)
        #expect(pair.called.heard.isEmpty)
        #expect(pair.called.counted == [.streamGarbage])
    }

    @Test func `a caller with another key is told so in eight bytes and no longer read`() throws {
        let stranger = ClusterSecrets(
            keyring: Keyring(.random()), cluster: ClusterID(named: "default"))
        let pair = Pair(at: start, callerSecrets: stranger)
        pair.run(delivering: false)
        #expect(pair.called.written == (ClearReject(.unknownKey)?.bytes ?? []))
        #expect(pair.called.counted == [.streamUnknownKey])
        // Its place in the admission is not given back before it is gone.
        #expect(pair.called.handshakesEnded == 0)
        pair.called.machine.received([1, 2, 3])
        pair.called.machine.remoteEnded()
        pair.called.machine.everythingIsSent()
        pair.run(delivering: false)
        #expect(pair.called.isClosed)
        #expect(pair.called.heard.isEmpty)
    }

    @Test func `a busy core turns a caller away before the handshake`() {
        let pair = Pair(at: start)
        pair.run()
        pair.called.machine.write(.end(.busy))
        pair.run()
        #expect(pair.caller.heard == ["failed"])
    }

    @Test func `a caller that says nothing is dropped when its time is over`() {
        let pair = Pair(at: start)
        _ = pair.called.machine.nextAction(socketTakes: true)
        pair.called.machine.look(at: start + .seconds(3))
        pair.run(delivering: false)
        #expect(pair.called.isClosed)
        #expect(pair.called.heard.isEmpty)
        #expect(pair.called.counted == [.streamBounds])
    }

    @Test func `a stream that brings too much is cut, and what it brought is not a forgery`() {
        let pair = Pair(at: start)
        pair.open()
        pair.caller.machine.write(Self.chunk)
        pair.run()
        pair.called.machine.exceedMemory()
        pair.run()
        #expect(pair.called.heard == ["hello", "join", "peers", "cut"])
        #expect(pair.called.counted == [.streamMemory])
    }

    @Test func `a recorded HELLO costs no curve and gets no answer`() {
        let pair = Pair(at: start)
        pair.called.isNewHello = false
        pair.run()
        #expect(pair.called.counted == [.streamReplay])
        #expect(pair.called.heard.isEmpty)
        #expect(pair.called.isClosed)
    }

    @Test func `a caller that is displaced is gone, and the core hears of it if it knew it`() {
        let silent = Pair(at: start)
        silent.called.machine.displace()
        silent.run(delivering: false)
        #expect(silent.called.heard.isEmpty)
        let greeted = Pair(at: start)
        greeted.run()
        greeted.called.machine.displace()
        greeted.run(delivering: false)
        #expect(greeted.called.heard == ["hello", "failed"])
        #expect(greeted.called.counted == [.streamDisplaced])
    }

    @Test func `keys are stored before anything else is read, even if the line is cut`() {
        let pair = Pair(at: start)
        pair.open()
        pair.caller.machine.write(Keyset(.random()))
        pair.caller.machine.write(Self.chunk)
        pair.run()
        #expect(pair.called.heard == ["hello", "join", "keys"])
        pair.called.machine.connectionEnded()
        pair.run()
        #expect(pair.called.heard == ["hello", "join", "keys"])
        pair.called.machine.tookKeys(.refused)
        pair.run()
        #expect(pair.called.heard == ["hello", "join", "keys", "took", "peers", "failed"])
    }

    // MARK: Two ends and the wire between them

    static let boots = [BootKeys(), BootKeys()]
    static let secrets = ClusterSecrets(
        keyring: Keyring(.random()), cluster: ClusterID(named: "default"))
    static let view = ViewDigest(members: 1, hash: 7, keyringHash: 0)
    static let chunk = StreamMessage.peers(.init(total: 0, index: 0, items: []))

    static func record(_ name: String) -> FullStatement {
        let identity = NodeIdentity.random()
        guard let alias = try? NodeAlias(parsing: name),
            let core = try? MemberCore.make(
                identityKey: identity.publicKey, bootKey: boots[0].publicKey,
                endpoint: Endpoint(.v4(0x7F00_0001), port: 1), alias: alias, metadata: [])
        else { preconditionFailure("\(name) is a legal record") }
        return FullStatement(
            core: core, incarnation: .first, standing: .alive, signature: Signature(Octets64()))
    }

    final class Pair {
        let caller: End
        let called: End

        init(at start: ClusterInstant, callerSecrets: ClusterSecrets = secrets) {
            let hello = StreamMessage.Hello(
                purpose: .join, protocolVersions: 1...1, caller: NodeID(7))
            caller = End(
                StreamMachine(
                    calling: hello, under: nil,
                    .initiator(secrets: callerSecrets, boot: boots[0]), StreamLimits(),
                    at: start))
            called = End(
                StreamMachine(
                    called: .responder(secrets: secrets, boot: boots[1]), StreamLimits(),
                    at: start))
            caller.machine.connected(isSelf: false)
        }

        var isOpen: Bool {
            if case .open = caller.machine.state, case .open = called.machine.state {
                return true
            }
            return false
        }

        /// Both cores say what they must; from then on records pass.
        func open() {
            run()
            called.machine.write(.helloAck(record("b"), view))
            run()
            caller.machine.write(.join(record("a")))
            run()
        }

        /// Until neither end has anything to do.
        func run(delivering: Bool = true) {
            while true {
                caller.perform()
                called.machine.received(caller.takeWritten())
                called.perform()
                guard delivering else { return }
                let back = called.takeWritten()
                caller.machine.received(back)
                caller.perform()
                if back.isEmpty, caller.written.isEmpty { return }
            }
        }
    }

    /// A machine, and what it wanted done.
    final class End {
        var machine: StreamMachine
        var socketTakes = true
        var isNewHello = true
        var heard: [String] = []
        var written: [UInt8] = []
        var counted: [SocketRefusal] = []
        var handshakesEnded = 0
        var closes = 0
        var isFlushed = false
        var isClosed: Bool { closes > 0 }

        init(_ machine: consuming StreamMachine) { self.machine = machine }

        func takeWritten() -> [UInt8] {
            defer { written = [] }
            return written
        }

        func perform() {
            while let action = machine.nextAction(socketTakes: socketTakes) {
                switch action {
                case .tell(let input): heard.append(Self.name(input))
                case .write(let bytes): written += bytes
                case .flushToEnd: isFlushed = true
                case .showHello: machine.weigh(isNew: isNewHello)
                case .handshakeEnded: handshakesEnded += 1
                case .count(let reason): counted.append(reason)
                case .close: closes += 1
                case .endOutput, .look: break
                }
            }
        }

        private static func name(_ input: StreamInput) -> String {
            switch input {
            case .received(let message, _):
                switch message {
                case .hello: "hello"
                case .helloAck: "helloAck"
                case .join: "join"
                case .peers: "peers"
                case .end: "end"
                case .syncBuckets, .syncIDs, .syncWant, .syncDelta: "sync"
                case .data: "data"
                }
            case .comes: "comes"
            case .calledUnderRetiredKey: "retired"
            case .receivedKeys: "keys"
            case .tookKeys: "took"
            case .failed: "failed"
            case .cut: "cut"
            }
        }
    }
}
