import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell

/// `iridium forget`.
struct Forget: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove dead or left members from the list now, without waiting 24 hours.",
        discussion: """
            The member disappears from the list of this one node; the others keep it until its time \
            is over. With --everywhere the node also asks all living members, and their agents do the \
            same if the member is dead or has left in their lists. If a member does not confirm, the \
            command names it and exits with 2.

            Examples:
              iridium forget n4
              iridium forget n4 --everywhere
              iridium forget --all-dead --everywhere
            """)

    @Argument(help: "The member's name, or its id of 16 digits.") var name: String?
    @Flag(help: "All members that are dead or have left.") var allDead = false
    @Flag(help: "Ask all living members to do the same.") var everywhere = false
    @OptionGroup var client: ClientOptions

    func run() throws {
        guard (name == nil) == allDead else {
            throw IridiumError.badArguments(
                command: "iridium forget",
                problem: name == nil ? "names no member" : "takes a name or --all-dead, not both",
                usage: "iridium forget NAME, or iridium forget --all-dead", example: nil)
        }
        let (line, json) = try client.ask(.forget(name, everywhere: everywhere))
        try StandardOutput.write(client.output.json ? line + "\n" : Self.text(json))
        if json["not_confirmed_by"]?.elements?.isEmpty == false {
            throw ProcessExit(.nothingMatched)
        }
    }

    /// The members that were forgotten here, and the other members that did the same.
    static func text(_ json: JSON) -> String {
        let forgotten = (json["forgotten"]?.elements ?? []).map { member in
            "\(member["member"]?.text ?? "?") (id \(member["id"]?.text?.prefix(8) ?? "?"))"
        }
        var text =
            forgotten.isEmpty
            ? "There was nothing to forget on this node.\n"
            : "Forgot \(Layout.list(forgotten)) on this node.\n"
        let others = (json["confirmed_by"]?.elements ?? []).compactMap(\.text)
        if !others.isEmpty {
            text +=
                "So did \(Layout.count(others.count, "other member", "other members")): "
                + "\(Layout.list(others)).\n"
        }
        for member in json["not_confirmed_by"]?.elements ?? [] {
            text +=
                "\(member["member"]?.text ?? "?") did not confirm: "
                + "\(Layout.printable(member["reason"]?.text ?? "?")).\n"
        }
        return text
    }
}
