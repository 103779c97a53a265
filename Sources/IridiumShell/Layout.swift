/// Puts words next to each other: padding, lists, counts, and text from elsewhere.
package enum Layout {
    /// `text` with spaces after it up to `width` columns.
    package static func padded(_ text: String, to width: Int) -> String {
        text + spaces(width - TextWidth.columns(of: text))
    }

    /// `text` with spaces before it up to `width` columns.
    package static func paddedLeft(_ text: String, to width: Int) -> String {
        spaces(width - TextWidth.columns(of: text)) + text
    }

    /// `text` without the spaces at its end.
    package static func trimmedEnd(_ text: String) -> String {
        var result = text[...]
        while result.last == " " { result = result.dropLast() }
        return String(result)
    }

    /// The beginning of `text` that fits into `width` columns.
    package static func clipped(_ text: String, to width: Int) -> String {
        var columns = 0
        return String(
            text.prefix { character in
                columns += TextWidth.columns(of: character)
                return columns <= width
            })
    }

    /// `n1, n2, n3`; for a long list the first eight and the number of others.
    package static func list(_ names: [String], limit: Int = 8) -> String {
        guard names.count > limit else { return names.joined(separator: ", ") }
        return names.prefix(limit).joined(separator: ", ") + " and \(names.count - limit) more"
    }

    /// `1 member`, `2 members`.
    package static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    /// Text in double quotes, safe to display: see `printable`.
    package static func quoted(_ text: String) -> String { "\"\(printable(text))\"" }

    /// Text from elsewhere on one line. Characters that could move the cursor or hide text become
    /// numbers.
    package static func printable(_ text: String, limit: Int = 200) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else { return result + "…" }
            count += 1
            result += visible(scalar)
        }
        return result
    }

    /// The output of a program that runs in the background: as `printable`, of any length and with its
    /// line ends and tabs. It appears between the lines of the prompt and must not move the cursor.
    package static func printableLines(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\t" {
                result.unicodeScalars.append(scalar)
            } else {
                result += visible(scalar)
            }
        }
        return result
    }

    private static func visible(_ scalar: Unicode.Scalar) -> String {
        TextWidth.isInvisible(scalar)
            ? "\\u{\(String(scalar.value, radix: 16))}" : String(Character(scalar))
    }

    /// `text` as one word of a command line: in single quotes if a shell would change it.
    package static func shellWord(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || ("0"..."9").contains($0)
                    || "/._-:=+,@%".unicodeScalars.contains($0)
            }
        return isPlain ? text : "'" + printable(text).replacing("'", with: "'\\''") + "'"
    }

    /// `text` with its first letter in upper case: a clause becomes a sentence.
    package static func capitalised(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }

    /// A table: columns as wide as their widest cell, two spaces apart, no spaces at the end.
    package static func table(_ rows: [[String]], rightAligned: Set<Int> = []) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? TextWidth.columns(of: $0[column]) : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                rightAligned.contains(column)
                    ? paddedLeft(cell, to: widths[column]) : padded(cell, to: widths[column])
            }
            return trimmedEnd(cells.joined(separator: "  "))
        }
    }

    private static func spaces(_ count: Int) -> String {
        String(repeating: " ", count: max(0, count))
    }
}
