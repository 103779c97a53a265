internal import MembershipCore

extension Duration {
    /// Uniform, to the nanosecond.
    static func random(in range: ClosedRange<Duration>) -> Duration {
        .nanoseconds(Int64.random(in: range.lowerBound.nanoseconds...range.upperBound.nanoseconds))
    }
}

/// Returns false if the task was cancelled meanwhile.
func rest(_ duration: Duration) async -> Bool { (try? await Task.sleep(for: duration)) != nil }
