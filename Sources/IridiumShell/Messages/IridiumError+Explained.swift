/// Messages in full: the output of `iridium explain IR-04`, and the table in Specs/Shell.md.
extension IridiumError {
    /// The sample of a message, found by its number: "IR-04", "ir-4" or "4".
    package static func sample(_ text: String) -> IridiumError? {
        let upper = text.uppercased()
        let digits = upper.hasPrefix("IR-") ? upper.dropFirst(3) : upper[...]
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits)
        else { return nil }
        return samples.first { $0.code.number == number }
    }

    /// The message as it may look, its meaning, and the exit code of a command.
    package var explained: String {
        let exit =
            switch severity {
            case .failure(let status): "Exit code \(status.rawValue): \(status.meaning)."
            case .warning:
                "A warning: the node keeps running, and warns at most once a minute for each member."
            case .note: "A note, not a failure."
            case .build: "Occurs only while the program is built."
            }
        return "\(code.text) looks like this:\n\n\(text)\n\(meaning)\n\(exit)\n"
    }

    /// The table of all messages in Specs/Shell.md. It ends with a line end.
    package static var markdownTable: String {
        let rows = samples.map { sample in
            let exit =
                switch sample.severity {
                case .failure(let status): "\(status.rawValue)"
                case .warning: "warning"
                case .note: "note"
                case .build: "build"
                }
            let cells = [sample.what, sample.why ?? "", sample.advice ?? ""].map {
                $0.replacing("|", with: "\\|")
            }
            return "| \(sample.code.text) · \(exit) | \(cells.joined(separator: " | ")) |\n"
        }
        return "| code · exit | what | why | try |\n| --- | --- | --- | --- |\n" + rows.joined()
    }
}
