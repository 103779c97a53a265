import MembershipSecurity
import MembershipWire

/// The version of this program and of its parts.
package enum IridiumVersion {
    package static let text = "0.2.0"
    /// The commit it was built from; a release writes it here.
    package static let commit: String? = nil
    /// The protocol versions that it speaks; two members need one in common.
    package static let protocols = ProtocolVersion.supported
    /// The version of the Swift compiler: the newest one known here that is not newer than the
    /// compiler.
    package static let swift: String = {
        #if compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }()
    /// The version of the loaded libsodium.
    package static var libsodium: String { SodiumVersion.text }
}
