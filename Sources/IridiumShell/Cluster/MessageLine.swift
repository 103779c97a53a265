internal import MembershipWire

/// A message that a member sent to all, as people see it: above the prompt, in `!cluster_events`,
/// in `iridium monitor`.
///
///     [12:04:40] message from n2: deploy 42
///     12:04:40.020  n2  message           deploy 42
///
/// Another program wrote the content, and it may be anything. Characters that could move the cursor
/// are shown as numbers, and bytes that are not text in hexadecimal.
package struct MessageLine: Hashable, Sendable {
    /// The sender's name.
    package var sender: String
    /// A number that the application chose; 0 if it chose none.
    package var type: UInt16
    package var payload: [UInt8]

    package init(sender: String, type: UInt16, payload: [UInt8]) {
        self.sender = sender
        self.type = type
        self.payload = payload
    }

    /// The payload as text; nil if it is not valid UTF-8.
    package var text: String? { String(validating: payload, as: UTF8.self) }

    /// "message", or "message 7" if it has a type.
    package var kind: String { type == 0 ? "message" : "message \(type)" }

    /// The content, safe to display.
    package var content: String {
        guard let text else {
            return Layout.count(payload.count, "byte", "bytes") + " 0x\(hexadecimal(payload))"
        }
        // A scalar has at least one byte, so nothing is cut.
        return Layout.printable(text, limit: Bounds.userPayloadBytes)
    }

    /// "message from n2: deploy 42".
    var sentence: String { Layout.trimmedEnd("\(kind) from \(sender): \(content)") }

    /// A line of `iridium monitor`, without a line end; the columns are those of `MonitorLine`.
    package func monitorText(time: String, nameWidth: Int = 2) -> String {
        let name = Layout.padded(sender, to: nameWidth)
        return Layout.trimmedEnd("\(time)  \(name)  \(Layout.padded(kind, to: 15))   \(content)")
    }
}

/// Reads bytes that are written as pairs of hexadecimal digits, as `hexadecimal` does.
package enum Hexadecimal {
    /// nil for an odd number of digits and for any other character.
    package static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Character(Unicode.Scalar(digits[index])).hexDigitValue,
                let low = Character(Unicode.Scalar(digits[index + 1])).hexDigitValue
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}
