package import NIOCore

extension PublishedView {
    /// See `Cluster.waitUntil`.
    ///
    /// - Parameter loop: of the timer; see `rest`.
    package func waitUntil(
        within limit: Duration?, on loop: (any EventLoop)? = nil, _ condition: (ClusterView) -> Bool
    ) async throws(ClusterError) -> ClusterView {
        let result = await wait(atMost: limit, on: loop, forAgreement: true) { published in
            let view = published.view
            return condition(view) ? view : nil
        }
        switch result {
        case .success(let view): return view
        case .failure(.timedOut): throw .timedOut(view)
        case .failure(.cancelled): throw .cancelled
        case .failure(.ended), .failure(.changed): throw .notRunning
        }
    }

    /// Waits until the condition returns a value; see `Cluster.waitUntil`. The failure is the event
    /// that came first, and never `.changed`.
    ///
    /// - Parameter forAgreement: whether the condition reads more than members; otherwise a change
    ///   of agreement alone does not wake the caller.
    func wait<Value>(
        atMost limit: Duration?, on loop: (any EventLoop)?, forAgreement: Bool,
        until condition: (PublishedView) -> Value?
    ) async -> Result<Value, ViewWaiter.Signal> {
        let waiter = addWaiter(forAgreement: forAgreement)
        defer { remove(waiter) }
        let timer = limit.map { limit in
            Task { if await rest(limit, on: loop) { waiter.send(.timedOut) } }
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
