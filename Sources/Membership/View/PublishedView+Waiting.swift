extension PublishedView {
    /// Waits until the condition gives a value; see `Cluster.waitUntil`. The failure says what came first,
    /// and is never `.changed`.
    ///
    /// - Parameter forAgreement: whether the condition looks at more than members; else a change of
    ///   agreement alone wakes nothing.
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
