import IridiumShell
import Testing

/// The line editor without a terminal: bytes to keys, keys to lines, lines to the row shown.
@Suite struct EditingTests {
    private func keys(_ text: String) -> [Key] {
        var decoder = KeyDecoder()
        return decoder.feed(Array(text.utf8))
    }

    /// Types bytes as a terminal sends them; returns the state and all actions but redraws.
    private func type(
        _ text: String, history: [String] = []
    ) -> (state: EditorState, actions: [EditorState.Action]) {
        var lines = LineHistory()
        for line in history { lines.add(line) }
        var state = EditorState(history: lines)
        let actions = keys(text).flatMap { key in
            state.handle(key) { line, cursor in
                ShellCompletion.complete(line, cursor: cursor, memberNames: ["n2", "n10", "web"])
            }
        }
        return (state, actions.filter { $0 != .redraw })
    }

    // MARK: Keys

    @Test(arguments: [
        ("\u{1B}[A", Key.up), ("\u{1B}OA", .up), ("\u{1B}[1;5C", .wordRight),
        ("\u{1B}b", .wordLeft),
        ("\u{1B}[3~", .delete), ("\u{1B}[H", .home), ("\u{1B}[4~", .end), ("\u{12}", .search),
        ("\u{7F}", .backspace), ("\u{17}", .deleteWordLeft), ("\r", .enter), ("é", .character("é")),
        ("漢", .character("漢")), ("😀", .character("😀")), ("\u{1B}\u{7F}", .deleteWordLeft),
    ])
    func `a key is known by its bytes`(_ bytes: String, _ key: Key) {
        #expect(keys(bytes) == [key])
        // It makes no difference how the bytes arrive.
        var decoder = KeyDecoder()
        var oneByOne: [Key] = []
        for byte in bytes.utf8 { oneByOne += decoder.feed([byte]) }
        #expect(oneByOne == [key])
    }

    @Test func `an unknown sequence leaves nothing behind`() {
        #expect(keys("\u{1B}[15~a") == [.character("a")])
        #expect(keys("\u{1B}[?1;2c\u{1B}[200;1Xb") == [.character("b")])
        #expect(keys("\u{1B}[" + String(repeating: "1;", count: 40) + "~c").last == .character("c"))
    }

    @Test func `Escape by itself is told by what does not follow`() {
        var decoder = KeyDecoder()
        #expect(decoder.feed([0x1B]).isEmpty)
        #expect(decoder.isWaiting)
        #expect(decoder.flush() == [.cancel])
        #expect(!decoder.isWaiting)
    }

    @Test func `broken UTF-8 costs the broken character`() {
        var decoder = KeyDecoder()
        let bytes: [UInt8] = [0xC3, 0x61, 0xFF, 0xE6, 0xBC, 0x62, 0x80, 0xED, 0xA0, 0x80, 0x63]
        #expect(decoder.feed(bytes) == [.character("a"), .character("b"), .character("c")])
    }

