import MembershipCore
import MembershipWire

/// Without a fault, no member is suspected. The checker stops with the first fault of a plan;
/// leaves, joins, updates and messages are not faults.
package struct QuietChecker: Checker, Sendable {
    package static let rule = "without a fault no member is suspected"

    private var hasFault = false
    private var list = ViolationList(rule)

    /// - Parameter isLossy: a network that loses datagrams by itself counts as a fault.
    package init(isLossy: Bool = false) { hasFault = isLossy }
    package var violations: [Violation] { list.entries }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        switch event {
        case .action(let action): if action.isFault { hasFault = true }
        case .noticed(let host, .changed(let change)):
            guard !hasFault, change.kind == .suspected || change.kind == .failed else { return }
            list.add(time, "\(world.subject(host, change.record)): \(change.kind)")
        case .started, .stopped, .noticed, .holdsKeyset, .sent, .wrote, .misspoke: break
        }
    }
}

extension Action {
    /// Whether it can justify a suspicion.
    package var isFault: Bool {
        switch self {
        case .start, .leave, .setMetadata, .writeState, .broadcast, .join, .resume, .heal,
            .endFaults,
            .setWallClock, .resetStreams, .setSeedName, .rotateKeys, .rename:
            false
        case .setConnectionFilter(_, _, let filter): filter != .passes
        case .setUncallable(_, let isUncallable): isUncallable
        case .setExhausted(_, let isExhausted): isExhausted
        case .setLoss(let probability), .setLinkLoss(_, _, let probability):
            probability != .never
        case .setDatagramLoss(_, let probability): probability != .never
        case .setHostLoss(_, let inbound, let outbound): inbound != .never || outbound != .never
        case .starve(_, let receive, let send): receive != .zero || send != .zero
        case .setDuplication: false
        case .setReordering(_, let delay): delay >= .milliseconds(40)
        case .crash, .abort, .vanish, .remove, .restart, .pause, .leapClock, .setLatency, .cut,
            .copyIdentity, .accuse, .accuseOfBeingGone, .conjure, .speakForGhosts:
            true
        }
    }
}
