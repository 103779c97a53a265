import Synchronization

/// A bounded number of places.
final class Seats: Sendable {
    private let most: Int
    private let taken = Mutex(0)

    init(most: Int) { self.most = most }

    func take() -> Bool {
        taken.withLock { count in
            guard count < most else { return false }
            count += 1
            return true
        }
    }

    func free() { taken.withLock { $0 -= 1 } }
}