    @Test func `pasted text is text`() {
        #expect(
            keys("\u{1B}[200~a\tb\r\nc\u{3}\u{1B}[201~\t")
                == [
                    .character("a"), .character(" "), .character("b"), .enter, .character("c"),
                    .tab,
                ])
    }

    @Test(arguments: 0..<32)
    func `random bytes never trap`(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        var decoder = KeyDecoder()
        var state = EditorState()
        for _ in 0..<1_000 {
            let byte = UInt8(truncatingIfNeeded: random.next())
            let escape = random.next() % 8 == 0
            for key in decoder.feed(escape ? [0x1B, UInt8(ascii: "["), byte] : [byte]) {
                _ = state.handle(key) { line, cursor in
                    ShellCompletion.complete(line, cursor: cursor, memberNames: ["n1"])
                }
                #expect((0...state.text.count).contains(state.cursor), "seed \(seed)")
            }
            _ = LineView.draw(
                prompt: state.prompt(">>> "), text: state.text, cursor: state.cursor, columns: 20)
        }
    }

    // MARK: Editing

    @Test(arguments: [
        ("abc\r", "abc"),
        ("ac\u{1B}[Db\r", "abc"),
        ("bc\u{1}a\u{5}d\r", "abcd"),
        ("load $0 #1\u{17}#2\r", "load $0 #2"),
        ("one two\u{1B}b\u{B}three\r", "one three"),
        ("one two\u{15}three\r", "three"),
        ("one two\u{15}\u{19}\u{19}\r", "one twoone two"),
        ("one two\u{1}\u{1B}d\u{4}\r", "two"),
        ("ax\u{7F}b\r", "ab"),
        ("e\u{301}\u{7F}x\r", "x"),
        ("漢字\u{1B}[D\u{1B}[3~!\r", "漢!"),
    ])
    func `keys edit the line`(_ typed: String, _ line: String) {
        #expect(type(typed).actions == [.submit(line)])
    }

    @Test func `Ctrl-D ends the input only on an empty line`() {
        #expect(type("\u{4}").actions == [.endOfInput])
        #expect(type("ab\u{1}\u{4}\r").actions == [.submit("b")])
    }

    @Test func `Ctrl-C drops the line`() {
        let (state, actions) = type("abc\u{3}")
        #expect(actions == [.interrupt])
        #expect(state.text.isEmpty)
    }

    @Test func `the up key goes back and the draft is kept`() {
        let history = ["first", "second"]
        #expect(type("\u{1B}[A\u{1B}[A\r", history: history).actions == [.submit("first")])
        #expect(type("new\u{1B}[A\u{1B}[B\r", history: history).actions == [.submit("new")])
        #expect(
            type("\u{1B}[A\u{1B}[A\u{1B}[A\r", history: history).actions == [
                .bell, .submit("first"),
            ])
    }

    @Test func `Ctrl-R searches backwards`() {
        let history = ["load $0 #1", "!registers", "load $1 #2"]
        #expect(type("\u{12}load\r", history: history).actions == [.submit("load $1 #2")])
        #expect(type("\u{12}load\u{12}\r", history: history).actions == [.submit("load $0 #1")])
        let searching = type("xy\u{12}reg", history: history).state
        #expect(searching.prompt(">>> ") == "(search \"reg\") ")
        #expect(searching.line == "!registers")
        #expect(type("xy\u{12}reg\u{7}z\r", history: history).actions == [.submit("xyz")])
        #expect(type("\u{12}none", history: history).actions.contains(.bell))
    }

    // MARK: Completion

    @Test(arguments: [
        ("!cluster_m\t\r", "!cluster_members "), ("!reg\t\r", "!registers "),
        ("!help clus\tm\t\r", "!help cluster_members "),
        ("!cluster_check w\t\r", "!cluster_check web "),
        ("djm\t@x\r", "djmpe @x"), ("load $0 #1 add\t\r", "load $0 #1 add"),
    ])
    func `Tab completes what is the only way to go on`(_ typed: String, _ line: String) {
        #expect(type(typed).actions.last == .submit(line))
    }

    @Test func `Tab shows the choices when there are several`() {
        #expect(
            type("!cluster_\t").actions
                == [
                    .show([
                        "!cluster_members", "!cluster_events", "!cluster_state", "!cluster_send",
                        "!cluster_check",
                    ])
                ])
        #expect(type("!cluster_check n\t").actions == [.show(["n10", "n2"])])
        #expect(type("!nothing\t").actions == [.bell])
    }

    // MARK: The row

    @Test func `the row shows prompt and text and puts the cursor in its place`() {
        #expect(
            LineView.draw(prompt: ">>> ", text: Array("abc"), cursor: 1, columns: 80)
                == "\r>>> abc\u{1B}[K\r\u{1B}[5C")
        #expect(
            LineView.draw(prompt: ">>> ", text: Array("漢字x"), cursor: 2, columns: 80)
                == "\r>>> 漢字x\u{1B}[K\r\u{1B}[8C")
    }

    @Test func `a long line moves sideways under the cursor`() {
        let text = Array("0123456789abcdef")
        #expect(
            LineView.draw(prompt: ">>> ", text: text, cursor: 16, columns: 12)
                == "\r>>> 9abcdef\u{1B}[K\r\u{1B}[11C")
        #expect(
            LineView.draw(prompt: ">>> ", text: text, cursor: 0, columns: 12)
                == "\r>>> 0123456\u{1B}[K\r\u{1B}[4C")
    }

    @Test(arguments: [
        ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("😀", 2), ("👩\u{200D}💻", 2), ("", 0),
        ("ｆ", 2), ("→", 1),
    ])
    func `a text takes the columns that terminals give it`(_ text: String, _ columns: Int) {
        #expect(TextWidth.columns(of: text) == columns)
    }

    // MARK: History

    @Test func `the history is bounded, has no repetitions, and survives its file`() {
        var history = LineHistory()
        for number in 0..<(LineHistory.longest + 10) { history.add("line \(number)") }
        #expect(history.lines.count == LineHistory.longest)
        #expect(history.lines.first == "line 10")
        let wasAdded = [history.add("line \(LineHistory.longest + 9)"), history.add("  ")]
        #expect(wasAdded == [false, false])
        #expect(LineHistory(file: Array(history.file.utf8)) == history)
    }

    @Test func `a history file cannot bring in what moves the cursor`() {
        let history = LineHistory(file: Array("a\u{1B}[2Jb\n\n\u{FF}\r\n".utf8) + [0xFF, 0x0A])
        #expect(history.lines == ["a[2Jb", "\u{FF}", "\u{FFFD}"])
    }
}
