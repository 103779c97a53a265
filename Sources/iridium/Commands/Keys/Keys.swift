import ArgumentParser
import IridiumJSON
import IridiumNode

/// `iridium keys`.
struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the cluster keys by their fingerprints, and replace them.",
        subcommands: [KeysList.self, KeysRotate.self, KeysID.self])
}

/// `iridium keys id`.
struct KeysID: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "id", abstract: "Show the fingerprint of the key in a file.")

    @Argument(help: "A key file; - is standard input.") var file: String
    @OptionGroup var output: OutputOptions

    func run() throws {
        let fingerprint = try KeyFiles.fingerprint(of: file)
        let json: JSON = [
            "schema": "iridium.key/1", "key": .string(fingerprint), "file": .string(file),
        ]
        try StandardOutput.write((output.json ? json.line : fingerprint) + "\n")
    }
}
