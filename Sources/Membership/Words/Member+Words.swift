import MembershipWire

extension Member: CustomStringConvertible {
    /// `n3 (10.0.0.7:2254) suspect`.
    public var description: String { "\(name) (\(endpoint)) \(state.rawValue)" }
}

extension Member: Encodable {
    /// A member as `iridium members --json` shows it and the schema `iridium.members/1` defines it:
    /// `name`, `stated_name`, `id`, `state`, `address`, `incarnation`, `self`, `rtt_ms`, `for_ms`,
    /// `tags` (an object, or null) and `metadata` (as text, or null), `why` (one line, or null), `protocols`
    /// (least and greatest).
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(statedName, forKey: .statedName)
        try container.encode(id, forKey: .id)
        try container.encode(state, forKey: .state)
        try container.encode(endpoint, forKey: .address)
        try container.encode(incarnation, forKey: .incarnation)
        try container.encode(isSelf, forKey: .isSelf)
        try container.encode(roundTripTime.map(\.milliseconds), forKey: .roundTripTime)
        try container.encode(timeInState.milliseconds.rounded(.down), forKey: .timeInState)
        try container.encode(tags, forKey: .tags)
        let text = metadata.isEmpty ? nil : String(validating: metadata, as: UTF8.self)
        try container.encode(text, forKey: .metadata)
        try container.encode(reason?.text, forKey: .why)
        try container.encode(
            [protocolVersions.lowerBound, protocolVersions.upperBound], forKey: .protocols)
    }

    private enum Key: String, CodingKey {
        case name, id, state, address, incarnation, tags, metadata, why, protocols
        case statedName = "stated_name"
        case isSelf = "self"
        case roundTripTime = "rtt_ms"
        case timeInState = "for_ms"
    }
}

extension Tags: Codable {
    /// Reads an object of strings.
    public init(from decoder: any Decoder) throws {
        self.init()
        let values = try decoder.singleValueContainer().decode([String: String].self)
        for (key, value) in values { self[key] = value }
    }

    /// Writes an object of strings.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Dictionary(uniqueKeysWithValues: keys.map { ($0, self[$0] ?? "") }))
    }
}

extension ClusterView: CustomStringConvertible {
    /// `3 living of 5 members: n1, n2, n3`, at most eight names.
    public var description: String {
        let names = living.prefix(8).map(\.name.text).joined(separator: ", ")
        let more = livingCount > 8 ? " and \(livingCount - 8) more" : ""
        return "\(livingCount) living of \(members.count) members: \(names)\(more)"
    }
}

extension Duration {
    /// To a thousandth.
    fileprivate var milliseconds: Double {
        let (seconds, attoseconds) = components
        return (Double(seconds) * 1_000_000 + Double(attoseconds / 1_000_000_000_000)) / 1_000
    }
}
