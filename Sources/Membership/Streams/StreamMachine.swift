internal import MembershipCore
internal import MembershipSecurity
import MembershipWire

/// One TCP connection and its conversation, as a value: inputs from the socket, the core, the key
/// store and the clock go in, actions come out.
///
///     caller   connecting ─▶ awaitingHelloAck ─▶ owingJoin ─▶ open ─▶ ending ─▶ closed
///     called   awaitingPreamble ─▶ awaitingHello ─▶ owingHelloAck ─▶ awaitingJoin ─▶ open ─▶ …
///                    └─────────────────┴─────────────────┴───▶ ending, with eight bytes that say why
///
/// The `owing` states last until the core has given its message. Messages of the core wait in a
/// queue and are sealed when the socket takes them, so a large peer list is a queue of references,
/// not of bytes. One message is read at a time: the core's answer to it comes before the next one.
/// A fault costs only this stream.
///
/// The contract: one input, then `nextAction` until it is nil.
struct StreamMachine: ~Copyable {
    private(set) var state: State
    private var crypto: StreamCrypto
    private var framer: StreamFramer
    private var budget: StreamBudget
    private var outbox = StreamOutbox()
    /// It stays open and silent: neither its age nor its rate says anything.
    private var isLifeline = false
    /// Decided and not yet returned.
    private var actions: [Action] = []

    enum State {
        case connecting(StreamMessage.Hello, under: KeyID?)
        case awaitingHelloAck
        case owingJoin
        case awaitingPreamble
        case awaitingHello(preamble: [UInt8])
        /// HELLO has come under a key of ours, and a check decides whether it is a recording.
        case weighingHello(preamble: [UInt8], message: [UInt8])
        case owingHelloAck
        case awaitingJoin
        case open(Inbound)
        /// KEYS has come and is being stored: nothing is read until that is done. The keyset is nil
        /// once it was taken, or if the other side holds version 0.
        case takingKeys(Keyset?, Inbound)
        case ending(Ending)
        case closed
    }

    /// Whether the other side may send more.
    enum Inbound {
        case live
        /// It has ended its direction, or the connection is gone: no more bytes will arrive.
        case ended
    }

    /// The core is done, or the caller was rejected: the queue is sent, then we wait for the other
    /// side to end its direction. Nothing is read any more.
    enum Ending {
        case sending(Inbound)
        /// Everything is handed to the socket.
        case flushing(Inbound)
        /// The socket has taken everything, and our direction is closed.
        case sent
    }

    /// Actions, to be carried out in this order.
    enum Action {
        case tell(StreamInput)
        case write([UInt8])
        /// Flush, and report `everythingIsSent` when the socket has taken everything written.
        case flushToEnd
        case endOutput
        /// The other side holds a key of ours; answer with `weigh`.
        case showHello(ephemeral: Octets32)
        /// The other side has proved its identity.
        case handshakeEnded
        case count(SocketRefusal)
        /// Call `look` after this time; it replaces an earlier request.
        case look(in: Duration)
        case close
    }

    /// A stream that we open.
    init(
        calling hello: StreamMessage.Hello, under key: KeyID?, _ crypto: consuming StreamCrypto,
        _ limits: StreamLimits, at now: ClusterInstant
    ) {
        state = .connecting(hello, under: key)
        self.crypto = crypto
        framer = StreamFramer(mayBeRejected: true)
        isLifeline = hello.purpose == .lifeline
        budget = StreamBudget(limits, openedAt: now, isPeerList: hello.purpose == .join)
        if hello.purpose == .message { budget.expectAnswer() }
        actions = [.look(in: limits.handshake)]
    }

    /// A stream that another node opened and that was admitted.
    init(
        called crypto: consuming StreamCrypto, _ limits: StreamLimits, at now: ClusterInstant
    ) {
        state = .awaitingPreamble
        self.crypto = crypto
        framer = StreamFramer()
        // Until HELLO says otherwise, it may become a peer list.
        budget = StreamBudget(limits, openedAt: now, isPeerList: true)
        actions = [.look(in: limits.firstWord)]
    }

    /// The next action; nil if there is none until the next input.
    ///
    /// - Parameter socketTakes: whether the socket takes more bytes now.
    mutating func nextAction(socketTakes: Bool) -> Action? {
        while actions.isEmpty {
            guard advance(socketTakes: socketTakes) else { return nil }
        }
        return actions.removeFirst()
    }

