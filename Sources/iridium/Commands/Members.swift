import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import Membership

/// `iridium members`.
struct Members: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the members as a node of this machine sees them.",
        discussion: """
            Examples:
              iridium members --no-left
              iridium members --tag role=db --json
            """)

    @Flag(help: "Leave out members that have left.") var noLeft = false
    @Flag(name: .shortAndLong, help: "Also show ids, boots, protocol versions and metadata.")
    var wide = false
    @Option(
        help: ArgumentHelp("Only members with this tag; may be repeated.", valueName: "key=value"))
    var tag: [String] = []
    @OptionGroup var client: ClientOptions

    func run() throws {
        let tags = try TagOption.parse(tag, option: "--tag")
        let (line, json) = try client.ask(.members)
        guard let listing = MemberListing(json) else {
            throw IridiumError.agentFailed("the agent's list of members cannot be read")
        }
        let isAll = !noLeft && tags.count == 0
        if client.output.json, isAll {
            try StandardOutput.write(line + "\n")
        } else if client.output.json {
            try StandardOutput.write(selected(json, tags).line + "\n")
        } else {
            var shown = listing
            if noLeft { shown.rows.removeAll { $0.state == .left } }
            if tags.count > 0 {
                shown.rows.removeAll { Tags(metadata: $0.metadata)?.contains(tags) != true }
            }
            try StandardOutput.write(
                client.output.color.painted(MemberTable.text(shown, isWide: wide)))
        }
    }

    /// The same object with fewer members; the counts do not change.
    private func selected(_ json: JSON, _ tags: Tags) -> JSON {
        guard case .object(let fields) = json else { return json }
        return .object(
            fields.map { field in
                guard field.key == "members", let members = field.value.elements else {
                    return field
                }
                let selected = members.filter { member in
                    if noLeft, member["state"]?.text == "left" { return false }
                    return tags.keys.allSatisfy { member["tags"]?[$0]?.text == tags[$0] }
                }
                return JSON.Field(field.key, .array(selected))
            })
    }
}
