import MembershipWire

/// Limits the warnings about members in the log: any member can cause one with 240 bytes, and an
/// invented member costs an attacker one signature.
///
/// There is at most one warning a minute for each subject, and a few a second in total. The next
/// logged warning says how many were not logged.
struct WarningLimit {
    static let pause: Duration = .seconds(60)
    /// The number of subjects remembered.
    static let capacity = 1_024

    private struct Subject: Hashable {
        let member: NodeID
        let message: String
    }

    private var bucket = TokenBucket(perSecond: 1, burst: 20)
    private var lastSaid: [Subject: Duration] = [:]
    private var unsaid = 0

    /// The number not logged since the last logged one; nil if this one is not to be logged either.
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
