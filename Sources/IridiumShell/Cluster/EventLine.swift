package import MembershipWire

/// One change of a member, or a message from it, as shown above the prompt and by
/// `!cluster_events`.
///
///     [12:04:31] n2 joined from 127.0.0.1:2255 (2 alive)
package struct EventLine: Hashable, Sendable {
    /// The kind of change.
    package enum Change: Hashable, Sendable {
        case joined(from: Endpoint)
        case suspected(by: [String])
        case recovered
        case failed
        case left
        /// Another process now has its identity, and no member had declared it dead.
        case restarted
        /// The change: "moved from 10.0.0.1:2254 to 10.0.0.2:2254".
        case updated(String)
        /// Its tombstone was dropped.
        case removed
        /// It sent a message to all members.
        case message(MessageLine)
        /// Something about this node itself; the line shows no member.
        case notice(String)
    }

    /// Local time of day, "12:04:31".
    package var time: String
    package var member: String
    package var change: Change
    /// Members alive after the change.
    package var aliveCount: Int
    /// The accusers, the probes that were tried, our own health: "by n2: no ack in 180 ms, …; own
    /// health 0".
    package var reason: String?

    package init(
        time: String, member: String, change: Change, aliveCount: Int, reason: String? = nil
    ) {
        self.reason = reason
        self.time = time
        self.member = member
        self.change = change
        self.aliveCount = aliveCount
    }

    /// The line with its reason, for `!cluster_events`, where there is time to read.
    package var textWithReason: String {
        switch change {
        case .suspected, .recovered, .failed: reason.map { "\(text): \($0)" } ?? text
        case .joined, .left, .restarted, .updated, .removed, .message, .notice: text
        }
    }

    /// The line, without a line end.
    package var text: String {
        let what: String
        switch change {
        case .joined(let address): what = "joined from \(address)"
        case .suspected(let accusers):
            what = accusers.isEmpty ? "is suspect" : "is suspect, says \(Layout.list(accusers))"
        case .recovered: what = "answered: alive again"
        case .failed: what = "is dead"
        case .left: what = "left"
        case .restarted: what = "restarted"
        case .updated(let change): what = change
        case .removed: what = "was forgotten"
        case .message(let message): return "[\(time)] \(message.sentence)"
        case .notice(let text): return "[\(time)] \(text)"
        }
        return "[\(time)] \(member) \(what) (\(aliveCount) alive)"
    }
}

/// One line of `iridium monitor`: the old state, the new state, and the reason.
///
///     12:08:39.020  n3  alive → suspect   by n2: no ack in 180 ms, 3 of 3 relays failed
package struct MonitorLine: Hashable, Sendable {
    /// Local time of day with milliseconds, "12:08:39.020".
    package var time: String
    package var member: String
    /// nil if it is new.
    package var from: MemberState?
    package var to: MemberState
    /// "by n2: no ack in 180 ms", "refuted the suspicion, incarnation 3 → 4", "said goodbye".
    package var reason: String
    /// For a suspicion that proved false: its duration.
    package var falseSuspicionLasted: Duration?

    package init(
        time: String, member: String, from: MemberState?, to: MemberState, reason: String,
        falseSuspicionLasted: Duration? = nil
    ) {
        self.time = time
        self.member = member
        self.from = from
        self.to = to
        self.reason = reason
        self.falseSuspicionLasted = falseSuspicionLasted
    }

    /// The line, without a line end. `nameWidth` is that of the longest name shown so far.
    package func text(nameWidth: Int = 2) -> String {
        let change = "\(from?.rawValue ?? "new") → \(to.rawValue)"
        let name = Layout.padded(member, to: nameWidth)
        let start = "\(time)  \(name)  \(Layout.padded(change, to: 15))   "
        guard let lasted = falseSuspicionLasted else { return Layout.trimmedEnd(start + reason) }
        let span = DurationText.spoken(lasted, decimals: 2)
        return start + Layout.padded(reason, to: 39) + "  (false suspicion, \(span))"
    }
}
