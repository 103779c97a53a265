/// The entrance and exit of a node for datagrams. A frame passes only once, only if it was made for
/// this very boot, and only if the boot that it names made it.
///
/// Checks come in the order of their cost, and they reveal nothing: a refusal changes no state
/// except its counter and is never answered. The short MAC comes before anything expensive, so each
/// datagram of a stranger's flood costs tens of nanoseconds. The replay window is *asked* before
/// the tag is checked and *updated* after, so a forger cannot move it. Specs/Wire.md, section 2.
///
/// Frames are pairwise (suite 2). Their keys follow from the boot keys of both ends, which a holder
/// of the cluster key alone does not have. Suite 1 needs the cluster key only. It is for first
/// contact, at a low rate; `Datagram.Body.suite` says what it may contain.
///
/// A gate belongs to one boot and cannot be copied: a copied replay window admits a replay, a
/// copied sequence repeats a nonce. A forked child is such a copy, so it cannot use the gate
/// either.
package import MembershipWire

package struct FrameGate: ~Copyable, Sendable {
    package let ownBoot: BootID
    package private(set) var counters = GateCounters()

    private var secrets: ClusterSecrets
    private var pairs: PairSecrets
    private var windows: SuiteWindows
    private var introductionRate = TokenBucket(perSecond: Bounds.introductionsPerSecond)
    private var inboundKeys = DirectionKeys()
    private var outboundKeys = DirectionKeys()
    private var hedges: HedgeSource

    /// Number of boots that have a separate window for suite 1.
    private static let introductionCapacity = 1_024

    /// - Parameter peerCapacity: number of peers with a stored replay window and shared secret.
    ///   Others use `ReplayFloors` and a new key agreement. At least the number of members
    ///   expected. Each takes about 200 bytes once it is used.
    package init(
        secrets: ClusterSecrets, boot: BootKeys, hedges: Hedges = .random,
        peerCapacity: Int = Bounds.membersDefault
    ) {
        self.secrets = secrets
        ownBoot = boot.id
        pairs = PairSecrets(of: boot, capacity: peerCapacity)
        windows = SuiteWindows(
            pairwise: PeerWindows(
                capacity: peerCapacity, floors: ReplayFloors(keys: secrets.primary)),
            cluster: PeerWindows(
                capacity: min(peerCapacity, Self.introductionCapacity), floors: nil))
        self.hedges = HedgeSource(hedges)
    }

    /// The gate of the next boot of the same node. It continues the counters of `former`.
    package init(succeeding former: borrowing FrameGate, boot: BootKeys) {
        self.init(secrets: former.secrets, boot: boot, peerCapacity: former.pairs.capacity)
        counters = former.counters
    }

    package init(keyring: Keyring, cluster: ClusterID, boot: BootKeys) {
        self.init(secrets: ClusterSecrets(keyring: keyring, cluster: cluster), boot: boot)
    }

    /// Continues with other keys. Windows and sequences stay: a frame seen before is not new under
    /// another key, and a frame recorded under an old key must be refused while that key still
    /// opens.
    package mutating func renewKeys(_ new: ClusterSecrets) {
        secrets = new
        // A new key may have the id of a removed one.
        inboundKeys = DirectionKeys()
        outboundKeys = DirectionKeys()
    }

    /// False if some key memory could not be locked against swapping (`ulimit -l`): worth a warning.
    package var isMemoryLocked: Bool {
        secrets.isLocked && inboundKeys.isLocked && outboundKeys.isLocked && pairs.isLocked
    }

    /// Number of boots with a separate replay window: those heard pairwise, and those in first
    /// contact.
    package var peerCount: Int { windows.pairwise.count + windows.cluster.count }
}

// MARK: Sealing

