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
            --sort: name (as listed), state (the dead and the suspect first), rtt (the slowest \
            first), age (the latest change first), address. --watch draws the list again every \
            second until Q or Ctrl-C.

            Examples:
              iridium members --no-left
              iridium members --state suspect,dead --sort age
              iridium members --watch --sort state
              iridium members --tag role=db --json
            """)

    @Flag(help: "Leave out members that have left.") var noLeft = false
    @Flag(name: .shortAndLong, help: "Also show ids, boots, protocol versions and metadata.")
    var wide = false
    @Option(
        help: ArgumentHelp(
            "Only members in these states: alive, suspect, dead, left.", valueName: "states"))
    var state: [String] = []
    @Option(
        help: ArgumentHelp("Only members with this tag; may be repeated.", valueName: "key=value"))
    var tag: [String] = []
    @Option(help: ArgumentHelp("The order of the table.", valueName: "order"))
    var sort = MemberOrder.name
    @Flag(help: "Draw the list again every second.") var watch = false
    @OptionGroup var client: ClientOptions

    func run() throws {
        var selection = MemberSelection()
        selection.states = try MemberSelection.states(state, option: "--state")
        selection.tags = try TagOption.parse(tag, option: "--tag")
        if noLeft { selection.states.remove(.left) }
        guard !client.output.json else {
            guard !watch else {
                throw IridiumError.badArguments(
                    command: "--watch", problem: "draws tables, and --json prints none",
                    usage: "iridium monitor --json prints every change", example: nil)
            }
            let (line, json) = try client.ask(.members)
            try StandardOutput.write(
                (selection.isAll ? line : selection.selected(json).line) + "\n")
            return
        }
        guard watch else {
            try StandardOutput.write(client.output.color.painted(try table(selection)))
            return
        }
        try LiveScreen(interval: .seconds(1), color: client.output.color).run {
            try table(selection)
        }
    }

    private func table(_ selection: MemberSelection) throws -> String {
        let (_, json) = try client.ask(.members)
        guard var listing = MemberListing(json) else {
            throw IridiumError.agentFailed("the agent's list of members cannot be read")
        }
        listing.rows = sort.sorted(listing.rows.filter(selection.has))
        return MemberTableText.text(listing, isWide: wide)
    }
}
