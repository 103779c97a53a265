internal import MembershipSecurity
import MembershipWire
import Synchronization

/// Who a member is, and how far it has counted, kept in memory instead of a directory: a cluster that
/// is given it after another one has stopped is the same member in its next life.
package final class KeptIdentity: Sendable {
    let identity = NodeIdentity.random()
    private let incarnation = Mutex<Incarnation?>(nil)

    /// Somebody new.
    package init() {}

    /// nil before its first life.
    var lastIncarnation: Incarnation? { incarnation.withLock { $0 } }

    func save(_ incarnation: Incarnation) { self.incarnation.withLock { $0 = incarnation } }
}
