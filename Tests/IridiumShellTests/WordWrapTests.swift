import IridiumShell
import Testing

/// Long lines at a narrow window.
@Suite struct WordWrapTests {
    @Test func `a line that fits stays as it is`() {
        for text in ["", "\n", "a b\n\nc  d", String(repeating: "x", count: 20), "  x \n"] {
            #expect(WordWrap.wrapped(text, to: 20) == text)
        }
    }

    @Test func `a sentence breaks between words, two blanks further right`() {
        #expect(
            WordWrap.wrapped("the key is in cluster.key of that folder\n", to: 26)
                == "the key is in cluster.key\n  of that folder\n")
        #expect(
            WordWrap.wrapped("  indented text that is long\n", to: 20)
                == "  indented text that\n    is long\n")
    }

    @Test func `a row of a table goes on below its last column in the left half`() {
        #expect(
            WordWrap.wrapped(
                "n1    alive    127.0.0.1:2254       -    1  4m12s  this node", to: 40)
                    == """
                    n1    alive    127.0.0.1:2254       -
                                   1  4m12s  this node
                    """)
        #expect(
            WordWrap.wrapped("  !quit                end the session of this node\n", to: 46)
                == "  !quit                end the session of this\n                       node\n")
    }

    @Test func `a word that is wider than the window, and a narrow window, are left alone`() {
        let path = "/" + String(repeating: "x", count: 30)
        #expect(WordWrap.wrapped("in \(path) it is", to: 20) == "in\n  \(path)\n  it is")
        #expect(WordWrap.wrapped("in \(path) it is", to: 19) == "in \(path) it is")
        #expect(WordWrap.wrapped("a\t" + path + " b", to: 20) == "a\t" + path + " b")
    }

    @Test func `colours take no room, and wide characters take two columns`() {
        #expect(
            WordWrap.wrapped("n1 is \u{1B}[31mdead\u{1B}[0m, and so is n2", to: 20)
                == "n1 is \u{1B}[31mdead\u{1B}[0m, and so\n  is n2")
        #expect(WordWrap.wrapped("漢字漢字漢字 漢字漢字漢字", to: 24) == "漢字漢字漢字\n  漢字漢字漢字")
    }

    @Test func `no row is wider than the window if its words are not`() {
        for columns in 20...80 {
            var text = ""
            for number in 0..<200 {
                let word = String(repeating: "w", count: number * 7 % 16 + 1)
                text += word + String(repeating: " ", count: number * 5 % 4 + 1)
                if number % 37 == 0 { text += "\n   " }
            }
            let rows = WordWrap.wrapped(text, to: columns).split(separator: "\n")
            for row in rows {
                // Half of the window may be indentation, and a word has up to 16.
                #expect(row.count <= max(columns, columns / 2 + 16), "\(columns): \(row)")
            }
            let words = { (text: String) in text.split { $0 == " " || $0 == "\n" } }
            #expect(words(WordWrap.wrapped(text, to: columns)) == words(text))
        }
    }
}
