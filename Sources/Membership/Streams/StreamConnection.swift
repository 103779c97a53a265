internal import MembershipCore
internal import MembershipSecurity
import MembershipWire
import NIOCore

/// One TCP connection and the conversation on it, from the first byte to the last.
///
///     caller   connecting ─▶ awaitingHelloAck ─▶ owingJoin ─▶ open ─▶ ending
///     called   awaitingHello ─▶ owingHelloAck ─▶ awaitingJoin ─▶ open ─▶ ending
///                    └──────────────┴───▶ ending, with eight bytes that say why
///
/// The `owing` stages last until the core has said what it wants to say. Messages the core writes
/// wait in a queue and are sealed when the socket takes them, so a large peer list is a queue of
/// references, not of bytes. Whatever is wrong costs this stream alone.
final class StreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let id: StreamID
    /// The caller's purpose; at the called side known from HELLO on.
    private(set) var stage: Stage

    private let runner: NodeRunner
    private var channel: (any Channel)?
    private var crypto: StreamCrypto
    private var framer: StreamFramer
    private var budget: StreamBudget
    /// Called side: whose place in the admission this takes.
    private let caller: IPAddress?
    private var holdsHandshake: Bool
    private var preamble: [UInt8]?
    private var unsent: [Outgoing] = []
    private var unsentStart = 0
    /// Called under this key; nil: the one that seals.
    private let callKey: KeyID?
    private var isReading = false
    /// KEYS has come and is being taken: nothing is read until that is done.
    private var isTakingKeys = false
    private var givenKeys: Keyset?
    /// What the other side did to the connection meanwhile.
    private var isCutWhileTaking = false
    /// Everything is handed to the socket, and our end of the conversation is being closed.
    private var isHangingUp = false
    private var isEverythingSent = false
    private var isRemoteDone = false
    private var watch: Scheduled<Void>?

    enum Stage: Equatable {
        case connecting(StreamMessage.Hello)
        case awaitingHelloAck, owingJoin
        case awaitingHello, owingHelloAck, awaitingJoin
        case open
        /// The core is done, or the caller was turned away: what is queued is sent, then we wait
        /// for the other side to hang up.
        case ending
        case closed
    }

    /// What waits to be sealed.
    private enum Outgoing {
        case message(StreamMessage)
        case keys(Keyset)
    }

    /// A stream that we open.
    init(
        calling id: StreamID, _ hello: StreamMessage.Hello, under key: KeyID?, runner: NodeRunner
    ) {
        self.id = id
        callKey = key
        self.runner = runner
        stage = .connecting(hello)
        crypto = .initiator(secrets: runner.secrets, boot: runner.boot)
        framer = StreamFramer(mayBeRejected: true)
        budget = StreamBudget(
            runner.settings.streamLimits, openedAt: .now(), isPeerList: hello.purpose == .join)
        caller = nil
        holdsHandshake = false
        watchOver()
    }

    /// A stream that somebody opened to us and that was admitted.
    init(calledBy caller: IPAddress, _ id: StreamID, runner: NodeRunner) {
        self.id = id
        self.runner = runner
        stage = .awaitingHello
        callKey = nil
        crypto = .responder(secrets: runner.secrets, boot: runner.boot)
        framer = StreamFramer()
        // Until HELLO has said otherwise it may become a peer list.
        budget = StreamBudget(
            runner.settings.streamLimits, openedAt: .now(), isPeerList: true)
        self.caller = caller
        holdsHandshake = true
        watchOver()
    }
}

// MARK: What the socket says

extension StreamConnection {
    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        guard stage != .closed else { return context.close(promise: nil) }
        guard case .connecting(let hello) = stage else { return }
        if let local = context.localAddress, local == context.remoteAddress {
            // On loopback a call to a free port can reach itself. Nobody else is there.
            return fail(.refused)
        }
        do {
            let payload = try MessageCodec.encode(.hello(hello))
            put(try crypto.start(hello: payload, under: callKey))
            stage = .awaitingHelloAck
            context.flush()
        } catch {
            fail(.broken)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        // Whoever was turned away may still be talking; nobody listens.
        guard stage != .ending, stage != .closed else { return }
        runner.beginBurst()
        guard budget.received(bytes.readableBytes) else { return breakOff(.streamBounds) }
        framer.append(bytes.readableBytesView)
        readMessages()
    }

