/// Where datagrams enter and leave a node: nothing passes that a holder of the cluster key did not
/// make, for this very boot, once.
///
/// Checks stand in the order of their cost and of what they give away, which is nothing: a refusal
/// changes no state but its counter and is never answered. The short MAC comes before anything
/// expensive, so a stranger's flood dies for tens of nanoseconds; the replay window is *asked* before
/// the tag is checked and *told* after, so a forger cannot move it. Specs/Wire.md, section 2.
///
/// A gate belongs to one boot and cannot be copied: a copied replay window admits a replay, a copied
/// sequence repeats a nonce. Suite 1 (cluster key) only: pairwise frames are refused by name; where
/// they come in, they look up the peer's record after `ownBoot`, and suite 1 is rationed there.
package import MembershipWire

package struct FrameGate: ~Copyable, Sendable {
    package let ownBoot: BootID
    package private(set) var counters = GateCounters()

    private let secrets: ClusterSecrets
    private var windows: PeerWindows
    private var inboundKeys: DirectionKeys
    private var outboundKeys: DirectionKeys
    private var hedges: HedgeSource

    /// - Parameter peerCapacity: how many senders have a replay window of their own; others share
    ///   `ReplayFloors`. At least the number of members expected. Takes about 100 bytes each, as used.
    package init(
        secrets: ClusterSecrets, ownBoot: BootID, hedges: Hedges = .random,
        peerCapacity: Int = Bounds.membersDefault
    ) {
        self.secrets = secrets
        self.ownBoot = ownBoot
        windows = PeerWindows(capacity: peerCapacity, keys: secrets.primary)
        inboundKeys = DirectionKeys(.inbound, ownBoot: ownBoot)
        outboundKeys = DirectionKeys(.outbound, ownBoot: ownBoot)
        self.hedges = HedgeSource(hedges)
    }

    package init(keyring: Keyring, cluster: ClusterID, ownBoot: BootID) {
        self.init(secrets: ClusterSecrets(keyring: keyring, cluster: cluster), ownBoot: ownBoot)
    }

    /// False if some key memory could not be locked against swapping (`ulimit -l`): worth a warning.
    package var isMemoryLocked: Bool {
        secrets.isLocked && inboundKeys.isLocked && outboundKeys.isLocked
    }

    /// How many senders have a replay window of their own.
    package var peerCount: Int { windows.count }
}

// MARK: Sealing

extension FrameGate {
    /// Writes a frame for `destination` to the start of `frame` and returns its size: 48 bytes more
    /// than the plaintext. Sealed under the primary key.
    ///
    /// - Parameters:
    ///   - plaintext: padded: 64, 128 … 1,280 bytes. Must not overlap `frame`.
    ///   - sequence: from 1; never twice in the life of a boot.
    package mutating func seal(
        _ plaintext: UnsafeRawBufferPointer, sequence: UInt64, to destination: BootID,
        into frame: UnsafeMutableRawBufferPointer
    ) throws(SealError) -> Int {
        guard Bounds.plaintextBytes.contains(plaintext.count),
            plaintext.count.isMultiple(of: Bounds.plaintextStep)
        else { throw .plaintextSize(plaintext.count) }
        guard sequence > 0 else { throw .zeroSequence }
        guard destination != ownBoot else { throw .ownBoot }
        let frameBytes = plaintext.count + FrameLayout.overheadBytes
        guard frame.count >= frameBytes else {
            throw .bufferSize(frame.count, needed: frameBytes)
        }

        let header = frame.part(0..<FrameLayout.headerBytes)
        writeHeader(header, sequence: sequence, to: destination)
        let body = frame.part(FrameLayout.headerBytes..<frameBytes)
        outboundKeys.withKey(of: destination, under: secrets, at: 0) { key in
            Sodium.sealX(
                plaintext, authenticating: UnsafeRawBufferPointer(header),
                nonce: UnsafeRawBufferPointer(header.part(FrameLayout.nonce)), key: key, into: body)
        }
        counters.countSealed()
        return frameBytes
    }

