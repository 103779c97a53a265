/// How the line being typed looks: one row of the terminal, which moves sideways under a long line.
///
/// There is always exactly one row. So a line printed above it, or a narrower window, needs no
/// arithmetic about what the terminal has wrapped.
package enum LineView {
    /// The bytes that draw the row and put the cursor in its place.
    ///
    /// - Parameters:
    ///   - cursor: in characters.
    ///   - columns: Columns of the window; fewer than 8 are drawn as 8.
    package static func draw(
        prompt: String, text: [Character], cursor: Int, columns: Int
    ) -> String {
        let columns = max(8, columns)
        let promptText = clip(Array(prompt), to: columns / 2)
        let room = columns - width(promptText) - 1
        // The first character shown is chosen so that the cursor is visible.
        var start = 0
        var used = text.prefix(cursor).reduce(0) { $0 + shownWidth($1) }
        while used > room, start < cursor {
            used -= shownWidth(text[start])
            start += 1
        }
        var shown = ""
        var shownColumns = 0
        for character in text[start...] {
            let next = shownColumns + shownWidth(character)
            guard next <= room else { break }
            shown.append(shownForm(character))
            shownColumns = next
        }
        let cursorColumn = width(promptText) + used
        let move = cursorColumn > 0 ? "\u{1B}[\(cursorColumn)C" : ""
        return "\r" + String(promptText) + shown + "\u{1B}[K\r" + move
    }

    /// The bytes that remove the row.
    package static let erase = "\r\u{1B}[K"
    /// The bytes that clear the window.
    package static let clearScreen = "\u{1B}[H\u{1B}[2J"

    /// Words in columns, as wide as the window allows. Each line with its end.
    package static func columns(of words: [String], columns: Int) -> String {
        let cell = (words.map { TextWidth.columns(of: $0) }.max() ?? 0) + 2
        let perRow = max(1, columns / cell)
        var text = ""
        for (index, word) in words.enumerated() {
            let isLast = (index + 1) % perRow == 0 || index == words.count - 1
            text += isLast ? word + "\n" : Layout.padded(word, to: cell)
        }
        return text
    }

    private static func clip(_ text: [Character], to columns: Int) -> [Character] {
        var used = 0
        return text.prefix { character in
            used += shownWidth(character)
            return used <= columns
        }
    }

    private static func width(_ text: [Character]) -> Int {
        text.reduce(0) { $0 + shownWidth($1) }
    }

    /// A character without a width is shown as a question mark.
    private static func shownWidth(_ character: Character) -> Int {
        max(1, TextWidth.columns(of: character))
    }

    private static func shownForm(_ character: Character) -> Character {
        TextWidth.columns(of: character) == 0 ? "?" : character
    }
}
