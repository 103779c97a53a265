import Synchronization

/// The token that clients send as `Authorization: Bearer`; nil: they send none. It can be replaced while the server
/// runs.
final class AdminToken: Sendable {
    private let token: Mutex<[UInt8]?>

    init(_ token: [UInt8]?) { self.token = Mutex(token) }

    /// Returns whether the new one is another. A server that asks for a token goes on asking for one, and a
    /// server that asks for none asks for none until it is started again: its address stays too.
    func replace(by new: [UInt8]?) -> Bool {
        token.withLock { token in
            guard let new, let old = token, old != new else { return false }
            token = new
            return true
        }
    }

    /// Whether a request with this header field may be answered.
    func admits(_ authorization: String?) -> Bool {
        guard let token = token.withLock({ $0 }) else { return true }
        return Self.areEqual(
            Array((authorization ?? "").utf8), Array("Bearer ".utf8) + token)
    }

    /// Takes as long whatever the difference.
    private static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
