import ArgumentParser
import IridiumNode

/// `iridium keygen`.
struct Keygen: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a cluster key; only its fingerprint is shown.")

    @Option(help: "The file to write, mode 0600.") var out: String
    @Flag(help: "Replace a file that is there.") var force = false
    @OptionGroup var output: OutputOptions

    func run() throws {
        let fingerprint = try KeyFiles.make(out, mayReplace: force)
        let json: JSON = [
            "schema": "iridium.key/1", "key": .string(fingerprint), "file": .string(out),
        ]
        StandardOutput.write(
            output.json ? json.line + "\n" : "Made cluster key \(fingerprint) in \(out).\n")
    }
}

/// `iridium keys`.
struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at cluster keys, by fingerprint.", subcommands: [ID.self])

    /// `iridium keys id`.
    struct ID: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "id", abstract: "Show the fingerprint of the key in a file.")

        @Argument(help: "A key file; - is standard input.") var file: String
        @OptionGroup var output: OutputOptions

        func run() throws {
            let fingerprint = try KeyFiles.fingerprint(of: file)
            let json: JSON = [
                "schema": "iridium.key/1", "key": .string(fingerprint), "file": .string(file),
            ]
            StandardOutput.write((output.json ? json.line : fingerprint) + "\n")
        }
    }
}
