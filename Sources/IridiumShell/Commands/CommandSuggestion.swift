internal import IridiumAssembler

/// The command that a misspelt word probably means.
///
/// It knows two kinds of mistakes: a few wrong letters (`!cluster_membrs`), and a part of the name
/// (`!members`, `!join`). Command names are lower case. A word with capitals gets no suggestion,
/// and so gets the plain answer of the documents.
package enum CommandSuggestion {
    /// The suggestion for a word that begins with `!` and is not a command.
    package static func suggestion(
        for word: String, remote: Bool = false, demo: Bool = false
    ) -> String? {
        guard !word.contains(where: \.isUppercase) else { return nil }
        let names = ShellCommand.names(remote: remote, demo: demo)
        return partOf(names, word: word) ?? Spelling.closest(to: word, among: names)
    }

    /// The only name with a part, between underscores, that starts with the typed word.
    private static func partOf(_ names: [String], word: String) -> String? {
        let typed = word.dropFirst()
        guard typed.count >= 2 else { return nil }
        let matches = names.filter { name in
            var rest = name.dropFirst()
            while true {
                if rest.hasPrefix(typed) { return true }
                guard let underscore = rest.firstIndex(of: "_") else { return false }
                rest = rest[rest.index(after: underscore)...]
            }
        }
        return matches.count == 1 ? matches.first : nil
    }
}
