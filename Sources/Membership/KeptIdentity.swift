internal import MembershipSecurity
import MembershipWire
import Synchronization

/// The identity and last incarnation of a member, kept in memory and not in a directory. A cluster
/// that receives it after another one has stopped is the same member in its next life.
package final class KeptIdentity: Sendable {
    let identity = NodeIdentity.random()
    private let incarnation = Mutex<Incarnation?>(nil)

    /// A new identity.
    package init() {}

    /// nil before its first life.
    var lastIncarnation: Incarnation? { incarnation.withLock { $0 } }

    func save(_ incarnation: Incarnation) { self.incarnation.withLock { $0 = incarnation } }
}
