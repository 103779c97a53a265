/// PRTS: the text goes to the machine's owner, which decides where to show it.
///
/// Two things must stay bounded: the waiting text, and the work of looking for a string's end. A
/// program could otherwise repeat that work without printing anything (a long string that is not
/// UTF-8 prints one short line). Both count against `Limits.outputBytes`. When that is reached, the
/// program pauses before the instruction.
extension Machine {
    /// Prints the string at `offset` of the read-only data and goes on to the next word. Returns
    /// false, and does nothing, if there is no room.
    mutating func printString(at offset: Int) throws(Crash) -> Bool {
        guard offset < readOnlyData.count else {
            throw crash(
                .readOnlyData,
                "cannot print from offset \(offset): the read-only data has \(readOnlyData.count) bytes"
            )
        }
        let searched = readOnlyData[offset...].prefix(Limits.outputBytes + 1)
        guard let end = searched.firstIndex(of: 0) else {
            guard searched.count <= Limits.outputBytes else {
                throw crash(
                    .limit, "cannot print a string of more than \(Limits.outputBytes) bytes")
            }
            throw crash(
                .readOnlyData, "cannot print from offset \(offset): no zero byte ends the string")
        }
        let work = end - offset + 1
        guard outputWork == 0 || outputWork + work <= Limits.outputBytes else { return false }
        let string = readOnlyData[offset..<end]
        let text = UTF8Fault(in: string).map { Array($0.message.utf8)[...] } ?? string
        output += text
        outputWork += max(work, text.count)
        programCounter += 4
        return true
    }
}

/// The place at which a byte string stops being UTF-8, in the terms of the documents'
/// implementation.
package struct UTF8Fault: Equatable {
    /// Bytes before the fault.
    package let validBytes: Int
    /// Bytes of the faulty sequence; nil if the string ends within a sequence.
    package let faultyBytes: Int?

    /// nil if `bytes` is valid UTF-8.
    package init?(in bytes: ArraySlice<UInt8>) {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard let sequence = Self.sequence(startingWith: bytes[index]) else {
                self.init(validBytes: index - bytes.startIndex, faultyBytes: 1)
                return
            }
            for position in 1..<max(1, sequence.length) {
                guard index + position < bytes.endIndex else {
                    self.init(validBytes: index - bytes.startIndex, faultyBytes: nil)
                    return
                }
                let allowed = position == 1 ? sequence.second : 0x80...0xBF
                guard allowed.contains(bytes[index + position]) else {
                    self.init(validBytes: index - bytes.startIndex, faultyBytes: position)
                    return
                }
            }
            index += sequence.length
        }
        return nil
    }

    private init(validBytes: Int, faultyBytes: Int?) {
        self.validBytes = validBytes
        self.faultyBytes = faultyBytes
    }

    /// The line printed in place of the string.
    var message: String {
        let length =
            faultyBytes.map { "Some(\n        \($0),\n    )" } ?? "None"
        return "Error decoding string for prts instruction: Utf8Error {\n"
            + "    valid_up_to: \(validBytes),\n    error_len: \(length),\n}\n"
    }

    /// The length of the sequence that `byte` begins, and the range of its second byte. That range
    /// excludes overlong forms, surrogates and everything above U+10FFFF (Unicode, table 3-7).
    private static func sequence(
        startingWith byte: UInt8
    ) -> (length: Int, second: ClosedRange<UInt8>)? {
        switch byte {
        case 0x00...0x7F: (1, 0x80...0xBF)
        case 0xC2...0xDF: (2, 0x80...0xBF)
        case 0xE0: (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE, 0xEF: (3, 0x80...0xBF)
        case 0xED: (3, 0x80...0x9F)
        case 0xF0: (4, 0x90...0xBF)
        case 0xF1...0xF3: (4, 0x80...0xBF)
        case 0xF4: (4, 0x80...0x8F)
        default: nil
        }
    }
}
