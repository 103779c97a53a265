import ArgumentParser
import IridiumNode
import IridiumShell
import MembershipWire

/// `iridium members`.
struct Members: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the members as a node of this machine sees them.")

    @Flag(help: "Leave out those that have left.") var noLeft = false
    @Flag(name: .shortAndLong, help: "Also show ids, boots and metadata.") var wide = false
    @OptionGroup var client: ClientOptions

    func run() throws {
        let (line, json) = try client.ask(.members)
        guard let listing = MemberListing(json) else {
            throw IridiumError.agentFailed("the agent's list of members cannot be read")
        }
        if client.output.json, !noLeft {
            try StandardOutput.write(line + "\n")
        } else if client.output.json {
            try StandardOutput.write(Self.withoutLeft(json).line + "\n")
        } else {
            var shown = listing
            if noLeft { shown.rows.removeAll { $0.state == .left } }
            try StandardOutput.write(
                client.output.color.painted(MemberTable.text(shown, isWide: wide)))
        }
    }

    /// The same object with fewer members; the counts stay what they are.
    private static func withoutLeft(_ json: JSON) -> JSON {
        guard case .object(let fields) = json else { return json }
        return .object(
            fields.map { field in
                guard field.key == "members", let members = field.value.elements else {
                    return field
                }
                return JSON.Field(
                    field.key, .array(members.filter { $0["state"]?.text != "left" }))
            })
    }
}
