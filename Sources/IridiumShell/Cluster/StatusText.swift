package import IridiumJSON

/// The status of a node in words, for `!status` and `iridium status`.
package enum StatusText {
    /// A table, with a line end.
    package static func text(_ json: JSON) -> String {
        let word = { (key: String) in json[key]?.text ?? "-" }
        let number = { (value: JSON?) in "\(value?.integer ?? 0)" }
        let traffic = json["traffic"]
        let refused = (json["refused"]?.fields ?? []).map { "\($0.key) \(number($0.value))" }
        let states = (json["members"]?.fields ?? []).map { "\(number($0.value)) \($0.key)" }
        let uptime = Duration.milliseconds(json["uptime_ms"]?.integer ?? 0)
        var rows = [
            ["node", "\(word("node"))", "id \(word("id"))"],
            [
                "process", number(json["pid"]),
                "iridium \(word("version")), up \(DurationText.elapsed(uptime))",
            ],
        ]
        guard json["cluster"]?.text != nil else {
            rows.append(["cluster", "off"])
            return Layout.table(rows).joined(separator: "\n") + "\n"
        }
        rows += [
            ["cluster", "\"\(word("cluster"))\"", "on \(word("address")), key \(word("key"))"],
            ["boot", word("boot"), "protocol " + Self.protocols(json["protocols"])],
            [
                "timing", "profile \(word("profile"))",
                "tolerance "
                    + (json["tolerance_ms"]?.integer.map {
                        DurationText.spoken(.milliseconds($0))
                    } ?? "of the profile") + ", incarnation \(number(json["incarnation"]))",
            ],
            ["members", states.joined(separator: ", ")],
            ["view", String(word("view").prefix(8)), "\(number(json["agree"])) agree"],
            ["health", number(json["health"]), "0 means healthy"],
            lifelines(json["lifelines"]),
            published(json["states"]),
            [
                "traffic", "in \(number(traffic?["datagrams_in"])) datagrams",
                "\(number(traffic?["bytes_in"])) B",
            ],
            [
                "", "out \(number(traffic?["datagrams_out"])) datagrams",
                "\(number(traffic?["bytes_out"])) B",
            ],
            ["refused", refused.isEmpty ? "nothing" : refused.joined(separator: ", ")],
        ]
        for (index, seed) in (json["seeds"]?.elements ?? []).enumerated() {
            rows.append([
                index == 0 ? "seeds" : "", seed["provider"]?.text ?? "?", Self.state(of: seed),
            ])
        }
        return Layout.table(rows).joined(separator: "\n") + "\n"
    }

    private static func lifelines(_ json: JSON?) -> [String] {
        guard json?["on"]?.boolean == true else { return ["lifelines", "off"] }
        let number = { (key: String) in "\(json?[key]?.integer ?? 0)" }
        return [
            "lifelines", "holds \(number("held")), watched by \(number("watched_by"))",
            "\(number("lost")) lost, \(number("false_alarms")) false alarms, "
                + "\(number("gone")) members gone",
        ]
    }

    private static func published(_ json: JSON?) -> [String] {
        let number = { (key: String) in json?[key]?.integer ?? 0 }
        guard number("members") > 0 || number("heard_from") > 0 else {
            return ["state", "no member publishes anything"]
        }
        let publishing = Layout.count(Int(number("members")), "member publishes", "members publish")
        return [
            "state", publishing,
            "\(number("agree")) of \(number("heard_from")) others hold the same",
        ]
    }

    /// `1 to 2`.
    private static func protocols(_ json: JSON?) -> String {
        let bounds = (json?.elements ?? []).compactMap(\.integer).map { "\($0)" }
        return bounds.isEmpty ? "-" : bounds.joined(separator: " to ")
    }

    /// `3 addresses, 12 s ago`, and the last failure since.
    private static func state(of seed: JSON) -> String {
        let count = Layout.count(seed["addresses"]?.elements?.count ?? 0, "address", "addresses")
        let age = seed["age_ms"]?.integer.map {
            ", \(DurationText.spoken(.milliseconds($0))) ago"
        }
        let failure = seed["failure"]?.text
        guard let age else { return failure ?? "not asked yet" }
        return count + age + (failure.map { "; now: \(Layout.printable($0))" } ?? "")
    }
}
