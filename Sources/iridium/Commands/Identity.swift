import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import Membership

/// `iridium id`.
struct Identity: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "id",
        abstract: "Show the identities of this machine's named nodes, or give one a new identity.",
        discussion: """
            A node with a name keeps its signing key, so that it is the same member after a restart. If \
            the file is damaged or was copied, --reset gives the node another key. The cluster then \
            sees a new member and declares the old one dead. The old files are kept beside the new.
            """)

    @Argument(help: "The node's name; without it, all nodes that have run from the data root.")
    var name: String?
    @Flag(help: "Give the node a new identity; it must not be running.") var reset = false
    @Option(help: "The data root that the node is started with.") var dataRootDir: String?
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !reset || name != nil else {
            throw ValidationError("--reset needs the name of the node: iridium id --reset NAME")
        }
    }

    func run() throws {
        let directory = DataDirectory(option: dataRootDir)
        if reset, let name {
            let new = try Identities.reset(name, in: directory)
            try StandardOutput.write(
                output.json ? Self.json(new, name).line + "\n" : Self.text(new, name))
            return
        }
        let all: [IdentityOnDisk]
        if let name {
            all = [try Identities.one(name, in: directory)]
        } else {
            all = Identities.all(in: directory)
        }
        try StandardOutput.write(
            output.json ? Self.json(all, directory).line + "\n" : Self.text(all, directory))
        guard !all.isEmpty, all.allSatisfy({ $0.id != nil }) else {
            throw ProcessExit(.nothingMatched)
        }
    }

    private static func text(_ all: [IdentityOnDisk], _ directory: DataDirectory) -> String {
        guard !all.isEmpty else { return "No named node has run from \(directory.root).\n" }
        let rows = all.map { [$0.name.text, $0.id?.description ?? "-", $0.problem ?? $0.path] }
        return Layout.table([["NAME", "ID", "FILE"]] + rows).joined(separator: "\n") + "\n"
    }

    private static func json(_ all: [IdentityOnDisk], _ directory: DataDirectory) -> JSON {
        [
            "schema": "iridium.id/1", "directory": .string(directory.root),
            "nodes": .array(
                all.map { one in
                    [
                        "name": .string(one.name.text), "id": JSON(one.id?.description),
                        "file": .string(one.path), "problem": JSON(one.problem),
                    ]
                }),
        ]
    }

    private static func text(_ new: IdentityReset, _ name: String) -> String {
        var text = "\(name) is a new member from its next start: id \(new.identity).\n"
        for path in new.kept { text += "  kept: \(path)\n" }
        return text
    }

    private static func json(_ new: IdentityReset, _ name: String) -> JSON {
        [
            "schema": "iridium.id-reset/1", "name": .string(name),
            "id": .string(new.identity.description), "kept": .array(new.kept.map { .string($0) }),
        ]
    }
}