    /// One step that needs no input. Returns false if there is none.
    private mutating func advance(socketTakes: Bool) -> Bool {
        switch state {
        case .connecting, .closed, .ending(.flushing), .ending(.sent):
            return false
        case .ending(.sending(let inbound)):
            guard !outbox.isEmpty else {
                state = .ending(.flushing(inbound))
                actions.append(.flushToEnd)
                return true
            }
            return socketTakes && sendNext()
        case .awaitingHelloAck, .owingJoin, .awaitingPreamble, .awaitingHello, .weighingHello,
            .owingHelloAck,
            .awaitingJoin, .takingKeys:
            return (socketTakes && sendNext()) || read()
        case .open(let inbound):
            if socketTakes && sendNext() { return true }
            if read() { return true }
            // Everything that came before the other side ended has been read; the end is missing.
            if case .ended = inbound, case .open = state {
                fail(.broken)
                return true
            }
            return false
        }
    }
}

// MARK: Events of the socket

extension StreamMachine {
    /// The connection is established. `isSelf`: on loopback a call to a free port can reach itself.
    mutating func connected(isSelf: Bool) {
        guard case .connecting(let hello, let key) = state else { return }
        guard !isSelf else { return fail(.refused) }
        do {
            let payload = try MessageCodec.encode(.hello(hello))
            put(try crypto.start(hello: payload, under: key))
            state = .awaitingHelloAck
        } catch {
            fail(.broken)
        }
    }

    /// The connection could not be established.
    mutating func connectFailed(_ failure: StreamFailure) { fail(failure) }

    mutating func received(_ bytes: some Collection<UInt8>) {
        switch state {
        // A rejected caller may still be sending; its bytes are not read.
        case .ending, .closed: return
        case .connecting, .awaitingHelloAck, .owingJoin, .awaitingPreamble, .awaitingHello,
            .weighingHello, .owingHelloAck, .awaitingJoin, .open, .takingKeys:
            guard budget.received(bytes.count) else { return cut(.streamBounds) }
            framer.append(bytes)
        }
    }

    /// The other side has ended its direction: correct if we are done too; otherwise the stream was
    /// cut.
    mutating func remoteEnded() {
        switch state {
        case .open: state = .open(.ended)
        case .takingKeys(let keyset, _): state = .takingKeys(keyset, .ended)
        case .ending(.sending): state = .ending(.sending(.ended))
        case .ending(.flushing): state = .ending(.flushing(.ended))
        case .ending(.sent): close()
        case .closed: return
        case .connecting, .awaitingHelloAck, .owingJoin, .awaitingPreamble, .awaitingHello,
            .weighingHello, .owingHelloAck, .awaitingJoin:
            fail(.broken)
        }
    }

    /// The connection is gone, in both directions.
    mutating func connectionEnded() {
        if case .takingKeys(let keyset, _) = state {
            state = .takingKeys(keyset, .ended)
        } else {
            fail(.broken)
        }
    }

    /// The kernel has given up the connection by itself. On a lifeline that says nothing of the process.
    mutating func connectionTimedOut() {
        if isLifeline { fail(.timedOut) }
    }

    /// The socket has taken everything after `flushToEnd`.
    mutating func everythingIsSent() {
        guard case .ending(.flushing(let inbound)) = state else { return }
        state = .ending(.sent)
        switch inbound {
        case .ended: close()
        case .live: actions += [.endOutput, .look(in: budget.limits.hangUp)]
        }
    }
}

// MARK: Messages of the core

extension StreamMachine {
    mutating func write(_ message: StreamMessage) {
        switch state {
        case .ending, .closed: return
        case .owingHelloAck:
            if case .end(let code) = message, let reject = ClearReject(code) {
                return turnAway(reject)
            }
        case .connecting, .awaitingHelloAck, .owingJoin, .awaitingPreamble, .awaitingHello,
            .weighingHello, .awaitingJoin, .open, .takingKeys:
            break
        }
        outbox.append(.message(message))
    }

    /// Queues KEYS.
    mutating func write(_ keyset: Keyset) {
        switch state {
        case .ending, .closed: return
        case .connecting, .awaitingHelloAck, .owingJoin, .awaitingPreamble, .awaitingHello,
            .weighingHello, .owingHelloAck, .awaitingJoin, .open, .takingKeys:
            outbox.append(.keys(keyset))
        }
    }

    /// The core is done: close once everything is sent.
    mutating func finish() {
        switch state {
        case .closed, .ending: return
        case .connecting: close()
        case .open(let inbound), .takingKeys(_, let inbound): end(inbound)
        case .awaitingHelloAck, .owingJoin, .awaitingPreamble, .awaitingHello, .weighingHello,
            .owingHelloAck,
            .awaitingJoin:
            end(.live)
        }
    }

    private mutating func end(_ inbound: Inbound) {
        actions.append(.handshakeEnded)
        state = .ending(.sending(inbound))
    }

