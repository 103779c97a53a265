/// The tables of Specs/Shell.md that are made from the code.
package enum ShellMarkdown {
    /// All commands of the REPL. Ends with a line end.
    package static var commandTable: String {
        let rows = ShellCommand.table.map { row in
            let short = row.shortName.map { " or `\($0)`" } ?? ""
            let remote = row.isRemote ? "yes" : "no"
            return "| `\(row.usage)`\(short) | \(row.summary) | \(remote) |\n"
        }
        return "| command | does | in a remote session |\n| --- | --- | --- |\n" + rows.joined()
    }

    /// All exit codes. Ends with a line end.
    package static var exitTable: String {
        let rows = ExitStatus.allCases.map { "| \($0.rawValue) | \($0.meaning) |\n" }
        return "| exit code | meaning |\n| --- | --- |\n" + rows.joined()
    }
}
