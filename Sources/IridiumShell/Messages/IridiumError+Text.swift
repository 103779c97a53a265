import IridiumJSON
internal import IridiumVM

/// How a message is shown: to people as text, to programs as one line of JSON.
extension IridiumError: CustomStringConvertible {
    /// The message as it is shown on standard error and in the REPL, with a line end:
    ///
    ///     iridium: cannot reach 192.0.2.1:2254 (3 tries, 6 s) [IR-04]
    ///       why: timed out: host down or a firewall
    ///       try: there: iridium status; here: iridium netcheck 192.0.2.1:2254
    package var text: String {
        var lines = ["iridium: \(what) [\(code.text)]"]
        if let why = why { lines.append("  why: \(why)") }
        // For wrong arguments the advice is the usage of the command.
        let label = code == .badArguments ? "usage" : "try"
        if let advice = advice { lines.append("  \(label): \(advice)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The message as one JSON object on one line, without a line end: schema `iridium.error/1`.
    package var json: String {
        return JSONText.object([
            ("schema", JSONText.string("iridium.error/1")),
            ("code", JSONText.string(code.text)),
            ("exit", exit.map { "\($0.rawValue)" } ?? "null"),
            ("what", JSONText.string(what)),
            ("why", why.map(JSONText.string) ?? "null"),
            ("try", advice.map(JSONText.string) ?? "null"),
        ])
    }

    /// The fault alone, for logs.
    package var description: String { "\(what) [\(code.text)]" }
}
