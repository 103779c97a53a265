import Synchronization

/// A bounded number of places, such as for connections.
package final class Seats: Sendable {
    private let most: Int
    private let taken = Mutex(0)

    package init(most: Int) { self.most = most }

    package func take() -> Bool {
        taken.withLock { count in
            guard count < most else { return false }
            count += 1
            return true
        }
    }

    package func free() { taken.withLock { $0 -= 1 } }
}
