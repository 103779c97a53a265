internal import IridiumVM

/// The words that could complete the text at the cursor.
package struct Completion: Equatable, Sendable {
    /// The character at which the word to be replaced starts. The word ends at the cursor.
    package var start: Int
    /// Whole words, in the order to show them.
    package var candidates: [String]

    /// No candidate.
    package static let none = Completion(start: 0, candidates: [])

    package init(start: Int, candidates: [String]) {
        self.start = start
        self.candidates = candidates
    }

    /// The longest common beginning of all candidates.
    var common: String {
        guard var prefix = candidates.first else { return "" }
        for candidate in candidates {
            while !candidate.hasPrefix(prefix) { prefix.removeLast() }
        }
        return prefix
    }
}

/// Completion in the REPL: commands, the names of members, and mnemonics.
package enum ShellCompletion {
    /// The words that could complete the text at the cursor.
    ///
    /// - Parameters:
    ///   - cursor: in characters.
    ///   - memberNames: The names of the cluster's members, in any order.
    package static func complete(
        _ line: String, cursor: Int, memberNames: [String], remote: Bool = false, demo: Bool = false
    ) -> Completion {
        let characters = Array(line)
        guard (0...characters.count).contains(cursor) else { return .none }
        let before = characters[..<cursor]
        var start = (before.lastIndex(where: \.isWhitespace) ?? -1) + 1
        let words = before[..<start].split(whereSeparator: \.isWhitespace).map { String($0) }
        // In a partition, names follow commas too.
        if words.first == ShellCommand.demo.rawValue, words.count > 1,
            let comma = before[start...].lastIndex(of: ",")
        {
            start = comma + 1
        }
        let typed = String(before[start...])
        let names = ShellCommand.names(remote: remote, demo: demo)
        let all = candidates(after: words, typed: typed, memberNames: memberNames, names: names)
        return Completion(start: start, candidates: all.filter { $0.hasPrefix(typed) })
    }

    private static func candidates(
        after words: [String], typed: String, memberNames: [String], names: [String]
    ) -> [String] {
        guard let first = words.first else {
            if typed.hasPrefix("!") { return names }
            return typed.isEmpty ? [] : Opcode.table.map(\.opcode.name)
        }
        guard first.hasPrefix("!") else {
            // A line may hold several instructions.
            return typed.first?.isLetter == true ? Opcode.table.map(\.opcode.name) : []
        }
        guard names.contains(first), let command = ShellCommand(written: first) else { return [] }
        let isFirstArgument = words.count == 1
        switch command.row.argument {
        case .command where isFirstArgument:
            return typed.hasPrefix("!") ? names : names.map { String($0.dropFirst()) }
        case .addressOrMember where isFirstArgument, .member where isFirstArgument:
            return sorted(memberNames)
        case .demoOrder:
            guard !isFirstArgument else { return DemoOrder.Verb.allCases.map(\.rawValue) }
            guard let verb = DemoOrder.Verb(rawValue: words[1]), verb.takesNames,
                words.count == 2 || verb == .partition
            else { return [] }
            return sorted(memberNames)
        case .none, .path, .program, .address, .command, .addressOrMember, .member, .registers,
            .text:
            return []
        }
    }

    private static func sorted(_ names: [String]) -> [String] {
        names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
