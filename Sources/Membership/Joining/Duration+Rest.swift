internal import MembershipCore
package import NIOCore

extension Duration {
    /// Uniform, to the nanosecond.
    static func random(in range: ClosedRange<Duration>) -> Duration {
        .nanoseconds(Int64.random(in: range.lowerBound.nanoseconds...range.upperBound.nanoseconds))
    }
}

/// Returns false if the task was cancelled meanwhile, or if the loop has ended.
///
/// `Task.sleep` would start a timer of libdispatch, and the first one makes libdispatch look at its
/// threads once a second from then on: an idle process would wake for that alone (Linux).
/// Without a loop it is `Task.sleep` regardless.
package func rest(_ duration: Duration, on loop: (any EventLoop)?) async -> Bool {
    guard let loop else { return (try? await Task.sleep(for: duration)) != nil }
    let timer = loop.scheduleTask(in: TimeAmount(duration)) {}
    return await withTaskCancellationHandler {
        (try? await timer.futureResult.get()) != nil
    } onCancel: {
        timer.cancel()
    }
}
