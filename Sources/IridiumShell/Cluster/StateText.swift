/// The values that members publish, for the REPL and the command line.
package struct StateListing: Hashable, Sendable {
    /// One member that publishes something.
    package struct Row: Hashable, Sendable {
        package var member: String
        package var id: String
        package var values: [Value]

        package init(member: String, id: String, values: [Value]) {
            self.member = member
            self.id = id
            self.values = values
        }
    }

    package struct Value: Hashable, Sendable {
        package var key: String
        package var value: [UInt8]

        package init(key: String, value: [UInt8]) {
            self.key = key
            self.value = value
        }
    }

    package var rows: [Row]

    package init(rows: [Row]) { self.rows = rows }
}

/// The words about what members publish.
package enum StateText {
    /// `n1 ready = yes`, a line for each value.
    package static func text(_ listing: StateListing) -> String {
        let width = listing.rows.map(\.member.utf8.count).max() ?? 0
        let lines = listing.rows.flatMap { row in
            row.values.map { value in
                let name = row.member + String(repeating: " ", count: width - row.member.utf8.count)
                return "\(name)  \(value.key) = \(self.value(value.value))\n"
            }
        }
        return lines.isEmpty ? "No member publishes anything.\n" : lines.joined()
    }

    /// The words for a key or a member without values.
    package static func nothing(under key: String?, of member: String?) -> String {
        let what = key.map { "no value for \(Layout.printable($0))" } ?? "nothing"
        return member.map { "\(Layout.printable($0)) publishes \(what).\n" }
            ?? "No living member publishes \(key.map { Layout.printable($0) } ?? "anything").\n"
    }

    /// One change, as `iridium state watch` shows it.
    package static func change(
        _ what: String, member: String, key: String?, value: String?
    ) -> String {
        switch (key, value) {
        case (let key?, let value?): "\(member)  \(key) = \(value)"
        case (let key?, nil): "\(member)  \(key) removed"
        case (nil, _): "\(member)  publishes nothing any more"
        }
    }

    /// Printable text as it is, at most 200 characters of it; other bytes as their number.
    package static func value(_ bytes: [UInt8]) -> String {
        guard let text = String(validating: bytes, as: UTF8.self),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
            )
        else { return "(\(Layout.count(bytes.count, "byte", "bytes")))" }
        return text.count > 200 ? text.prefix(200) + "…" : text
    }
}
