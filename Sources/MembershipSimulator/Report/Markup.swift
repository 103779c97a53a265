import MembershipCore

/// Text of HTML and SVG. Whatever comes from outside goes through `escaped`.
enum Markup {
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\u{0}"..."\u{8}", "\u{B}"..."\u{1F}", "\u{7F}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    static func text(
        _ x: Double, _ y: Double, _ text: String, anchor: String = "start", style: String = ""
    ) -> String {
        let name = style.isEmpty ? "" : " class=\"\(style)\""
        return "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\"\(name)>"
            + escaped(text) + "</text>"
    }

    /// `hint` is shown when a mouse rests on it.
    static func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String,
        hint: String? = nil
    ) -> String {
        let body =
            "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" "
            + "height=\"\(number(height))\" class=\"\(style)\""
        guard let hint else { return body + "/>" }
        return body + "><title>\(escaped(hint))</title></rect>"
    }

    static func line(_ points: [(x: Double, y: Double)], _ style: String) -> String {
        let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
        return "<polyline points=\"\(list)\" class=\"\(style)\"/>"
    }

    static func area(_ points: [(x: Double, y: Double)], _ style: String) -> String {
        let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
        return "<polygon points=\"\(list)\" class=\"\(style)\"/>"
    }

    /// To a tenth of a unit: `12`, `12.5`.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let tenths = Int(max(-1e6, min(1e6, value * 10)).rounded())
        let sign = tenths < 0 ? "-" : ""
        let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
    }
}
