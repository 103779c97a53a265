internal import MembershipCore

/// The values that the living members publish, at one moment.
public struct MemberStates: Sendable {
    let maps: [NodeID: StateMap]
    private let prefix: String

    init(_ maps: [NodeID: StateMap] = [:], prefix: String = "") {
        self.maps = maps
        self.prefix = prefix
    }

    /// The values of a member; empty if it publishes none, or it does not live.
    public subscript(member: NodeID) -> [String: [UInt8]] {
        maps[member]?.values(prefix: prefix) ?? [:]
    }

    /// The members that publish something, sorted by id.
    package var members: [NodeID] { maps.keys.sorted() }

    /// The value of one key at each member that has it, sorted by member.
    public func values(of key: String) -> [(member: NodeID, value: [UInt8])] {
        members.compactMap { member in self[member][key].map { (member, $0) } }
    }
}

extension MemberStates: Equatable {
    /// Whether all members publish the same values.
    public static func == (a: MemberStates, b: MemberStates) -> Bool {
        a.members == b.members && a.members.allSatisfy { a[$0] == b[$0] }
    }
}

extension StateMap {
    /// By key, of the keys that begin so.
    func values(prefix: String) -> [String: [UInt8]] {
        var values: [String: [UInt8]] = [:]
        for entry in entries where entry.key.text.hasPrefix(prefix) {
            values[entry.key.text] = entry.value
        }
        return values
    }
}