    /// A newcomer takes the place.
    mutating func displace() { breakOff(.streamDisplaced) }

    /// All streams together have brought too much.
    mutating func exceedMemory() { cut(.streamMemory) }

    /// The node is stopping: close without another message.
    mutating func abandon() { close() }

    // MARK: Keys

    /// The keyset from the other side; nil if it holds version 0. It can be taken once.
    mutating func takeGivenKeys() -> Keyset? {
        guard case .takingKeys(let keyset, let inbound) = state else { return nil }
        state = .takingKeys(nil, inbound)
        return keyset
    }

    /// The result of accepting the keys: the core gets it, and the conversation continues.
    mutating func tookKeys(_ outcome: KeysOutcome) {
        switch state {
        case .closed: return
        case .takingKeys(_, let inbound): state = .open(inbound)
        case .connecting, .awaitingHelloAck, .owingJoin, .awaitingPreamble, .awaitingHello,
            .weighingHello, .owingHelloAck, .awaitingJoin, .open, .ending:
            break
        }
        actions.append(.tell(.tookKeys(outcome)))
    }
}

// MARK: Time

extension StreamMachine {
    /// The time of the last `Action.look` has come.
    mutating func look(at now: ClusterInstant) {
        switch state {
        case .closed: return
        case .ending(.sent): close()
        case .ending(.sending), .ending(.flushing):
            // The other side does not take the rest.
            if budget.isTooSlow(at: now) { return close() }
            actions.append(.look(in: .seconds(1)))
        case .connecting, .awaitingHelloAck, .owingJoin: fail(.timedOut)
        case .awaitingPreamble, .awaitingHello, .weighingHello, .owingHelloAck, .awaitingJoin:
            breakOff(.streamBounds)
        case .open where isLifeline: return
        case .open, .takingKeys:
            guard !budget.isTooSlow(at: now) else { return cut(.streamBounds) }
            actions.append(.look(in: .seconds(1)))
        }
    }
}

// MARK: Reading

extension StreamMachine {
    /// Reads at most one message. Returns false if none has arrived, or it is not the other side's
    /// turn.
    private mutating func read() -> Bool {
        do {
            return try readMessage()
        } catch let error as StreamError {
            refuse(error)
        } catch StreamFramingError.rejected(let code) {
            fail(.rejected(code))
        } catch {
            breakOff(.streamGarbage)
        }
        return true
    }

    private mutating func readMessage() throws -> Bool {
        switch state {
        case .connecting, .owingJoin, .weighingHello, .owingHelloAck, .takingKeys, .ending,
            .closed:
            return false
        case .awaitingPreamble:
            guard let bytes = framer.take(Self.preambleBytes) else { return false }
            try crypto.check(preamble: bytes)
            state = .awaitingHello(preamble: bytes)
        case .awaitingHello(let preamble):
            guard let message = try framer.next() else { return false }
            let ephemeral = try crypto.check(preamble: preamble, before: message)
            state = .weighingHello(preamble: preamble, message: message)
            actions += [
                .look(in: budget.limits.handshake), .showHello(ephemeral: ephemeral),
            ]
        case .awaitingHelloAck:
            guard let message = try framer.next() else { return false }
            let ack = try MessageCodec.decodeHelloAck(crypto.readHelloAck(message))
            state = .owingJoin
            deliver(.helloAck(ack.member, ack.view))
        case .awaitingJoin:
            guard let message = try framer.next() else { return false }
            let record = try MessageCodec.decodeJoin(crypto.readJoin(message))
            open()
            deliver(.join(record))
        case .open(let inbound):
            guard let message = try framer.next() else { return false }
            try readRecord(message, inbound)
        }
        return true
    }

    /// The answer to `Action.showHello`.
    mutating func weigh(isNew: Bool) {
        guard case .weighingHello(let preamble, let message) = state else { return }
        guard isNew else { return breakOff(.streamReplay) }
        do {
            try readHello(preamble: preamble, message)
        } catch let error as StreamError {
            refuse(error)
        } catch {
            breakOff(.streamGarbage)
        }
    }

    private mutating func readHello(preamble: [UInt8], _ message: [UInt8]) throws {
        let hello = try MessageCodec.decodeHello(
            crypto.readHello(preamble: preamble, message: message))
        isLifeline = hello.purpose == .lifeline && !crypto.isUnderRetiredKey
        if hello.purpose != .join { budget.expectNoAnnouncement() }
        if hello.purpose == .message { budget.expectAnswer() }
        state = .owingHelloAck
        actions.append(
            .tell(
                crypto.isUnderRetiredKey
                    ? .calledUnderRetiredKey(hello) : .received(.hello(hello), remoteBoot: nil)))
    }

