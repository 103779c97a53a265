/// "Did you mean …?": the nearest of several words, if one is near.
package enum Spelling {
    /// The word that needs the fewest changes to become `word`. A change is a letter inserted, left
    /// out or replaced, or two swapped. At most two changes count, and fewer than half of the word.
    /// The first among equals wins.
    package static func closest(to word: String, among words: some Sequence<String>) -> String? {
        let target = Array(word.lowercased().utf8)
        // A long word is not a typing mistake, and the comparison is quadratic.
        guard target.count <= 32 else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in words {
            let letters = Array(candidate.lowercased().utf8)
            guard abs(letters.count - target.count) <= 2, letters.count <= 32 else { continue }
            let distance = distance(target, letters)
            guard distance <= 2, 2 * distance < max(target.count, letters.count) else { continue }
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// The number of changes: optimal string alignment, one row at a time.
    private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: second.count + 1)
        var last = Array(0...second.count)
        for row in 0..<first.count {
            var current = [row + 1]
            for column in 0..<second.count {
                let cost = first[row] == second[column] ? 0 : 1
                var least = min(last[column] + cost, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1],
                    first[row - 1] == second[column]
                {
                    least = min(least, beforeLast[column - 1] + 1)
                }
                current.append(least)
            }
            beforeLast = last
            last = current
        }
        return last[second.count]
    }
}
