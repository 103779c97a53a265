import MembershipWire

/// Our statements about ourselves, and our answers to the claims of others about us.
///
/// Only we raise our incarnation (SWIM, section 4.2). If another member calls us suspect or dead,
/// we state the next incarnation: a refutation. A statement under our identity from another life
/// usually comes from our previous life, which others still remember. It may also come from a
/// second process (`DuplicateIdentity`).
package struct OwnRecord: Sendable {
    /// Signs what we state, and checks what others have signed.
    private(set) var authenticator: any StatementAuthenticator
    /// Our last statement about ourselves.
    package private(set) var record: MemberRecord
    /// The number of the last frame that we have sent.
    private var lastSequence: UInt64 = 0
    /// Whether a second process runs under our identity.
    var duplicates = DuplicateIdentity()
    private var lastRepetition: ClusterInstant?
    private var lastAddressReport: ClusterInstant?
    private var lastRefutation: ClusterInstant?
    /// A claim that we have not answered yet.
    private var owedRefutation: (claimed: Incarnation, isProven: Bool)?
    private let refutationPause: Duration
    /// The same between answers to claims that no known member has signed.
    private let unprovenPause: Duration
    /// When another member was last found to state our boot as its own.
    private var lastClaimedBoot: ClusterInstant?
    private let claimedBootPause: Duration

    init(
        _ core: MemberCore, incarnation: Incarnation, authenticator: any StatementAuthenticator,
        _ configuration: CoreConfiguration
    ) {
        self.refutationPause = configuration.pauseBetweenRefutations
        self.unprovenPause = configuration.shortestSuspicion / 2
        self.claimedBootPause = configuration.claimedBootPause
        self.authenticator = authenticator
        self.record = Self.signed(
            core, incarnation: incarnation, standing: .alive, by: authenticator)
    }

    /// How a claim about us is answered.
    enum Answer: Sendable {
        case nothing
        case ignored(IgnoredReason)
        /// It was answered before: what we last stated is repeated.
        case repeated
        /// We have just answered another one: `answerOwed` is to be called at this moment.
        case later(ClusterInstant)
        /// We have stated the next incarnation. A claim that is proven counts against our local health.
        case refuted(isProven: Bool)
        /// We have stated the next incarnation after another life of ours.
        case succeeded(DuplicateIdentity.Other)
        /// A statement of another life of ours, and older than ours.
        case outdated(DuplicateIdentity.Other)

        /// Whether the signature of a statement has decided it.
        var isOfSignature: Bool {
            switch self {
            case .refuted, .succeeded, .outdated, .ignored(.badSignature): true
            case .nothing, .ignored, .repeated, .later: false
            }
        }
    }

    // MARK: Frames

    /// The number of our next frame: never the same twice in one boot.
    mutating func nextSequence() -> UInt64 {
        lastSequence += 1
        return lastSequence
    }

    func hasSent(_ sequence: UInt64) -> Bool { sequence > 0 && sequence <= lastSequence }

    /// Whether a report is due now that our address does not lead to us; if so, that is noted.
    mutating func admitsAddressReport(every pause: Duration, at now: ClusterInstant) -> Bool {
        if let last = lastAddressReport, now - last < pause { return false }
        lastAddressReport = now
        return true
    }

    // MARK: Statements of our own accord

    mutating func leave() { state(record.core, record.incarnation, .left) }

    /// Returns false if nothing changes, or the metadata cannot be part of a record.
    mutating func setMetadata(_ metadata: [UInt8]) -> Bool {
        guard metadata != record.core.metadata else { return false }
        return restate(bootKey: record.core.bootKey, metadata: metadata)
    }

    /// Goes on under another boot key. The record names the boot with which the process began, so that the
    /// others do not take it for a restart.
    mutating func renewBoot(_ key: BootKey, _ new: any StatementAuthenticator) -> Bool {
        let old = authenticator
        authenticator = new
        guard restate(bootKey: key, metadata: record.core.metadata) else {
            authenticator = old
            return false
        }
        return true
    }

    /// Our keys are others now; the identity and the boot are the same.
    mutating func replaceAuthenticator(by new: any StatementAuthenticator) { authenticator = new }

    private mutating func restate(bootKey: BootKey, metadata: [UInt8]) -> Bool {
        let old = record.core
        guard
            let core = try? MemberCore.make(
                protocolVersions: old.protocolVersions, identityKey: old.identityKey,
                bootKey: bootKey, endpoint: old.endpoint, alias: old.alias, metadata: metadata,
                firstBoot: bootKey == old.bootKey ? old.firstBoot : record.process,
                holdsLifelines: old.holdsLifelines)
        else { return false }
        state(core, record.incarnation.next)
        return true
    }

    // MARK: Claims

    /// Another member calls us suspect or dead. `isProven`: a member that we know has signed it. Any member can
    /// write down any other claim, and members that receive it do nothing with it.
    mutating func refute(
        claimed incarnation: Incarnation, isProven: Bool = true, at now: ClusterInstant
    ) -> Answer {
        // A claim below our incarnation was answered before, but the member that repeats it has
        // missed the answer.
        guard incarnation >= record.incarnation else { return repeatRecord(at: now) }
        // An accuser of an incarnation that we have not announced wants us to raise ours to it. An
        // earlier life of ours could have; then its own statement comes, which we have signed.
        guard incarnation == record.incarnation else {
            return .ignored(
                record.incarnation.mayJump(to: incarnation) ? .aheadOfUs : .incarnationJump)
        }
        // At most five times a second: to invent a claim costs nothing, but its answer costs a
        // signature, a write to disk and a rumor.
        let isProven = isProven || owedRefutation?.isProven == true
        let pause = isProven ? refutationPause : unprovenPause
        if let last = lastRefutation, now - last < pause {
            owedRefutation = (incarnation, isProven)
            return .later(last + pause)
        }
        lastRefutation = now
        owedRefutation = nil
        state(record.core, incarnation.next)
        return .refuted(isProven: isProven)
    }

    /// Answers the claim that had to wait, unless what we stated since has answered it.
    mutating func answerOwed(at now: ClusterInstant) -> Answer {
        guard let owed = owedRefutation, owed.claimed >= record.incarnation else { return .nothing }
        owedRefutation = nil
        return refute(claimed: owed.claimed, isProven: owed.isProven, at: now)
    }

    private mutating func repeatRecord(at now: ClusterInstant) -> Answer {
        if let last = lastRepetition, now - last < refutationPause {
            return .nothing
        }
        lastRepetition = now
        return .repeated
    }

    /// A REFRESH about ourselves. If its incarnation is ahead of ours and our key signed it, a copy of
    /// this process is running.
    mutating func meet(_ statement: RefreshStatement, isRunning: Bool) -> Answer {
        guard statement.incarnation > record.incarnation else { return .nothing }
        guard statement.corePrefix == record.coreHash.prefix else { return .ignored(.aheadOfUs) }
        guard
            authenticator.isSigned(
                record.coreHash, statement.incarnation, statement.standing, statement.signature,
                by: record.core.identityKey)
        else { return .ignored(.badSignature) }
        return isRunning ? raise(above: statement.incarnation) : .nothing
    }

    /// A FULL statement under our identity that is not from this life.
    mutating func meet(
        _ statement: FullStatement, coreHash: CoreHash, boot: BootID, isRunning: Bool
    ) -> Answer {
        guard statement.core.identityKey == record.core.identityKey else {
            return .ignored(.foreignIdentity)
        }
        // An echo of ours is no news.
        guard boot != record.boot || statement.incarnation > record.incarnation else {
            return .nothing
        }
        guard
            authenticator.isSigned(
                coreHash, statement.incarnation, statement.standing, statement.signature,
                by: statement.core.identityKey)
        else { return .ignored(.badSignature) }
        guard boot != record.boot else {
            return isRunning ? raise(above: statement.incarnation) : .nothing
        }
        guard isRunning else { return .nothing }
        let other = DuplicateIdentity.Other(boot: boot, endpoint: statement.core.endpoint)
        guard statement.incarnation >= record.incarnation else { return .outdated(other) }
        guard record.incarnation.mayJump(to: statement.incarnation) else {
            return .ignored(.incarnationJump)
        }
        state(record.core, statement.incarnation.next)
        return .succeeded(other)
    }

    /// A statement that our key has signed is ahead of what we last stated.
    private mutating func raise(above incarnation: Incarnation) -> Answer {
        guard record.incarnation.mayJump(to: incarnation) else {
            return .ignored(.incarnationJump)
        }
        state(record.core, incarnation.next)
        return .refuted(isProven: true)
    }

    /// Whether we continue under a new boot if another member states ours: at most once a minute.
    func mayRenewClaimedBoot(at now: ClusterInstant) -> Bool {
        lastClaimedBoot.map { now - $0 >= claimedBootPause } ?? true
    }

    mutating func noteClaimedBoot(at now: ClusterInstant) { lastClaimedBoot = now }

    // MARK: Signing

    private mutating func state(
        _ core: MemberCore, _ incarnation: Incarnation, _ standing: Standing = .alive
    ) {
        record = Self.signed(core, incarnation: incarnation, standing: standing, by: authenticator)
    }

    private static func signed(
        _ core: MemberCore, incarnation: Incarnation, standing: Standing,
        by authenticator: any StatementAuthenticator
    ) -> MemberRecord {
        let hash = authenticator.hash(of: core.bytes)
        return MemberRecord(
            verified: core, id: authenticator.nodeID(of: core.identityKey),
            boot: authenticator.bootID(of: core.bootKey), coreHash: hash, incarnation: incarnation,
            standing: standing,
            signature: authenticator.sign(.statement(hash, incarnation, standing)))
    }
}
