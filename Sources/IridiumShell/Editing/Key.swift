/// A key as the editor understands it, whatever bytes the terminal sends for it.
package enum Key: Hashable, Sendable {
    case character(Character)
    case enter
    case tab
    case backspace
    case delete
    case left
    case right
    case up
    case down
    case home
    case end
    case wordLeft
    case wordRight
    /// Ctrl-W, Alt-Backspace.
    case deleteWordLeft
    /// Alt-D.
    case deleteWordRight
    /// Ctrl-K.
    case deleteToEnd
    /// Ctrl-U.
    case deleteToStart
    /// Ctrl-Y.
    case insertDeleted
    /// Ctrl-L.
    case clearScreen
    /// Ctrl-R.
    case search
    /// Ctrl-G, and Escape by itself.
    case cancel
    /// Ctrl-C.
    case interrupt
    /// Ctrl-D: end of input on an empty line, else delete.
    case endOfInput
    /// Ctrl-Z.
    case suspend
}

/// Bytes from a terminal to keys.
///
/// Terminals send text as UTF-8, control keys as one byte below 32, and everything else as an
/// escape sequence (ECMA-48: `ESC [` parameters, one final byte). Unknown sequences are dropped as
/// a whole, so that their end does not appear as text. Pasted text comes between `ESC [200~` and
/// `ESC [201~`. Inside it a line end is Enter, a tab is a space, and nothing is a command.
package struct KeyDecoder: Sendable {
    /// Bytes of an incomplete key.
    private var pending: [UInt8] = []
    private var isPasting = false
    private var lastWasReturn = false

    /// No known key has a longer sequence.
    private static let longestSequence = 32

    package init() {}

    /// Whether the bytes so far may be the start of a longer sequence, or Escape by itself. If no
    /// byte follows within about 50 ms, it was Escape: see `flush`.
    package var isWaiting: Bool { pending.first == 0x1B }

    /// The keys that these bytes complete.
    package mutating func feed(_ bytes: some Sequence<UInt8>) -> [Key] {
        var keys: [Key] = []
        for byte in bytes {
            pending.append(byte)
            take(into: &keys)
        }
        return keys
    }

    /// The time is up: the waiting bytes are final.
    package mutating func flush() -> [Key] {
        defer { pending = [] }
        return pending == [0x1B] && !isPasting ? [.cancel] : []
    }

    private mutating func take(into keys: inout [Key]) {
        guard let first = pending.first else { return }
        if first == 0x1B {
            takeSequence(into: &keys)
        } else if first < 0x20 || first == 0x7F {
            pending = []
            takeControl(first, into: &keys)
        } else {
            takeText(first, into: &keys)
        }
    }

    // MARK: Text

    private mutating func takeText(_ first: UInt8, into keys: inout [Key]) {
        let length =
            switch first {
            case ..<0x80: 1
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        if length == 0 {
            pending = []
            return
        }
        if let last = pending.last, pending.count > 1, last & 0xC0 != 0x80 {
            // The sequence broke off: drop it and start again with the byte that broke it.
            pending = [last]
            take(into: &keys)
            return
        }
        guard pending.count == length else { return }
        defer { pending = [] }
        guard let text = String(validating: pending, as: UTF8.self),
            let scalar = text.unicodeScalars.first
        else { return }
        lastWasReturn = false
        // Invisible characters are dropped, except the joiner that emoji are made with.
        if !TextWidth.isInvisible(scalar) || scalar == "\u{200D}" {
            keys.append(.character(Character(scalar)))
        }
    }

    private mutating func takeControl(_ byte: UInt8, into keys: inout [Key]) {
        let followsReturn = lastWasReturn
        lastWasReturn = byte == 0x0D
        if isPasting {
            switch byte {
            case 0x0D: keys.append(.enter)
            case 0x0A where !followsReturn: keys.append(.enter)
            case 0x09: keys.append(.character(" "))
            default: break
            }
            return
        }
        if let key = Self.controlKeys[byte] { keys.append(key) }
    }

    private static let controlKeys: [UInt8: Key] = [
        0x01: .home, 0x02: .left, 0x03: .interrupt, 0x04: .endOfInput, 0x05: .end, 0x06: .right,
        0x07: .cancel, 0x08: .backspace, 0x09: .tab, 0x0A: .enter, 0x0B: .deleteToEnd,
        0x0C: .clearScreen, 0x0D: .enter, 0x0E: .down, 0x10: .up, 0x12: .search,
        0x15: .deleteToStart, 0x17: .deleteWordLeft, 0x19: .insertDeleted, 0x1A: .suspend,
        0x7F: .backspace,
    ]

    // MARK: Escape sequences

    private mutating func takeSequence(into keys: inout [Key]) {
        guard pending.count > 1 else { return }
        switch pending[1] {
        case UInt8(ascii: "["), UInt8(ascii: "O"):
            guard pending.count > 2, let last = pending.last else { return }
            guard pending.count <= Self.longestSequence else {
                pending = []
                return
            }
            // Parameters and separators go on; a byte from @ to ~ ends the sequence.
            guard (0x40...0x7E).contains(last) else {
                if !(0x20...0x3F).contains(last) { pending = [] }
                return
            }
            let parameters = String(decoding: pending[2...].dropLast(), as: UTF8.self)
            pending = []
            takeSequence(parameters, final: last, into: &keys)
        case 0x1B:
            // Escape twice: the first was by itself.
            pending = [0x1B]
            if !isPasting { keys.append(.cancel) }
        case let byte:
            pending = []
            if !isPasting, let key = Self.altKeys[byte] { keys.append(key) }
        }
    }

    private mutating func takeSequence(
        _ parameters: String, final: UInt8, into keys: inout [Key]
    ) {
        if final == UInt8(ascii: "~") {
            switch parameters {
            case "200": isPasting = true
            case "201": isPasting = false
            default: break
            }
        }
        guard !isPasting else { return }
        let isWord = parameters.hasSuffix(";5") || parameters.hasSuffix(";3")
        switch final {
        case UInt8(ascii: "A"): keys.append(.up)
        case UInt8(ascii: "B"): keys.append(.down)
        case UInt8(ascii: "C"): keys.append(isWord ? .wordRight : .right)
        case UInt8(ascii: "D"): keys.append(isWord ? .wordLeft : .left)
        case UInt8(ascii: "H"): keys.append(.home)
        case UInt8(ascii: "F"): keys.append(.end)
        case UInt8(ascii: "~"):
            switch parameters {
            case "1", "7": keys.append(.home)
            case "4", "8": keys.append(.end)
            case "3": keys.append(.delete)
            default: break
            }
        default: break
        }
    }

    private static let altKeys: [UInt8: Key] = [
        UInt8(ascii: "b"): .wordLeft, UInt8(ascii: "f"): .wordRight,
        UInt8(ascii: "d"): .deleteWordRight, 0x7F: .deleteWordLeft, 0x08: .deleteWordLeft,
    ]
}
