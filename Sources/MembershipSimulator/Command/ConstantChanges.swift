package import MembershipCore

/// Protocol constants with changed values: `--set graceAfterSleep=2s`.
///
/// Every accepted value is within the bounds of its constant and keeps the relations between
/// constants, so that the rules may rely on both.
/// them, so that the rules may rely on both.
package struct ConstantChanges: Sendable {
    private var changes: [@Sendable (inout CoreConfiguration) -> Void] = []
    /// The changes as the user wrote them.
    package private(set) var texts: [String] = []

    package enum Failure: Error, Hashable, Sendable {
        /// Not `name=value`.
        case malformed(String)
        case unknown(name: String)
        /// Not a value of this kind, or out of bounds.
        case unfit(name: String, value: String, wanted: String)
        /// A relation that the values break.
        case contradiction(String)
    }

    /// No change.
    package init() {}

    /// - Parameters:
    ///   - texts: each `name=value`; the last one of a name counts.
    ///   - profiles: the profiles that are changed. Each must stay consistent.
    package init(
        parsing texts: [String], for profiles: [SimulateCommand.Profile]
    ) throws(Failure) {
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw .malformed(text) }
            let name = String(parts[0])
            guard let constant = Constant.named(name) else { throw .unknown(name: name) }
            guard let change = constant.change(to: String(parts[1])) else {
                throw .unfit(name: name, value: String(parts[1]), wanted: constant.boundsText)
            }
            changes.append(change)
        }
        self.texts = texts
        for profile in profiles {
            if let broken = applied(to: profile.configuration).contradictions.first {
                throw .contradiction(broken)
            }
        }
    }

    package func applied(to configuration: CoreConfiguration) -> CoreConfiguration {
        var changed = configuration
        for change in changes { change(&changed) }
        return changed
    }
}

extension ConstantChanges.Failure {
    /// The error: what happened, why, and what to try. `suggestion` is the name that the user may
    /// have meant.
    package func text(suggestion: String? = nil) -> String {
        switch self {
        case .malformed(let text):
            "--set takes name=value, as in --set graceAfterSleep=2s, and not '\(text)'"
        case .unknown(let name):
            "there is no constant '\(name)'"
                + (suggestion.map { "; did you mean \($0)?" } ?? "")
                + " (--set help lists all)"
        case .unfit(let name, let value, let wanted):
            "\(name) cannot be '\(value)': it takes \(wanted)"
        case .contradiction(let relation):
            "these values contradict each other: \(relation)"
        }
    }
}

extension ConstantChanges {
    package static var names: [String] { Constant.all.map(\.name) }
    /// All constants, for a terminal.
    package static var list: [String] { Constant.list }
}

extension Constant {
    package static let all = groups.flatMap(\.constants)

    static func named(_ name: String) -> Constant? { all.first { $0.name == name } }

    /// Sets this constant to the value of a text; nil if the text is not such a value.
    fileprivate func change(to text: String) -> (@Sendable (inout CoreConfiguration) -> Void)? {
        switch value {
        case .duration(let path, let bounds):
            guard let time = ConstantText.duration(text), bounds.contains(time) else { return nil }
            return { $0[keyPath: path] = time }
        case .count(let path, let bounds):
            guard let count = ConstantText.count(text), bounds.contains(count) else { return nil }
            return { $0[keyPath: path] = count }
        case .percent(let path, let bounds):
            let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
            guard let share = ConstantText.count(digits), bounds.contains(share) else { return nil }
            return { $0[keyPath: path] = share }
        }
    }
}
