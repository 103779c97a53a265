/// The output of `!help`, made from the command table.
enum HelpText {
    /// All commands, one a line.
    static func overview(remote: Bool, demo: Bool) -> String {
        let rows = ShellCommand.rows(remote: remote, demo: demo)
        let lines = Layout.table(
            rows.map { row in
                let short = row.shortName.map { " (or \($0))" } ?? ""
                return ["  " + row.usage, row.summary + short]
            })
        return """
            Commands:
            \(lines.joined(separator: "\n"))
            Anything else is code for the machine, several instructions a line if you like:
              load $0 #100  add $0 $0 $1
            !help COMMAND says more.

            """
    }

    /// One command at length.
    static func details(of command: ShellCommand) -> String {
        let row = command.row
        let short = row.shortName.map { "  (or \($0))" } ?? ""
        return "\(row.usage)\(short)\n  \(row.summary)\n  \(row.details)\n"
    }
}
