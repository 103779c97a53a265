import ArgumentParser
import IridiumJSON
import IridiumNode

/// `iridium keygen`.
struct Keygen: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a cluster key; only its fingerprint is shown.")

    @Option(help: "The file to write, mode 0600; - writes the key to standard output.")
    var out: String
    @Flag(help: "Replace an existing file.") var force = false
    @OptionGroup var output: OutputOptions

    func run() throws {
        guard out != "-" else { return try writeToOutput() }
        let fingerprint = try KeyFiles.make(out, mayReplace: force)
        let json: JSON = [
            "schema": "iridium.key/1", "key": .string(fingerprint), "file": .string(out),
        ]
        try StandardOutput.write(
            output.json ? json.line + "\n" : "Made cluster key \(fingerprint) in \(out).\n")
    }

    private func writeToOutput() throws {
        guard !output.json else {
            throw ValidationError("--out - writes the key itself, which --json cannot hold")
        }
        let (text, fingerprint) = KeyFiles.makeText()
        try StandardOutput.write(text)
        StandardError.write("Made cluster key \(fingerprint).\n")
    }
}
