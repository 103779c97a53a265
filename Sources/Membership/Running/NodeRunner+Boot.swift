internal import Logging
internal import MembershipCore
internal import MembershipSecurity
import NIOCore

/// The boot key of a running node, and its successor.
///
/// A boot key is used for a day at most. It is replaced at once if this machine may be a copy of
/// another one (`ClockWatch`), or if another member states the key as its own. To the members this
/// looks like a restart too quick to notice: a record with the next incarnation, spread like any
/// news. Frames to the old boot are still opened for a minute; none are sealed for it.
extension NodeRunner {
    /// How long frames to the former boot are opened. News is everywhere within a second. A member
    /// that was cut off for longer than this learns of the new boot when views are compared.
    static let overlap: Duration = .seconds(60)

    /// The gate of the former boot, while its frames may still be on their way.
    struct FormerGate: ~Copyable {
        var gate: FrameGate
        let until: ClusterInstant
    }

    /// Replaces the boot key if that is due, at most once per `overlap`.
    func renewBootIfDue(at now: ClusterInstant) {
        if let until = former?.until, until <= now { former = nil }
        let hasMissedTime = clockWatch.hasMissedTime()
        mayBeCopied = mayBeCopied || hasMissedTime
        guard former == nil, lifecycle == .running,
            mayBeCopied || isBootClaimed || bootAge.isOver(at: now - .origin, gate.counters)
        else { return }
        renewBoot(at: now)
    }

    /// Continues under a new boot key.
    func renewBoot(at now: ClusterInstant) {
        mayBeCopied = false
        isBootClaimed = false
        boot = BootKeys()
        var next = FrameGate(succeeding: gate, boot: boot)
        bootAge = BootAge(beginningAt: now - .origin, next.counters)
        swap(&gate, &next)
        former = FormerGate(gate: next, until: now + Self.overlap)
        logger.info("continuing under a new boot key", metadata: ["boot": "\(boot.id)"])
        feed(
            .renewBoot(
                boot.publicKey,
                NodeAuthenticator(identity: identity, boot: boot, secrets: secrets)),
            at: now)
    }
}
