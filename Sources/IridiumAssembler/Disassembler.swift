import IridiumVM

/// An image to source text.
///
/// Assembling the text gives the same bytes for every image that the assembler can produce. Bytes
/// that no source can express (an opcode that does not exist, operand bytes that should be zero,
/// data that is neither text nor words) become a comment that says so.
///
/// The targets of jumps become labels named after their addresses: `at72`.
public struct Disassembler {
    private let image: Image
    private let codeStart: Int
    private var lines: [String] = []
    /// Addresses of words that are targets of jumps.
    private var targets: Set<Int> = []
    /// The data as constants.
    private let constants: [Constant]
    /// Offsets at which a constant begins.
    private let dataLabels: Set<Int>

    /// The source of an image; nil if the bytes do not begin with a header.
    ///
    /// Complexity: O(bytes).
    public static func disassemble(_ bytes: [UInt8]) -> String? {
        guard let image = Image(parsing: bytes) else { return nil }
        var disassembler = Disassembler(image)
        disassembler.findTargets()
        disassembler.writeData()
        disassembler.writeCode()
        return disassembler.lines.map { $0 + "\n" }.joined()
    }

    private init(_ image: Image) {
        self.image = image
        codeStart = Image.headerBytes + image.readOnlyData.count
        constants = Constant.split(image.readOnlyData)
        dataLabels = Set(constants.filter(\.isWritable).map(\.offset))
    }

    // MARK: Code

    private struct Word {
        let opcode: Opcode
        let a: UInt8
        let b: UInt8
        let c: UInt8

        var firstNumber: Int { Int(a) << 8 | Int(b) }
        var lastNumber: Int { Int(b) << 8 | Int(c) }
    }

    private var wordCount: Int { image.code.count / 4 }

    private func word(_ index: Int) -> Word? {
        let start = 4 * index
        guard let opcode = Opcode(rawValue: image.code[start]) else { return nil }
        return Word(
            opcode: opcode, a: image.code[start + 1], b: image.code[start + 2],
            c: image.code[start + 3])
    }

    private mutating func findTargets() {
        for index in 0..<wordCount {
            guard let word = word(index) else { continue }
            switch word.opcode {
            case .djmpe, .loop, .call: targets.insert(word.firstNumber)
            default: continue
            }
        }
    }

    private mutating func writeCode() {
        lines.append(".code")
        for index in 0..<wordCount {
            let address = codeStart + 4 * index
            let bytes = image.code[(4 * index)..<(4 * index + 4)]
            if let word = word(index), isWritable(word) {
                let label = targets.contains(address) ? "at\(address): " : ""
                lines.append(label + word.opcode.name + operands(word))
            } else {
                lines.append(
                    "; \(Self.hex(bytes)) at \(address) is no instruction of the assembler's")
            }
        }
        let rest = image.code.suffix(image.code.count % 4)
        if !rest.isEmpty { lines.append("; \(Self.hex(rest)) at the end is no whole instruction") }
    }

    /// Whether the assembler would produce these bytes: registers that exist, and zeros in the
    /// operand bytes that the form does not use.
    private func isWritable(_ word: Word) -> Bool {
        switch word.opcode.form {
        case .none: word.firstNumber == 0 && word.c == 0
        case .register:
            // JMP and JMPE may have been written with a label, which fills two bytes.
            word.c == 0
                && (word.a < 32 && word.b == 0 || word.opcode == .jmp || word.opcode == .jmpe)
        case .twoRegisters: word.a < 32 && word.b < 32 && word.c == 0
        case .threeRegisters: word.a < 32 && word.b < 32 && word.c < 32
        case .registerNumber, .registerImmediate, .registerUnsigned: word.a < 32
        case .registerCount: word.a < 32 && word.c == 0
        case .number, .address: word.c == 0
        }
    }

    /// The operands of a writable word.
    private func operands(_ word: Word) -> String {
        switch word.opcode.form {
        case .none: ""
        case .register: word.a < 32 && word.b == 0 ? " $\(word.a)" : " #\(word.firstNumber)"
        case .twoRegisters: " $\(word.a) $\(word.b)"
        case .threeRegisters: " $\(word.a) $\(word.b) $\(word.c)"
        case .registerNumber, .registerImmediate, .registerUnsigned:
            " $\(word.a) #\(word.lastNumber)"
        case .registerCount: " $\(word.a) #\(word.b)"
        case .number: " #\(word.firstNumber)"
        case .address: " " + target(word)
        }
    }

    private func target(_ word: Word) -> String {
        let number = word.firstNumber
        if word.opcode == .prts {
            return dataLabels.contains(number) ? "@data\(number)" : "#\(number)"
        }
        let offset = number - codeStart
        let isLabelled =
            offset >= 0 && offset.isMultiple(of: 4) && offset / 4 < wordCount
            && self.word(offset / 4).map(isWritable) ?? false
        return isLabelled ? "@at\(number)" : "#\(number)"
    }

    // MARK: Data

    private mutating func writeData() {
        lines.append(".data")
        for constant in constants {
            let label = "data\(constant.offset): "
            switch constant.kind {
            case .string(let text): lines.append(label + ".asciiz '\(text)'")
            case .integer(let value): lines.append(label + ".integer #\(value)")
            case .opaque(let bytes):
                lines.append("; \(Self.hex(bytes[...])) at data \(constant.offset) is no constant")
            }
        }
    }

    private static func hex(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
