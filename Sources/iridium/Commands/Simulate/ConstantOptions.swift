import ArgumentParser
import IridiumAssembler
import MembershipSimulator

/// `--set`, for all commands that make a world.
struct ConstantOptions: ParsableArguments {
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Change a constant of the protocol: graceAfterSleep=2s. --set help lists them.",
            valueName: "name=value"))
    var settings: [String] = []

    func validate() throws {
        guard settings.contains("help") else { return }
        throw CleanExit.message(ConstantChanges.list.joined(separator: "\n"))
    }

    /// - Parameter profiles: the profiles to change.
    func changes(for profiles: [SimulateCommand.Profile]) throws -> ConstantChanges {
        do {
            return try ConstantChanges(parsing: settings, for: profiles)
        } catch {
            var suggestion: String?
            if case .unknown(let name) = error {
                suggestion = Spelling.closest(to: name, among: ConstantChanges.names)
            }
            throw ValidationError(error.text(suggestion: suggestion))
        }
    }
}

/// `iridium simulate constants`.
struct SimulateConstants: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "constants",
        abstract: "List the constants of the protocol, which --set changes.")

    func run() throws {
        for line in ConstantChanges.list.drop(while: \.isEmpty) { Simulate.output.line(line) }
        try Simulate.finish(true)
    }
}
