/// The beginning of a session.
package enum Banner {
    /// The documents' line.
    package static let welcome = "Welcome to Iridium! Let's be productive!\n"

    /// The REPL's whole banner. `id`: eight digits, nil while it is not known.
    ///
    ///     iridium 0.2.0 · node n1 (id 7c1e09aa) · cluster: off
    package static func text(name: String, id: String?) -> String {
        let identity = id.map { " (id \($0))" } ?? ""
        return welcome + "iridium \(IridiumVersion.text) · node \(name)\(identity) · cluster: off\n"
            + "Type !help for commands, !start_cluster to let other nodes join, Ctrl-D to quit.\n"
    }
}
