import MembershipCore
import MembershipSimulator

/// One member by memberlist's rules: state.go, suspicion.go, awareness.go and queue.go, retold.
struct BaselineNode {
    struct Entry {
        var kind: BaselineClaim.Kind = .alive
        var incarnation: UInt32 = 1
        var changed: WorldInstant = .beginning
    }

    struct Suspicion {
        var serial: UInt64
        var start: WorldInstant
        var shortest: Duration
        var longest: Duration
        var expected: Int
        var confirmed: [Int]

        var deadline: WorldInstant {
            guard expected > 0 else { return start + shortest }
            let left = MemberlistRules.remainder(after: min(confirmed.count - 1, expected))
            return start + shortest + (longest - shortest) * left / 1_000
        }
    }

    struct Broadcast {
        var claim: BaselineClaim
        var transmits = 0
        var serial: UInt64
    }

    struct Probe {
        var target: Int
        var sequence: UInt64
        var isAcked = false
        var nacksExpected = 0
        var nacks = 0
    }

    let index: Int
    var entries: [Entry]
    var suspicions: [Int: Suspicion] = [:]
    var broadcasts: [Broadcast] = []
    var order: [Int] = []
    var probe: Probe?
    var relayed: [UInt64: (requester: Int, sequence: UInt64)] = [:]
    var incarnation: UInt32 = 1
    var awareness = 0
    var serial: UInt64 = 0
    var random: SeededRandom

    init(index: Int, count: Int, random: SeededRandom) {
        self.index = index
        self.random = random
        entries = Array(repeating: Entry(), count: count)
    }

    mutating func nextSerial() -> UInt64 {
        serial += 1
        return serial
    }

    /// Queues a rumor; it replaces what was queued about the same member.
    mutating func spread(_ claim: BaselineClaim) {
        broadcasts.removeAll { $0.claim.member == claim.member }
        broadcasts.append(Broadcast(claim: claim, serial: nextSerial()))
    }

    /// What rides along with the next packet: least sent first, then newest.
    mutating func takeBroadcasts(limit: Int) -> [BaselineClaim] {
        guard !broadcasts.isEmpty else { return [] }
        broadcasts.sort { ($0.transmits, $1.serial) < ($1.transmits, $0.serial) }
        let taken = min(broadcasts.count, MemberlistRules.broadcastsPerPacket)
        let claims = broadcasts[..<taken].map(\.claim)
        for position in 0..<taken { broadcasts[position].transmits += 1 }
        broadcasts.removeAll { $0.transmits >= limit }
        return claims
    }

    mutating func noteHealth(_ delta: Int) {
        awareness = min(max(awareness + delta, 0), MemberlistRules.awarenessLimit - 1)
    }

    /// Others that are not dead, `count` of them at random.
    mutating func randomMembers(
        _ count: Int, except other: Int? = nil, deadUntil: WorldInstant? = nil
    ) -> [Int] {
        var found: [Int] = []
        var tries = 0
        while found.count < count, tries < 3 * entries.count {
            tries += 1
            let member = random.index(below: entries.count)
            guard member != index, member != other, !found.contains(member) else { continue }
            let entry = entries[member]
            if entry.kind == .dead {
                guard let deadUntil, deadUntil < entry.changed else { continue }
            }
            found.append(member)
        }
        return found
    }

    /// The next one to probe: a shuffled round.
    mutating func nextTarget() -> Int? {
        for _ in 0..<2 {
            while let member = order.popLast() {
                if member != index, entries[member].kind != .dead { return member }
            }
            order = random.sample(entries.count, of: Array(entries.indices))
        }
        return nil
    }

    /// What a claim changes. Returns the kind it now believes, if it changed.
    mutating func hear(_ claim: BaselineClaim, at now: WorldInstant) -> BaselineClaim.Kind? {
        if claim.member == index {
            guard claim.kind != .alive, claim.incarnation >= incarnation else { return nil }
            incarnation = claim.incarnation + 1
            noteHealth(1)
            spread(
                BaselineClaim(kind: .alive, member: index, incarnation: incarnation, from: index))
            return nil
        }
        let entry = entries[claim.member]
        switch claim.kind {
        case .alive:
            guard claim.incarnation > entry.incarnation else { return nil }
            suspicions[claim.member] = nil
        case .suspect:
            guard claim.incarnation >= entry.incarnation else { return nil }
            if suspicions[claim.member] != nil { return confirm(claim) }
            guard entry.kind == .alive else { return nil }
            suspicions[claim.member] = makeSuspicion(claim, at: now)
        case .dead:
            guard claim.incarnation >= entry.incarnation, entry.kind != .dead else { return nil }
            suspicions[claim.member] = nil
        }
        entries[claim.member] = Entry(
            kind: claim.kind, incarnation: claim.incarnation, changed: now)
        spread(claim)
        return claim.kind
    }

    private mutating func confirm(_ claim: BaselineClaim) -> BaselineClaim.Kind? {
        guard var suspicion = suspicions[claim.member],
            suspicion.confirmed.count <= suspicion.expected,
            !suspicion.confirmed.contains(claim.from)
        else { return nil }
        suspicion.confirmed.append(claim.from)
        suspicions[claim.member] = suspicion
        spread(claim)
        return .suspect
    }

    private mutating func makeSuspicion(_ claim: BaselineClaim, at now: WorldInstant) -> Suspicion {
        let count = entries.count { $0.kind != .dead }
        let wanted = MemberlistRules.suspicionMultiplier - 2
        let shortest = MemberlistRules.shortestSuspicion(count)
        return Suspicion(
            serial: nextSerial(), start: now, shortest: shortest,
            longest: shortest * MemberlistRules.longestSuspicionMultiplier,
            expected: count - 2 < wanted ? 0 : wanted, confirmed: [claim.from])
    }

    /// Everything it believes, as it is exchanged in full; suspects are told as suspects.
    var claims: [BaselineClaim] {
        entries.indices.map { member in
            let entry = entries[member]
            return member == index
                ? BaselineClaim(kind: .alive, member: index, incarnation: incarnation, from: index)
                : BaselineClaim(
                    kind: entry.kind, member: member, incarnation: entry.incarnation, from: index)
        }
    }
}
