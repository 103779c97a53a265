internal import MembershipWire

/// A message that a member sent to all, as people are shown it: above the prompt, by
/// `!cluster_events`, by `iridium monitor`.
///
///     [12:04:40] message from n2: deploy 42
///     12:04:40.020  n2  message           deploy 42
///
/// What it says was written by somebody else's program and may be anything: what could move the
/// cursor is shown as a number, what is no text in hexadecimal.
package struct MessageLine: Hashable, Sendable {
    /// The sender's name.
    package var sender: String
    /// What the application made of it; 0 where nobody said.
    package var type: UInt16
    package var payload: [UInt8]

    package init(sender: String, type: UInt16, payload: [UInt8]) {
        self.sender = sender
        self.type = type
        self.payload = payload
    }

    /// The payload as text; nil where it is none.
    package var text: String? { String(validating: payload, as: UTF8.self) }

    /// "message", or "message 7" where it has a type.
    package var kind: String { type == 0 ? "message" : "message \(type)" }

    /// What it says, fit to be shown.
    package var content: String {
        guard let text else {
            return Layout.count(payload.count, "byte", "bytes") + " 0x\(hexadecimal(payload))"
        }
        // A scalar has a byte at least: nothing of it is cut.
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
    /// nil for an odd number of digits and for anything that is none.
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
