/// When a member was last shown what is held against it, or what it has missed.
struct CorrectionNote: Sendable {
    private var last: ClusterInstant?

    /// Whether the member may be corrected now, `pause` after the last time; if so it is noted.
    mutating func admits(at now: ClusterInstant, pause: Duration) -> Bool {
        if let last, now - last < pause { return false }
        last = now
        return true
    }
}
