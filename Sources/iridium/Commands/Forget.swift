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
        try StandardOutput.write(client.output.json ? line + "\n" : ForgetText.text(json))
        if json["not_confirmed_by"]?.elements?.isEmpty == false {
            throw ProcessExit(.nothingMatched)
        }
    }
}