extension FrameGate {
    /// Writes a frame for `destination` to the start of `frame` and returns its size: 48 bytes more
    /// than the plaintext. It is sealed under the primary key; pairwise if the other end's boot key
    /// is given, otherwise in suite 1.
    ///
    /// - Parameters:
    ///   - plaintext: padded: 64, 128 … 1,280 bytes. Must not overlap `frame`.
    ///   - sequence: from 1; never twice in the life of a boot, whatever the suite.
    ///   - bootKey: the one that `destination` is the hash of.
    package mutating func seal(
        _ plaintext: UnsafeRawBufferPointer, sequence: UInt64, to destination: BootID,
        bootKey: BootKey?, into frame: UnsafeMutableRawBufferPointer
    ) throws(SealError) -> Int {
        guard Bounds.plaintextBytes.contains(plaintext.count),
            plaintext.count.isMultiple(of: Bounds.plaintextStep)
        else { throw .plaintextSize(plaintext.count) }
        guard sequence > 0 else { throw .zeroSequence }
        guard destination != ownBoot else { throw .ownBoot }
        guard !hedges.isForked else { throw .forked }
        let frameBytes = plaintext.count + FrameLayout.overheadBytes
        guard frame.count >= frameBytes else {
            throw .bufferSize(frame.count, needed: frameBytes)
        }
        let tag = DirectionKeys.Tag(
            peer: destination, key: secrets.primary.id, suite: bootKey == nil ? .cluster : .pairwise
        )
        guard hasOutboundKey(tag, bootKey: bootKey) else { throw .weakBootKey }

        let header = frame.part(0..<FrameLayout.headerBytes)
        writeHeader(header, tag.suite, sequence: sequence, to: destination)
        let body = frame.part(FrameLayout.headerBytes..<frameBytes)
        outboundKeys.withKey(of: tag) { key in
            Sodium.xChaCha20Poly1305.seal(
                plaintext, authenticating: UnsafeRawBufferPointer(header),
                nonce: UnsafeRawBufferPointer(header.part(FrameLayout.nonce)), key: key, into: body)
        }
        counters.countSealed()
        return frameBytes
    }

    private mutating func hasOutboundKey(_ tag: DirectionKeys.Tag, bootKey: BootKey?) -> Bool {
        if outboundKeys.contains(tag) { return true }
        return withUnsafeTemporaryAllocation(
            byteCount: DirectionKeys.keyBytes, alignment: 16
        ) { key in
            defer { Sodium.wipe(key) }
            guard derive(.outbound, tag, under: secrets.primary, { _ in bootKey }, into: key)
            else { return false }
            outboundKeys.store(UnsafeRawBufferPointer(key), as: tag)
            return true
        }
    }

    private mutating func derive(
        _ direction: DirectionKeys.Direction, _ tag: DirectionKeys.Tag, under keys: FrameKeys,
        _ bootKey: (BootID) -> BootKey?, into key: UnsafeMutableRawBufferPointer
    ) -> Bool {
        switch tag.suite {
        case .pairwise:
            return pairs.deriveKey(
                direction, of: tag.peer, under: keys, bootKey: bootKey, into: key)
        case .cluster:
            let (source, target) =
                direction == .inbound ? (tag.peer, ownBoot) : (ownBoot, tag.peer)
            keys.deriveDirectionKey(from: source, to: target, into: key)
            return true
        }
    }

    private mutating func writeHeader(
        _ header: UnsafeMutableRawBufferPointer, _ suite: Suite, sequence: UInt64,
        to destination: BootID
    ) {
        header[0] = FrameLayout.magic
        header[FrameLayout.suiteOffset] = FrameLayout.version << 4 | suite.rawValue
        header.store(bigEndian: secrets.primary.id.value, at: FrameLayout.keyIDOffset)
        header.store(bigEndian: ownBoot.value, at: FrameLayout.senderOffset)
        header.store(bigEndian: sequence, at: FrameLayout.sequenceOffset)
        header.store(bigEndian: hedges.draw(), at: FrameLayout.hedgeOffset)
        let mac = shortMAC(
            of: UnsafeRawBufferPointer(header), for: destination, under: secrets.primary)
        header.store(bigEndian: mac, at: FrameLayout.macOffset)
    }
}

