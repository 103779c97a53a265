import IridiumShell

/// What an actor does one piece after the other, though each takes a while and others may ask for
/// something meanwhile.
struct Turns: Sendable {
    private var last: Task<Void, Never>?

    /// Begins `body` when all that was added before it is over.
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

    /// Waits until all that was added is over.
    func finish() async { await last?.value }
}
