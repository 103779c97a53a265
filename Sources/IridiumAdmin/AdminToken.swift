import Synchronization

/// The token that clients send as `Authorization: Bearer`; nil: they send none. It can be replaced while the server
/// runs; what was opened under the old one then ends.
final class AdminToken: Sendable {
    private struct State {
        var token: [UInt8]?
        var nextWaiter = 0
        var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let state: Mutex<State>

    init(_ token: [UInt8]?) { state = Mutex(State(token: token)) }

    /// A sequence that ends when the token is replaced.
    func replacement() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let number = state.withLock { state in
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = continuation
            return state.nextWaiter
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.waiters.removeValue(forKey: number) }
        }
        return stream
    }

    /// Returns whether the new one is another. A server that asks for a token goes on asking for one, and a
    /// server that asks for none asks for none until it is started again: its address stays too.
    func replace(by new: [UInt8]?) -> Bool {
        let waiters: [AsyncStream<Void>.Continuation]? = state.withLock { state in
            guard let new, let old = state.token, old != new else { return nil }
            state.token = new
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        // Outside the lock: each one's end asks for it.
        for waiter in waiters ?? [] { waiter.finish() }
        return waiters != nil
    }

    /// Whether a request with this header field may be answered.
    func admits(_ authorization: String?) -> Bool {
        guard let token = state.withLock({ $0.token }) else { return true }
        // The name of the scheme has no case (RFC 9110, section 11.1).
        let words = Array((authorization ?? "").utf8).split(separator: 0x20, maxSplits: 1)
        guard words.count == 2, String(decoding: words[0], as: UTF8.self).lowercased() == "bearer"
        else { return false }
        return Self.areEqual(Array(words[1].drop { $0 == 0x20 }), token)
    }

    /// Takes as long whatever the difference.
    private static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
