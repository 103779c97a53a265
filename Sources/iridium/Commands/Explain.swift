import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell

/// `iridium explain`.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain a message by its number, IR-04 for example, or list all messages.")

    @Argument(help: "The number; without it, all messages.") var code: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
        guard let code else { return try list() }
        guard let message = IridiumError.sample(code) else {
            throw IridiumError.badValue(
                option: "the number", value: code,
                expected: "the number of a message, such as IR-04")
        }
        guard output.json else {
            try StandardOutput.write(message.explained)
            return
        }
        let json: JSON = [
            "schema": "iridium.explanation/1", "code": .string(message.code.text),
            "text": .string(message.explained),
        ]
        try StandardOutput.write(json.line + "\n")
    }

    /// All messages: the number, and what it may look like.
    private func list() throws {
        for message in IridiumError.samples {
            let json: JSON = [
                "schema": "iridium.explanation/1", "code": .string(message.code.text),
                "text": .string(message.what),
            ]
            let line = "\(message.code.text)  \(message.what)"
            try StandardOutput.write((output.json ? json.line : line) + "\n")
        }
    }
}
