import MembershipWire

/// How many warnings about members are logged: any member can cause one with 240 bytes, and an invented
/// member costs an attacker a signature.
///
/// One subject is warned about once a minute, and all together a few a second. The next warning that is
/// logged says how many were not.
struct WarningLimit {
    static let pause: Duration = .seconds(60)
    /// Subjects that are remembered.
    static let capacity = 1_024

    private struct Subject: Hashable {
        let member: NodeID
        let message: String
    }

    private var bucket = TokenBucket(perSecond: 1, burst: 20)
    private var lastSaid: [Subject: Duration] = [:]
    private var unsaid = 0

    /// How many were not logged since the last one that was; nil if this one is not to be logged either.
    ///
    /// - Parameter now: by a clock that does not go back.
    mutating func admits(_ member: NodeID, _ message: String, at now: Duration) -> Int? {
        let subject = Subject(member: member, message: message)
        if let said = lastSaid[subject], now - said < Self.pause {
            unsaid += 1
            return nil
        }
        guard bucket.take(at: now) else {
            unsaid += 1
            return nil
        }
        if lastSaid.count >= Self.capacity {
            lastSaid = lastSaid.filter { now - $0.value < Self.pause }
            if lastSaid.count >= Self.capacity { lastSaid.removeAll() }
        }
        lastSaid[subject] = now
        defer { unsaid = 0 }
        return unsaid
    }
}
