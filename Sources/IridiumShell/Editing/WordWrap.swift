/// Breaks lines between words, where a window would break them anywhere.
///
/// A line that fits stays as it is. The rows that follow the first begin below the last column of the line that
/// starts in the left half of the window, so that a row of a table stays readable; in a line without columns, two
/// blanks further right than the line. A word that is wider than the window is left to the window.
package enum WordWrap {
    /// Narrower windows are left alone.
    private static let leastColumns = 20

    /// The text in rows of at most `columns` columns.
    package static func wrapped(_ text: String, to columns: Int) -> String {
        guard columns >= leastColumns else { return text }
        var result = ""
        var isFirst = true
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if !isFirst { result += "\n" }
            isFirst = false
            // No character has more columns than bytes. Only the window knows the width of a tab.
            if line.utf8.count <= columns || line.utf8.contains(UInt8(ascii: "\t")) {
                result += line
            } else {
                appendRows(of: line, to: &result, columns)
            }
        }
        return result
    }

    /// A part of a line: the blanks before a word, and the word with the escape sequences in it.
    private struct Word {
        var blanks = 0
        var text = ""
        var columns = 0
    }

    private static func appendRows(of line: Substring, to result: inout String, _ columns: Int) {
        let words = words(of: line)
        let indentation = String(repeating: " ", count: hang(of: words, columns))
        var column = 0
        var isRowEmpty = true
        for word in words where !word.text.isEmpty {
            if !isRowEmpty, column + word.blanks + word.columns > columns {
                result += "\n" + indentation
                column = indentation.utf8.count
            } else {
                result += String(repeating: " ", count: word.blanks)
                column += word.blanks
            }
            result += word.text
            column += word.columns
            isRowEmpty = false
        }
    }

    /// The column at which the further rows begin.
    private static func hang(of words: [Word], _ columns: Int) -> Int {
        var hang = min((words.first?.blanks ?? 0) + 2, columns / 2)
        var column = 0
        for word in words {
            column += word.blanks
            guard column <= columns / 2 else { break }
            if word.blanks >= 2, column > 0 { hang = max(hang, column) }
            column += word.columns
        }
        return hang
    }

    private static func words(of line: Substring) -> [Word] {
        var words: [Word] = []
        var word = Word()
        var isEscape = false
        for character in line {
            if isEscape {
                // ESC [ digits letter
                word.text.append(character)
                isEscape = !character.isLetter
            } else if character == "\u{1B}" {
                word.text.append(character)
                isEscape = true
            } else if character == " " {
                if word.columns > 0 {
                    words.append(word)
                    word = Word()
                }
                word.blanks += 1
            } else {
                word.text.append(character)
                word.columns += TextWidth.columns(of: character)
            }
        }
        words.append(word)
        return words
    }
}
