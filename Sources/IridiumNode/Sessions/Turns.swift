import IridiumShell

/// The tasks of an actor that run one after the other, although each takes a while and more may be
/// added meanwhile.
struct Turns: Sendable {
    private var last: Task<Void, Never>?

    /// Begins `body` when everything added before it is done.
    mutating func add<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(IridiumError) -> Value
    ) -> Task<Result<Value, IridiumError>, Never> {
        let before = last
        let work = Task { () async -> Result<Value, IridiumError> in
            await before?.value
            do throws(IridiumError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        last = Task { _ = await work.value }
        return work
    }

    /// Waits until everything added is done.
    func finish() async { await last?.value }
}