    private mutating func writeHeader(
        _ header: UnsafeMutableRawBufferPointer, sequence: UInt64, to destination: BootID
    ) {
        header[0] = FrameLayout.magic
        header[FrameLayout.suiteOffset] = FrameLayout.version << 4 | Suite.cluster.rawValue
        header.store(bigEndian: secrets.primary.id.value, at: FrameLayout.keyIDOffset)
        header.store(bigEndian: ownBoot.value, at: FrameLayout.senderOffset)
        header.store(bigEndian: sequence, at: FrameLayout.sequenceOffset)
        header.store(bigEndian: hedges.draw(), at: FrameLayout.hedgeOffset)
        let mac = shortMAC(
            of: UnsafeRawBufferPointer(header), for: destination, under: secrets.primary)
        header.store(bigEndian: mac, at: FrameLayout.macOffset)
    }
}

/// Why nothing was sealed. The gate is as it was. All are mistakes of the caller.
package enum SealError: Error, Equatable, Sendable {
    /// Not 64, 128 … 1,280 bytes.
    case plaintextSize(Int)
    case zeroSequence
    /// A node does not send frames to itself.
    case ownBoot
    case bufferSize(Int, needed: Int)
}

// MARK: Opening

extension FrameGate {
    /// What became of a datagram.
    package enum Opening: Equatable, Sendable {
        case opened(OpenedFrame)
        case refused(Refusal)
    }

    /// What a genuine frame says about itself.
    package struct OpenedFrame: Equatable, Sendable {
        package let sender: BootID
        package let sequence: UInt64
        package let suite: Suite
        /// How many bytes of plaintext were written: 64, 128 … 1,280.
        package let plaintextBytes: Int
    }

    /// Checks a datagram and writes its plaintext to the start of `plaintext`, which has room for
    /// `Bounds.plaintextBytes.upperBound` bytes. After a refusal it holds nothing of the message.
    package mutating func open(
        _ datagram: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawBufferPointer
    ) -> Opening {
        precondition(plaintext.count >= Bounds.plaintextBytes.upperBound)
        do throws(Refusal) {
            let frame = try check(datagram, into: plaintext)
            counters.countOpened()
            return .opened(frame)
        } catch {
            counters.count(error)
            return .refused(error)
        }
    }

    private mutating func check(
        _ datagram: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawBufferPointer
    ) throws(Refusal) -> OpenedFrame {
        guard Bounds.frameBytes.contains(datagram.count) else { throw .length }
        let plaintextBytes = datagram.count - FrameLayout.overheadBytes
        guard plaintextBytes.isMultiple(of: Bounds.plaintextStep) else { throw .length }

        guard datagram[0] == FrameLayout.magic else { throw .magic }
        let versionAndSuite = datagram[FrameLayout.suiteOffset]
        guard versionAndSuite >> 4 == FrameLayout.version else { throw .version }
        guard versionAndSuite & 0x0F == Suite.cluster.rawValue else { throw .unsupportedSuite }

        let keyID = KeyID(datagram.load(bigEndianAt: FrameLayout.keyIDOffset))
        guard let key = secrets.index(of: keyID) else { throw .unknownKey }

        let header = datagram.part(0..<FrameLayout.headerBytes)
        let mac: UInt32 = header.load(bigEndianAt: FrameLayout.macOffset)
        guard mac == shortMAC(of: header, for: ownBoot, under: secrets.keys[key]) else {
            throw .mac
        }

        let sender = BootID(header.load(bigEndianAt: FrameLayout.senderOffset))
        guard sender != ownBoot else { throw .ownBoot }

        let sequence: UInt64 = header.load(bigEndianAt: FrameLayout.sequenceOffset)
        guard sequence > 0 else { throw .zeroSequence }
        guard windows.admits(sequence, from: sender) else { throw .replay }

        let sealed = datagram.part(FrameLayout.headerBytes..<datagram.count)
        let output = plaintext.part(0..<plaintextBytes)
        let isGenuine = inboundKeys.withKey(of: sender, under: secrets, at: key) { key in
            Sodium.openX(
                sealed, authenticating: header, nonce: header.part(FrameLayout.nonce), key: key,
                into: output)
        }
        guard isGenuine else { throw .tag }

        windows.accept(sequence, from: sender)
        return OpenedFrame(
            sender: sender, sequence: sequence, suite: .cluster, plaintextBytes: plaintextBytes)
    }

    /// mac1: over the header without the MAC's own place, and the receiver's boot.
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