/// The reason why nothing was sealed. The gate is unchanged. All are mistakes of the caller.
package enum SealError: Error, Equatable, Sendable {
    /// Not 64, 128 … 1,280 bytes.
    case plaintextSize(Int)
    case zeroSequence
    /// A node does not send frames to itself.
    case ownBoot
    /// This process was forked from the one that made the gate, which still uses its keys.
    case forked
    /// The other end's boot key is of small order: no secret can be shared with it.
    case weakBootKey
    case bufferSize(Int, needed: Int)
}

// MARK: Opening

extension FrameGate {
    /// The result of opening a datagram.
    package enum Opening: Equatable, Sendable {
        case opened(OpenedFrame)
        /// From a boot whose key is not known: counted as `Refusal.unknownPeer`. Its maker holds
        /// the cluster key, or replays a frame of a holder; nothing else is known about it.
        case stranger(BootID, sequence: UInt64)
        /// Under a retired key, as its short MAC shows: counted as `Refusal.unknownKey`. It was not
        /// opened. Its maker holds that key, and may be the boot that the frame names.
        case outdated(BootID, KeyID)
        case refused(Refusal)
    }

    /// The contents of a genuine frame's header.
    package struct OpenedFrame: Equatable, Sendable {
        package let sender: BootID
        package let sequence: UInt64
        package let suite: Suite
        /// Number of plaintext bytes written: 64, 128 … 1,280.
        package let plaintextBytes: Int
    }

    /// Checks a datagram and writes its plaintext to the start of `plaintext`, which has room for
    /// `Bounds.plaintextBytes.upperBound` bytes. After a refusal it has no byte of the message.
    ///
    /// - Parameters:
    ///   - now: by any clock that does not go back; it limits the rate of suite 1.
    ///   - bootKey: the boot key of a member, from a record that it signed; asked once per peer.
    package mutating func open(
        _ datagram: UnsafeRawBufferPointer, at now: Duration,
        into plaintext: UnsafeMutableRawBufferPointer, bootKey: (BootID) -> BootKey?
    ) -> Opening {
        precondition(plaintext.count >= Bounds.plaintextBytes.upperBound)
        let opening = check(datagram, at: now, into: plaintext, bootKey)
        switch opening {
        case .opened: counters.countOpened()
        case .stranger: counters.count(.unknownPeer)
        case .outdated: counters.count(.unknownKey)
        case .refused(let refusal): counters.count(refusal)
        }
        return opening
    }

    /// The result for a frame under no current key, if it is pairwise and for this boot under a key
    /// that we have retired.
    private func outdated(_ header: UnsafeRawBufferPointer, _ keyID: KeyID) -> Opening? {
        guard header[FrameLayout.suiteOffset] & 0x0F == Suite.pairwise.rawValue,
            let keys = secrets.retiredKeys(keyID),
            header.load(bigEndianAt: FrameLayout.macOffset)
                == shortMAC(of: header, for: ownBoot, under: keys)
        else { return nil }
        return .outdated(BootID(header.load(bigEndianAt: FrameLayout.senderOffset)), keyID)
    }

