import MembershipSecurity
import MembershipWire

/// What this program is and what it was made with.
package enum IridiumVersion {
    package static let text = "0.1.0"
    /// The commit it was built from; a release writes it here.
    package static let commit: String? = nil
    /// Protocol versions it speaks; two members need one in common.
    package static let protocols = ProtocolVersion.supported
    /// Of the Swift compiler: the newest one known here that is not newer than it.
    package static let swift: String = {
        #if compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }()
    /// Of the libsodium that runs.
    package static var libsodium: String { SodiumVersion.text }
}
