import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell

/// `iridium version`.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the version of the program and of what it was built with.")

    @OptionGroup var output: OutputOptions

    func run() throws {
        try StandardOutput.write(output.json ? Self.json.line + "\n" : Self.text)
    }

    private static var protocols: String {
        let range = IridiumVersion.protocols
        return range.count == 1
            ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }

    private static var text: String {
        let rows = [
            ("iridium", IridiumVersion.text), ("commit", IridiumVersion.commit ?? "not a release"),
            ("protocol", protocols), ("swift", IridiumVersion.swift),
            ("libsodium", IridiumVersion.libsodium),
        ]
        return rows.map { Layout.padded($0.0, to: 11) + $0.1 + "\n" }.joined()
    }

    private static var json: JSON {
        [
            "schema": "iridium.version/1", "version": .string(IridiumVersion.text),
            "commit": JSON(IridiumVersion.commit),
            "protocols": .array([
                JSON(IridiumVersion.protocols.lowerBound),
                JSON(IridiumVersion.protocols.upperBound),
            ]),
            "swift": .string(IridiumVersion.swift), "libsodium": .string(IridiumVersion.libsodium),
        ]
    }
}
