package import IridiumJSON

/// The result of `!forget` and `iridium forget` in words.
package enum ForgetText {
    /// The members that were forgotten here, and the other members that did the same.
    package static func text(_ json: JSON) -> String {
        let forgotten = (json["forgotten"]?.elements ?? []).map { member in
            "\(member["member"]?.text ?? "?") (id \(member["id"]?.text?.prefix(8) ?? "?"))"
        }
        var text =
            forgotten.isEmpty
            ? "There was nothing to forget on this node.\n"
            : "Forgot \(Layout.list(forgotten)) on this node.\n"
        let others = (json["confirmed_by"]?.elements ?? []).compactMap(\.text)
        if !others.isEmpty {
            text +=
                "So did \(Layout.count(others.count, "other member", "other members")): "
                + "\(Layout.list(others)).\n"
        }
        for member in json["not_confirmed_by"]?.elements ?? [] {
            text +=
                "\(member["member"]?.text ?? "?") did not confirm: "
                + "\(Layout.printable(member["reason"]?.text ?? "?")).\n"
        }
        return text
    }
}
