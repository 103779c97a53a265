package import MembershipWire

/// The member table, the counts and the view, as `!cluster_members` and `iridium members` print
/// them.
///
///     NAME  STATE    ADDRESS            RTT  INC    FOR  NOTES
///     n1    alive    127.0.0.1:2254       -    1  4m12s  this node
///     n3    suspect  127.0.0.1:2256  0.44ms    3     2s  suspected by n2; dead in 1.1s unless it answers
package enum MemberTableText {
    /// All of it, with a line end.
    ///
    /// - Parameter forget: the command that removes a dead or left member from the list.
    package static func text(
        _ listing: MemberListing, isWide: Bool = false, forget: String = commandLineForget
    ) -> String {
        let rows = listing.rows.map { row in
            [
                row.name, row.state.rawValue, row.address.description,
                row.roundTripTime.map(DurationText.roundTrip) ?? "-", "\(row.incarnation)",
                DurationText.elapsed(row.timeInState),
            ] + (isWide ? [row.id, row.boot, protocols(row), row.metadataText] : [])
                + [note(row, tombstonesKept: listing.tombstonesKept, forget: forget)]
        }
        let head =
            ["NAME", "STATE", "ADDRESS", "RTT", "INC", "FOR"]
            + (isWide ? ["ID", "BOOT", "PROTOCOL", "METADATA"] : []) + ["NOTES"]
        var lines = Layout.table([head] + rows, rightAligned: [3, 4, 5])
        var last = counts(listing.rows.map(\.state)) + "."
        if let view = listing.view {
            last += " " + sentence(view, living: listing.rows.count(where: \.isLiving))
        }
        lines.append(last)
        return lines.joined(separator: "\n") + "\n"
    }

    /// `1–2`, or `1` where it is one alone.
    private static func protocols(_ row: MemberRow) -> String {
        guard let range = row.protocols else { return "-" }
        let (least, greatest) = (range.lowerBound, range.upperBound)
        return least == greatest ? "\(least)" : "\(least)–\(greatest)"
    }

    /// `2 alive, 1 suspect, 0 dead, 1 left`.
    package static func counts(_ states: [MemberState]) -> String {
        MemberState.allCases.map { state in
            "\(states.reduce(0) { $0 + ($1 == state ? 1 : 0) }) \(state.rawValue)"
        }.joined(separator: ", ")
    }

    /// The text under NOTES, empty if there is nothing to say. Programs get it as `note`.
    package static func note(
        _ row: MemberRow, tombstonesKept: Duration = .seconds(86_400),
        forget: String = commandLineForget
    ) -> String {
        let claim = row.statedName.map { "states the name \($0), which another member has" }
        return [stateNote(row, tombstonesKept, forget), claim ?? ""].filter { !$0.isEmpty }
            .joined(separator: "; ")
    }

    /// How it is forgotten from a shell.
    package static let commandLineForget = "iridium forget"

    private static func stateNote(
        _ row: MemberRow, _ tombstonesKept: Duration, _ forget: String
    ) -> String {
        let kept =
            "kept \(DurationText.elapsed(tombstonesKept)) "
            + "(\(forget) \(row.name) removes it here)"
        switch row.state {
        case .alive: return row.isSelf ? "this node" : ""
        case .suspect:
            var text =
                row.accusers.isEmpty ? "suspected" : "suspected by \(Layout.list(row.accusers))"
            if let span = row.deadIn {
                text += "; dead in \(DurationText.countdown(span)) unless it answers"
            }
            return row.isSelf ? "this node; \(text)" : text
        case .dead:
            let by = row.accusers.isEmpty ? "" : ", says \(Layout.list(row.accusers))"
            let what = row.isProcessGone ? "process gone" : "did not answer"
            return "\(what)\(by); \(kept)"
        case .left: return row.isSelf ? "this node" : "left by itself; \(kept)"
        }
    }

    /// `View 9f31c2aa: 2 of 3 nodes agree (n3 not heard from for 2 s).`
    ///
    /// A member of the `living` that was not heard from since the view changed is not counted yet.
    private static func sentence(_ view: ViewAgreement, living: Int) -> String {
        let start = "View \(view.digest.prefix(8)): "
        let isComplete = view.total >= living
        if view.total <= 1 {
            return start
                + (isComplete ? "this node is alone." : "no other node was heard from yet.")
        }
        if view.agreeing >= view.total {
            let all = view.total == 2 ? "both nodes" : "all \(view.total) nodes"
            return start + all + (isComplete ? " agree." : " heard from so far agree.")
        }
        let silent = view.silent.prefix(3).map {
            "\($0.name) not heard from for \(DurationText.spoken($0.since))"
        }
        let more = view.silent.count > 3 ? ["\(view.silent.count - 3) more silent"] : []
        let reason = (silent + more).joined(separator: ", ")
        return start + "\(view.agreeing) of \(view.total) nodes agree"
            + (reason.isEmpty ? "." : " (\(reason)).")
    }
}

extension MemberRow {
    /// Its metadata, safe to display.
    fileprivate var metadataText: String {
        guard !metadata.isEmpty else { return "-" }
        guard let text = String(validating: metadata, as: UTF8.self) else {
            return "0x" + hexadecimal(metadata)
        }
        return Layout.printable(text, limit: Bounds.metadataBytes)
    }

    /// Whether it takes part, as far as this node knows.
    fileprivate var isLiving: Bool {
        switch state {
        case .alive, .suspect: true
        case .dead, .left: false
        }
    }
}