    func channelReadComplete(context: ChannelHandlerContext) { runner.endBurst() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { pump() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        // The other side has said all it will say: fine if we are done too, else it was cut.
        guard !isWaitingForKeys else { return isCutWhileTaking = true }
        switch stage {
        case .ending: isRemoteDone = true
        case .closed: return
        case .connecting, .awaitingHelloAck, .owingJoin, .awaitingHello, .owingHelloAck,
            .awaitingJoin, .open:
            return fail(.broken)
        }
        if isEverythingSent { close() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isWaitingForKeys { isCutWhileTaking = true } else { fail(.broken) }
        // A channel that was closed while it was read does not say that the read is complete.
        runner.endBurst()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Reset, or an error of writing: `channelInactive` follows the close.
        context.close(promise: nil)
    }

    /// The connection could not be made.
    func connectFailed(_ error: any Error) { fail(StreamFailure(connecting: error)) }
}

// MARK: Reading

extension StreamConnection {
    private func readMessages() {
        // The core answers while we read, and may answer by closing or by letting us go on.
        guard !isReading, !isTakingKeys else { return }
        isReading = true
        defer { isReading = false }
        do {
            while try readMessage() {}
        } catch let error as StreamError {
            refuse(error)
        } catch StreamFramingError.rejected(let code) {
            fail(.rejected(code))
        } catch {
            breakOff(.streamGarbage)
        }
    }

    /// False if nothing more can be read for now.
    private func readMessage() throws -> Bool {
        switch stage {
        case .connecting, .owingJoin, .owingHelloAck, .ending, .closed:
            return false
        case .awaitingHello:
            return try readHello()
        case .awaitingHelloAck:
            guard let message = try framer.next() else { return false }
            let ack = try MessageCodec.decodeHelloAck(crypto.readHelloAck(message))
            stage = .owingJoin
            deliver(.helloAck(ack.member, ack.view))
        case .awaitingJoin:
            guard let message = try framer.next() else { return false }
            let record = try MessageCodec.decodeJoin(crypto.readJoin(message))
            handshakeIsComplete()
            deliver(.join(record))
        case .open:
            guard let message = try framer.next() else { return false }
            var record = try crypto.open(message)
            guard record.first != Keyset.messageType else {
                receiveKeys(try Keyset.decode(wiping: &record))
                return !isTakingKeys
            }
            let decoded = try MessageCodec.decode(stream: record)
            if case .peers(let chunk) = decoded { budget.announce(chunk.total) }
            deliver(decoded)
        }
        return true
    }

    private func readHello() throws -> Bool {
        if preamble == nil {
            guard let bytes = framer.take(Self.preambleBytes) else { return false }
            try crypto.check(preamble: bytes)
            preamble = bytes
        }
        guard let preamble, let message = try framer.next() else { return false }
        let hello = try MessageCodec.decodeHello(
            crypto.readHello(preamble: preamble, message: message))
        if hello.purpose != .join {
            let received = budget.bytesReceived
            budget = StreamBudget(budget.limits, openedAt: budget.openedAt, isPeerList: false)
            _ = budget.received(received)
        }
        stage = .owingHelloAck
        let event: StreamInput =
            crypto.isUnderRetiredKey
            ? .calledUnderRetiredKey(hello) : .received(.hello(hello), remoteBoot: nil)
        runner.feed(.stream(id, event))
        return true
    }

    // MARK: Keys

    private var isWaitingForKeys: Bool { isTakingKeys && stage == .open }

    /// The core says whether they are wanted; what they are is none of its business.
    private func receiveKeys(_ keyset: Keyset?) {
        isTakingKeys = true
        givenKeys = keyset
        runner.feed(.stream(id, .receivedKeys))
    }

    /// What the other side gave: nil if it holds version 0.
    func takeGivenKeys() -> Keyset? { givenKeys.take() }

    /// The core is told what became of them, and the conversation goes on.
    func feedOutcome(_ outcome: KeysOutcome) {
        guard stage != .closed else { return }
        runner.feed(.stream(id, .tookKeys(outcome)))
        isTakingKeys = false
        readMessages()
        // All that was said before the connection ended is heard now.
        if isCutWhileTaking, stage == .open { fail(.broken) }
    }

    private static let preambleBytes = 8

    private func deliver(_ message: StreamMessage) {
        runner.feed(.stream(id, .received(message, remoteBoot: crypto.remoteBootKey)))
    }

    private func handshakeIsComplete() {
        stage = .open
        framer.longestMessage = StreamFramer.recordBytes
        releaseHandshake()
    }
}

// MARK: Writing

extension StreamConnection {
    /// Queues a message of the core.
    func write(_ message: StreamMessage) {
        guard stage != .ending, stage != .closed else { return }
        if stage == .owingHelloAck, case .end(let code) = message, let reject = ClearReject(code) {
            return turnAway(reject)
        }
        unsent.append(.message(message))
        pump()
    }

    /// Queues KEYS.
    func write(_ keyset: Keyset) {
        guard stage != .ending, stage != .closed else { return }
        unsent.append(.keys(keyset))
        pump()
    }

    /// Seals and writes as much as the socket takes.
    private func pump() {
        guard let channel else { return }
        var wrote = false
        do {
            while unsentStart < unsent.count, channel.isWritable {
                let next = unsent[unsentStart]
                unsentStart += 1
                switch next {
                case .message(let message): try send(message)
                case .keys(let keyset): put(try crypto.seal(keys: keyset))
                }
                wrote = true
            }
        } catch {
            return breakOff(.unsendable)
        }
        if wrote { channel.flush() }
        if unsentStart == unsent.count {
            unsent.removeAll()
            unsentStart = 0
            if stage == .ending { hangUp() }
        }
        // What came while it was our turn.
        if stage == .open || stage == .awaitingJoin { readMessages() }
    }

    private func send(_ message: StreamMessage) throws {
        let payload = try MessageCodec.encode(message)
        switch message {
        case .helloAck:
            put(try crypto.writeHelloAck(payload))
            stage = .awaitingJoin
        case .join:
            put(try crypto.writeJoin(payload))
            handshakeIsComplete()
        case .hello, .peers, .syncBuckets, .syncIDs, .syncWant, .syncDelta, .end:
            put(try crypto.seal(payload))
        }
    }

    private func put(_ bytes: [UInt8]) {
        guard let channel else { return }
        budget.sent(bytes.count)
        channel.write(channel.allocator.buffer(bytes: bytes), promise: nil)
    }
}

// MARK: Ends

extension StreamConnection {
    /// The core is done: close once everything is out.
    func finish() {
        guard stage != .closed, stage != .ending else { return }
        guard channel != nil else { return close() }
        releaseHandshake()
        stage = .ending
        if unsentStart == unsent.count { hangUp() } else { pump() }
    }

    /// The node is stopping: everything at once, and nobody is told. What is queued is tried.
    func abandon() {
        channel?.flush()
        close()
    }

    /// Turns a caller away that did not get as far as a handshake.
    private func refuse(_ error: StreamError) {
        switch error {
        case .unknownKey: runner.meter.refuse(.streamUnknownKey)
        case .wrongCluster: runner.meter.refuse(.streamWrongCluster)
        case .notAPreamble, .noise: runner.meter.refuse(.streamGarbage)
        }
        if stage == .awaitingHello, let reject = error.rejection {
            turnAway(reject)
        } else {
            fail(.broken)
        }
    }

    /// Eight bytes in clear, once. The caller keeps its place in the admission until it is gone, so
    /// that being turned away is no way around the bounds.
    private func turnAway(_ reject: ClearReject) {
        put(reject.bytes)
        runner.streams[id] = nil
        stage = .ending
        hangUp()
    }

    /// Ends our direction and waits for the other side to end its own: closing at once would cut
    /// off what it has not read yet, if it is still writing.
    private func hangUp() {
        guard !isHangingUp else { return }
        isHangingUp = true
        guard let channel else { return close() }
        let connection = NIOLoopBound(self, eventLoop: runner.loop)
        // Nothing at all, but after everything else: its promise tells when the socket took it.
        channel.writeAndFlush(channel.allocator.buffer(capacity: 0)).whenComplete { _ in
            connection.value.everythingIsSent()
        }
    }

    private func everythingIsSent() {
        guard stage == .ending else { return }
        isEverythingSent = true
        if isRemoteDone { return close() }
        channel?.close(mode: .output, promise: nil)
        watch?.cancel()
        look(in: budget.limits.hangUp)
    }

    private func breakOff(_ reason: ShellRefusal) {
        runner.meter.refuse(reason)
        fail(.broken)
    }

    /// The stream is over before its end came: the core is told, once.
    private func fail(_ failure: StreamFailure) {
        let isNews = stage != .ending && stage != .closed && stage != .awaitingHello
        close()
        runner.streams[id] = nil
        if isNews { runner.feed(.stream(id, .failed(failure))) }
    }

    private func close() {
        guard stage != .closed else { return }
        stage = .closed
        watch?.cancel()
        watch = nil
        unsent = []
        unsentStart = 0
        releaseHandshake()
        if caller != nil { runner.admission.streamEnded() }
        channel?.close(promise: nil)
    }

    private func releaseHandshake() {
        guard holdsHandshake, let caller else { return }
        holdsHandshake = false
        runner.admission.handshakeEnded(caller)
    }
}

// MARK: Time

extension StreamConnection {
    private func watchOver() {
        look(in: budget.limits.handshake)
    }

    private func look(in duration: Duration) {
        let connection = NIOLoopBound(self, eventLoop: runner.loop)
        watch = runner.loop.scheduleTask(in: TimeAmount(duration)) { connection.value.look() }
    }

    private func look() {
        switch stage {
        case .closed: return
        case .ending:
            // Told everything and waited long enough; or it does not take what is left.
            if isEverythingSent || budget.isTooSlow(at: .now()) { return close() }
            look(in: .seconds(1))
        case .connecting, .awaitingHelloAck, .owingJoin: fail(.timedOut)
        case .awaitingHello, .owingHelloAck, .awaitingJoin: breakOff(.streamBounds)
        case .open:
            guard !budget.isTooSlow(at: .now()) else { return breakOff(.streamBounds) }
            look(in: .seconds(1))
        }
    }
}