    private mutating func readRecord(_ message: [UInt8], _ inbound: Inbound) throws {
        var record = try crypto.open(message)
        guard record.first != Keyset.messageType else {
            // The core says whether keys are wanted; it never sees them.
            state = .takingKeys(try Keyset.decode(wiping: &record), inbound)
            return actions.append(.tell(.receivedKeys))
        }
        let message = try MessageCodec.decode(stream: record)
        if case .peers(let chunk) = message { budget.announce(chunk.total) }
        deliver(message)
    }

    private mutating func deliver(_ message: StreamMessage) {
        actions.append(.tell(.received(message, remoteBoot: crypto.remoteBootKey)))
    }

    private mutating func open() {
        state = .open(.live)
        framer.longestMessage = StreamFramer.recordBytes
        actions.append(.handshakeEnded)
    }

    private static let preambleBytes = 8
}

// MARK: Writing

extension StreamMachine {
    /// Seals one message of the queue. Returns false if the queue is empty.
    private mutating func sendNext() -> Bool {
        guard let next = outbox.next() else { return false }
        do {
            switch next {
            case .message(let message): try send(message)
            case .keys(let keyset): put(try crypto.seal(keys: keyset))
            }
        } catch {
            breakOff(.unsendable)
        }
        return true
    }

    private mutating func send(_ message: StreamMessage) throws {
        let payload = try MessageCodec.encode(message)
        switch message {
        case .helloAck:
            put(try crypto.writeHelloAck(payload))
            state = .awaitingJoin
        case .join:
            put(try crypto.writeJoin(payload))
            open()
        case .hello, .peers, .syncBuckets, .syncIDs, .syncWant, .syncDelta, .data, .end:
            put(try crypto.seal(payload))
        }
    }

    private mutating func put(_ bytes: [UInt8]) {
        budget.sent(bytes.count)
        actions.append(.write(bytes))
    }
}

// MARK: Ends

extension StreamMachine {
    /// Rejects a caller that did not reach a handshake.
    private mutating func refuse(_ error: StreamError) {
        switch error {
        case .unknownKey: actions.append(.count(.streamUnknownKey))
        case .wrongCluster: actions.append(.count(.streamWrongCluster))
        case .notAPreamble, .noise: actions.append(.count(.streamGarbage))
        }
        switch state {
        case .awaitingPreamble, .awaitingHello, .weighingHello:
            guard let reject = error.rejection else { return fail(.broken) }
            turnAway(reject)
        case .connecting, .awaitingHelloAck, .owingJoin, .owingHelloAck, .awaitingJoin, .open,
            .takingKeys, .ending, .closed:
            fail(.broken)
        }
    }

    /// Sends eight bytes in clear, once. The caller keeps its place in the admission until it is
    /// gone, so that a rejection does not bypass the bounds.
    private mutating func turnAway(_ reject: ClearReject) {
        put(reject.bytes)
        state = .ending(.sending(.live))
    }

    private mutating func breakOff(_ reason: SocketRefusal) {
        actions.append(.count(reason))
        fail(.broken)
    }

    /// Too many bytes, or too slow: its content until now counts.
    private mutating func cut(_ reason: SocketRefusal) {
        switch state {
        case .open, .takingKeys:
            actions.append(.count(reason))
            close()
            actions.append(.tell(.cut))
        case .connecting, .awaitingHelloAck, .owingJoin, .awaitingPreamble, .awaitingHello,
            .weighingHello, .owingHelloAck, .awaitingJoin, .ending, .closed:
            breakOff(reason)
        }
    }

    /// The stream is over before its end came: the core learns that once, if it knows the stream.
    private mutating func fail(_ failure: StreamFailure) {
        switch state {
        case .ending, .closed, .awaitingPreamble, .awaitingHello, .weighingHello: close()
        case .connecting, .awaitingHelloAck, .owingJoin, .owingHelloAck, .awaitingJoin, .open,
            .takingKeys:
            close()
            actions.append(.tell(.failed(failure)))
        }
    }

    private mutating func close() {
        if case .closed = state { return }
        state = .closed
        outbox = StreamOutbox()
        actions.append(.close)
    }
}

/// Messages that wait to be sealed, oldest first.
private struct StreamOutbox {
    enum Message {
        case message(StreamMessage)
        case keys(Keyset)
    }

    private var messages: [Message] = []
    /// The start of the unsent part.
    private var start = 0

    var isEmpty: Bool { start == messages.count }

    mutating func append(_ message: Message) { messages.append(message) }

    mutating func next() -> Message? {
        guard start < messages.count else { return nil }
        defer {
            start += 1
            if isEmpty { self = StreamOutbox() }
        }
        return messages[start]
    }
}
