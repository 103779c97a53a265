/// The line being typed, as a value: a key goes in, actions come out.
///
/// The buffer is a list of characters as people see them, so the cursor is never inside one.
/// Nothing here knows a terminal: `LineView` says how the line looks, and the terminal draws it.
package struct EditorState: Sendable {
    /// Something for the terminal to do.
    package enum Action: Equatable, Sendable {
        /// The line or the position of the cursor has changed.
        case redraw
        /// The line is complete.
        case submit(String)
        /// Ctrl-C: the line was dropped.
        case interrupt
        /// Ctrl-D on an empty line.
        case endOfInput
        case suspend
        case clearScreen
        /// The key has no effect.
        case bell
        /// Show these above the line.
        case show([String])
    }

    /// The longest line, in characters.
    package static let longestLine = 16_384

    package internal(set) var text: [Character] = []
    package internal(set) var cursor = 0
    package var history: LineHistory

    /// The search of Ctrl-R, while it runs.
    var search: Search?
    /// The line of the history that is shown; nil: the line being typed.
    var historyIndex: Int?
    /// The line being typed, while a line of the history is shown.
    var draft: [Character] = []
    /// The text that was cut last, for Ctrl-Y.
    var cut: [Character] = []

    struct Search: Equatable, Sendable {
        var words = ""
        var index: Int?
        /// The text before the search.
        let text: [Character]
        let cursor: Int
    }

    package init(history: LineHistory = LineHistory()) {
        self.history = history
    }

    /// The text as a line.
    package var line: String { String(text) }

    /// The text before the line: the prompt or, during a search, the words searched for.
    package func prompt(_ usual: String) -> String {
        guard let search else { return usual }
        let failed = search.index == nil && !search.words.isEmpty ? "failed " : ""
        return "(\(failed)search \"\(search.words)\") "
    }

    /// Handles a key.
    ///
    /// - Parameter complete: finds the words that could complete the text: see `ShellCompletion`.
    package mutating func handle(
        _ key: Key, complete: (_ line: String, _ cursor: Int) -> Completion = { _, _ in .none }
    ) -> [Action] {
        if search != nil, let actions = handleInSearch(key) { return actions }
        switch key {
        case .character(let character): return insert(character)
        case .enter: return submit()
        case .tab: return self.complete(with: complete(String(text), cursor))
        case .left: return move(to: cursor - 1)
        case .right: return move(to: cursor + 1)
        case .home: return move(to: 0)
        case .end: return move(to: text.count)
        case .wordLeft: return move(to: wordStart)
        case .wordRight: return move(to: wordEnd)
        case .up: return showHistory(-1)
        case .down: return showHistory(1)
        case .backspace: return delete(from: cursor - 1, to: cursor)
        case .delete: return delete(from: cursor, to: cursor + 1)
        case .deleteWordLeft: return delete(from: blankWordStart, to: cursor, keeping: true)
        case .deleteWordRight: return delete(from: cursor, to: wordEnd, keeping: true)
        case .deleteToEnd: return delete(from: cursor, to: text.count, keeping: true)
        case .deleteToStart: return delete(from: 0, to: cursor, keeping: true)
        case .insertDeleted: return cut.isEmpty ? [.bell] : cut.flatMap { insert($0) }.suffix(1)
        case .clearScreen: return [.clearScreen, .redraw]
        case .search:
            search = Search(text: text, cursor: cursor)
            return [.redraw]
        case .cancel: return []
        case .interrupt:
            clear()
            return [.interrupt]
        case .endOfInput:
            return text.isEmpty ? [.endOfInput] : delete(from: cursor, to: cursor + 1)
        case .suspend: return [.suspend]
        }
    }

    // MARK: Text

    private mutating func insert(_ character: Character) -> [Action] {
        // A combining mark joins the character before it.
        if cursor > 0 {
            let joined = String(text[cursor - 1]) + String(character)
            if joined.count == 1, joined.unicodeScalars.count <= 16, let one = joined.first {
                text[cursor - 1] = one
                return [.redraw]
            }
        }
        guard text.count < Self.longestLine else { return [.bell] }
        text.insert(character, at: cursor)
        cursor += 1
        return [.redraw]
    }

    private mutating func delete(
        from start: Int, to end: Int, keeping: Bool = false
    ) -> [Action] {
        let range = max(0, start)..<min(text.count, max(start, end))
        guard start >= 0, !range.isEmpty else { return [.bell] }
        if keeping { cut = Array(text[range]) }
        text.removeSubrange(range)
        cursor = range.lowerBound
        return [.redraw]
    }

    private mutating func move(to position: Int) -> [Action] {
        guard (0...text.count).contains(position), position != cursor else { return [] }
        cursor = position
        return [.redraw]
    }

    private mutating func submit() -> [Action] {
        let line = String(text)
        history.add(line)
        clear()
        return [.submit(line)]
    }

    mutating func clear() {
        text = []
        cursor = 0
        search = nil
        historyIndex = nil
        draft = []
    }

    mutating func replace(with line: [Character]) {
        text = line
        cursor = line.count
    }

    // MARK: Words

    private var wordStart: Int {
        var position = cursor
        while position > 0, !Self.isWord(text[position - 1]) { position -= 1 }
        while position > 0, Self.isWord(text[position - 1]) { position -= 1 }
        return position
    }

    private var wordEnd: Int {
        var position = cursor
        while position < text.count, !Self.isWord(text[position]) { position += 1 }
        while position < text.count, Self.isWord(text[position]) { position += 1 }
        return position
    }

    /// For Ctrl-W a word is the text between blanks.
    private var blankWordStart: Int {
        var position = cursor
        while position > 0, text[position - 1].isWhitespace { position -= 1 }
        while position > 0, !text[position - 1].isWhitespace { position -= 1 }
        return position
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}
