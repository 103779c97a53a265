extension PublishedView {
    /// Waits until the condition returns a value; see `Cluster.waitUntil`. The failure is the event
    /// that came first, and never `.changed`.
    ///
    /// - Parameter forAgreement: whether the condition reads more than members; otherwise a change
    ///   of agreement alone does not wake the caller.
    func wait<Value>(
        atMost limit: Duration?, forAgreement: Bool, until condition: (PublishedView) -> Value?
    ) async -> Result<Value, ViewWaiter.Signal> {
        let waiter = addWaiter(forAgreement: forAgreement)
        defer { remove(waiter) }
        let timer = limit.map { limit in
            Task { if await rest(limit) { waiter.send(.timedOut) } }
        }
        defer { timer?.cancel() }
        return await withTaskCancellationHandler {
            var signal = limit.map { $0 > .zero } ?? true ? ViewWaiter.Signal.changed : .timedOut
            while true {
                if let value = condition(self) { return .success(value) }
                guard signal == .changed else { return .failure(signal) }
                signal = await waiter.next()
            }
        } onCancel: {
            waiter.send(.cancelled)
        }
    }
}
