import ArgumentParser
import IridiumNode
import IridiumShell

/// `iridium explain`.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain a message by its number, IR-04 for example.")

    @Argument(help: "The number.") var code: String
    @OptionGroup var output: OutputOptions

    func run() throws {
        guard let code = MessageCode(parsing: code) else {
            throw IridiumError.badValue(
                option: "the number", value: code, expected: "a number such as IR-04")
        }
        StandardOutput.write("\(code.text)\n")
    }
}