    private mutating func check(
        _ datagram: UnsafeRawBufferPointer, at now: Duration,
        into plaintext: UnsafeMutableRawBufferPointer, _ bootKey: (BootID) -> BootKey?
    ) -> Opening {
        guard Bounds.frameBytes.contains(datagram.count) else { return .refused(.length) }
        let plaintextBytes = datagram.count - FrameLayout.overheadBytes
        guard plaintextBytes.isMultiple(of: Bounds.plaintextStep) else { return .refused(.length) }

        guard datagram[0] == FrameLayout.magic else { return .refused(.magic) }
        let versionAndSuite = datagram[FrameLayout.suiteOffset]
        guard versionAndSuite >> 4 == FrameLayout.version else { return .refused(.version) }
        guard let suite = Suite(rawValue: versionAndSuite & 0x0F) else {
            return .refused(.unsupportedSuite)
        }

        let keyID = KeyID(datagram.load(bigEndianAt: FrameLayout.keyIDOffset))
        let header = datagram.part(0..<FrameLayout.headerBytes)
        guard let index = secrets.index(of: keyID) else {
            return outdated(header, keyID) ?? .refused(.unknownKey)
        }

        let mac: UInt32 = header.load(bigEndianAt: FrameLayout.macOffset)
        guard mac == shortMAC(of: header, for: ownBoot, under: secrets.keys[index]) else {
            return .refused(.mac)
        }

        let sender = BootID(header.load(bigEndianAt: FrameLayout.senderOffset))
        guard sender != ownBoot else { return .refused(.ownBoot) }
        let sequence: UInt64 = header.load(bigEndianAt: FrameLayout.sequenceOffset)
        guard sequence > 0 else { return .refused(.zeroSequence) }

        let place = windows[suite].place(of: sender)
        guard windows[suite].admits(sequence, from: sender, at: place) else {
            return .refused(.replay)
        }
        let tag = DirectionKeys.Tag(peer: sender, key: keyID, suite: suite)
        guard hasInboundKey(tag, under: secrets.keys[index], bootKey) else {
            return .stranger(sender, sequence: sequence)
        }

        let sealed = datagram.part(FrameLayout.headerBytes..<datagram.count)
        let output = plaintext.part(0..<plaintextBytes)
        let isGenuine = inboundKeys.withKey(of: tag) { key in
            Sodium.xChaCha20Poly1305.open(
                sealed, authenticating: header, nonce: header.part(FrameLayout.nonce), key: key,
                into: output)
        }
        guard isGenuine else { return .refused(.tag) }
        // Last: a stranger that repeats the header of an introduction uses up none of the rate.
        if suite == .cluster {
            guard introductionRate.take(at: now) else {
                Sodium.wipe(output)
                return .refused(.introductionRate)
            }
        }

        if let forgotten = windows[suite].accept(
            sequence, from: sender, at: place, isNamed: { bootKey($0) != nil })
        {
            forget(forgotten)
        }
        return .opened(
            OpenedFrame(
                sender: sender, sequence: sequence, suite: suite, plaintextBytes: plaintextBytes))
    }

    /// Frames of a boot that no record names are no longer opened, so its window may be removed
    /// without a trace.
    private mutating func forget(_ boot: BootID) {
        pairs.forget(boot)
        inboundKeys.forget(boot)
    }

    private mutating func hasInboundKey(
        _ tag: DirectionKeys.Tag, under keys: FrameKeys, _ bootKey: (BootID) -> BootKey?
    ) -> Bool {
        if inboundKeys.contains(tag) { return true }
        return withUnsafeTemporaryAllocation(
            byteCount: DirectionKeys.keyBytes, alignment: 16
        ) { key in
            defer { Sodium.wipe(key) }
            guard derive(.inbound, tag, under: keys, bootKey, into: key) else { return false }
            inboundKeys.store(UnsafeRawBufferPointer(key), as: tag)
            return true
        }
    }

    /// mac1: over the header without the MAC itself, and the receiver's boot.
    private func shortMAC(
        of header: UnsafeRawBufferPointer, for destination: BootID, under keys: FrameKeys
    ) -> UInt32 {
        let start = FrameLayout.macOffset
        let end = start + FrameLayout.headerBytes - FrameLayout.senderOffset
        return withUnsafeTemporaryAllocation(byteCount: end + 8, alignment: 8) { input in
            input.part(0..<start).copyMemory(from: header.part(0..<start))
            input.part(start..<end).copyMemory(
                from: header.part(FrameLayout.senderOffset..<FrameLayout.headerBytes))
            input.store(bigEndian: destination.value, at: end)
            return keys.withMACKey { Sodium.siphash32(UnsafeRawBufferPointer(input), key: $0) }
        }
    }
}
