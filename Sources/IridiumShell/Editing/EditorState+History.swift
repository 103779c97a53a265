/// The history: the up and down keys, Ctrl-R, and completion.
extension EditorState {
    /// Shows the line `step` lines from the current one. The draft follows the newest line.
    mutating func showHistory(_ step: Int) -> [Action] {
        let newest = history.lines.count
        let target = (historyIndex ?? newest) + step
        guard (0...newest).contains(target), target != historyIndex ?? newest else {
            return [.bell]
        }
        if historyIndex == nil { draft = text }
        historyIndex = target == newest ? nil : target
        replace(with: historyIndex.map { Array(history.lines[$0]) } ?? draft)
        return [.redraw]
    }

    /// Handles a key while searching; nil: the search is over, and the key has its usual meaning.
    mutating func handleInSearch(_ key: Key) -> [Action]? {
        guard var current = search else { return nil }
        switch key {
        case .character(let character):
            guard current.words.count < 256 else { return [.bell] }
            current.words.append(character)
            return find(current, before: (current.index ?? history.lines.count - 1) + 1)
        case .backspace:
            guard !current.words.isEmpty else { return [.bell] }
            current.words.removeLast()
            return find(current, before: history.lines.count)
        case .search:
            return find(current, before: current.index ?? history.lines.count)
        case .cancel, .interrupt:
            text = current.text
            cursor = current.cursor
            search = nil
            return [.redraw]
        default:
            search = nil
            return nil
        }
    }

    private mutating func find(_ wanted: Search, before index: Int) -> [Action] {
        var current = wanted
        let match = history.match(current.words, before: index)
        defer { search = current }
        guard let match else {
            // An earlier match stays on the line if nothing before it matches.
            let stays = current.index.map { history.lines[$0].contains(current.words) } ?? false
            if !stays { current.index = nil }
            return current.words.isEmpty ? [.redraw] : [.bell, .redraw]
        }
        current.index = match
        replace(with: Array(history.lines[match]))
        return [.redraw]
    }

    /// Inserts the common beginning of all candidates, or shows the candidates.
    mutating func complete(with completion: Completion) -> [Action] {
        guard !completion.candidates.isEmpty, (0...cursor).contains(completion.start) else {
            return [.bell]
        }
        let typed = Array(text[completion.start..<cursor])
        var common = completion.common
        if completion.candidates.count == 1 { common += " " }
        let isLonger = common.count > typed.count && text.count < Self.longestLine
        if isLonger {
            text.replaceSubrange(completion.start..<cursor, with: common)
            cursor = completion.start + common.count
            return [.redraw]
        }
        return completion.candidates.count > 1
            ? [.show(completion.candidates), .redraw] : [.bell]
    }
}
