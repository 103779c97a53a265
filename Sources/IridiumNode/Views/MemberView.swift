import IridiumJSON
import Membership

/// The entries of one member about all members: an agent's answer to the question of another agent.
///
/// It travels as `iridium.view/1`, a JSON object within a message by stream. The reader takes nothing for
/// granted: a row that makes no sense is left out, and more rows than `mostRows` are not read.
struct MemberView: Equatable, Sendable {
    /// One member, as the observer holds it.
    struct Row: Equatable, Sendable {
        let id: NodeID
        let name: String
        let state: MemberState
        let incarnation: UInt64
        let timeInState: Duration
        /// Measured by the observer's own heartbeats; nil if it has no answer.
        let roundTripTime: Duration?
    }

    /// Rows of an answer; with the longest names they take less than the 1 MiB of a message.
    static let mostRows = 4_096
    private static let longestText = 128
    private static let mostLeftOff = 1_000_000

    let name: String
    let version: String
    /// Sixteen hexadecimal digits.
    let digest: String
    let health: Int
    let rows: [Row]
    /// Members that had no place in the answer; all of them are alive.
    let leftOff: Int

    init(_ status: ClusterStatus, members: [Member]) {
        let sorted = members.filter { $0.state != .alive } + members.filter { $0.state == .alive }
        name = status.localMember.name.text
        version = IridiumVersion.text
        digest = status.viewHash
        health = status.health
        rows = sorted.prefix(Self.mostRows).map { Row($0) }
        leftOff = max(0, members.count - Self.mostRows)
    }

    /// nil if it is not such an answer.
    ///
    /// - Parameter most: rows beyond these are not read.
    init?(_ json: JSON, atMost most: Int = mostRows) {
        guard json["schema"]?.text == "iridium.view/1", let rows = json["members"]?.elements,
            let digest = json["view"]?.text, digest.utf8.count == 16
        else { return nil }
        name = Self.text(json["node"])
        version = Self.text(json["version"])
        self.digest = digest
        health = json["health"]?.integer.flatMap { Int(exactly: $0) } ?? 0
        self.rows = rows.prefix(min(most, Self.mostRows)).compactMap { Row($0) }
        let stated = json["left_off"]?.integer.flatMap { Int(exactly: $0) } ?? 0
        leftOff = min(max(0, stated), Self.mostLeftOff) + max(0, rows.count - self.rows.count)
    }

    fileprivate static func text(_ json: JSON?) -> String {
        String((json?.text ?? "?").prefix(longestText))
    }

    var json: JSON {
        [
            "schema": "iridium.view/1", "node": .string(name), "version": .string(version),
            "view": .string(digest), "health": JSON(health), "left_off": JSON(leftOff),
            "members": .array(rows.map(\.json)),
        ]
    }
}

extension MemberView.Row {
    fileprivate init(_ member: Member) {
        self.init(
            id: member.id, name: member.name.text, state: member.state,
            incarnation: member.incarnation.number, timeInState: member.timeInState,
            roundTripTime: member.roundTripTime)
    }

    fileprivate init?(_ json: JSON) {
        guard let digits = json["id"]?.text, digits.utf8.count == 16,
            let value = UInt64(digits, radix: 16),
            let state = json["state"]?.text.flatMap(MemberState.init(rawValue:)),
            let incarnation = json["incarnation"]?.integer.flatMap({ UInt64(exactly: $0) })
        else { return nil }
        let microseconds = json["rtt_us"]?.integer.flatMap { $0 >= 0 ? $0 : nil }
        self.init(
            id: NodeID(value), name: MemberView.text(json["name"]), state: state,
            incarnation: incarnation,
            timeInState: .milliseconds(max(0, json["for_ms"]?.integer ?? 0)),
            roundTripTime: microseconds.map { .microseconds($0) })
    }

    fileprivate var json: JSON {
        [
            "id": .string(id.description), "name": .string(name), "state": .string(state.rawValue),
            "incarnation": JSON(incarnation), "for_ms": JSON(milliseconds: timeInState),
            "rtt_us": roundTripTime.map { JSON($0.wholeMicroseconds) } ?? .null,
        ]
    }
}

extension Duration {
    fileprivate var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max : whole + attoseconds / 1_000_000_000_000
    }
}
