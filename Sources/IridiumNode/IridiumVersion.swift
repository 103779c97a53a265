/// The version of this program.
package enum IridiumVersion {
    package static let text = "0.1.0"
}
