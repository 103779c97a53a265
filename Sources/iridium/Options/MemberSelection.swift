import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import Membership

/// The order of members in a table.
enum MemberOrder: String, CaseIterable, ExpressibleByArgument {
    case name, state, rtt, age, address

    /// Troubles first, then by name.
    private static func rank(_ state: MemberState) -> Int {
        switch state {
        case .dead: 0
        case .suspect: 1
        case .alive: 2
        case .left: 3
        }
    }

    /// Addresses of version 4 come first, by number.
    private static func key(_ row: MemberRow) -> (UInt64, String, UInt16) {
        switch row.address.address {
        case .v4(let number): (UInt64(number), "", row.address.port)
        case .v6: (.max, row.address.address.description, row.address.port)
        }
    }

    func sorted(_ rows: [MemberRow]) -> [MemberRow] {
        switch self {
        // As the node lists them.
        case .name: rows
        case .state: stable(rows) { Self.rank($0.state) < Self.rank($1.state) }
        case .rtt:
            stable(rows) { ($0.roundTripTime ?? .zero) > ($1.roundTripTime ?? .zero) }
        case .age: stable(rows) { $0.timeInState < $1.timeInState }
        case .address: stable(rows) { Self.key($0) < Self.key($1) }
        }
    }

    /// Rows that compare as equal keep their order.
    private func stable(
        _ rows: [MemberRow], _ isBefore: (MemberRow, MemberRow) -> Bool
    ) -> [MemberRow] {
        rows.enumerated().sorted { a, b in
            if isBefore(a.element, b.element) { return true }
            if isBefore(b.element, a.element) { return false }
            return a.offset < b.offset
        }
        .map(\.element)
    }
}

/// Which members of a list are shown.
struct MemberSelection {
    var states = Set(MemberState.allCases)
    var tags = Tags()

    /// `alive,suspect`: states, and commas between them.
    static func states(
        _ texts: [String], option: String
    ) throws(IridiumError) -> Set<MemberState> {
        var states: Set<MemberState> = []
        for word in texts.flatMap({ $0.split(separator: ",") }) {
            guard let state = MemberState(rawValue: String(word)) else {
                throw .badValue(
                    option: option, value: String(word), expected: "alive, suspect, dead or left")
            }
            states.insert(state)
        }
        return states.isEmpty ? Set(MemberState.allCases) : states
    }

    var isAll: Bool { states.count == MemberState.allCases.count && tags.count == 0 }

    func has(_ row: MemberRow) -> Bool {
        states.contains(row.state)
            && (tags.count == 0 || Tags(metadata: row.metadata)?.contains(tags) == true)
    }

    /// The same `iridium.members/1` with fewer members; the counts do not change.
    func selected(_ json: JSON) -> JSON {
        guard case .object(let fields) = json else { return json }
        return .object(
            fields.map { field in
                guard field.key == "members", let members = field.value.elements else {
                    return field
                }
                let selected = members.filter { member in
                    let state = member["state"]?.text.flatMap(MemberState.init(rawValue:))
                    return state.map { states.contains($0) } ?? false
                        && tags.keys.allSatisfy { member["tags"]?[$0]?.text == tags[$0] }
                }
                return JSON.Field(field.key, .array(selected))
            })
    }
}
