import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell

/// `iridium status`.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the status of a node on this machine.")

    @OptionGroup var client: ClientOptions

    func run() throws {
        let (line, json) = try client.ask(.status)
        try StandardOutput.write(client.output.json ? line + "\n" : StatusText.text(json))
    }
}

/// `iridium agents`.
struct Agents: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the nodes that run on this machine.")

    @Option(help: "The data root that the nodes were started with.")
    var dataRootDir: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let directory = DataDirectory(option: dataRootDir)
        let names = try ClientOptions.running(in: directory)
        let all = names.map { name in (name, Found(name, in: directory)) }
        if output.json {
            let json: JSON = [
                "schema": "iridium.agents/1", "directory": .string(directory.runDirectory),
                "agents": .array(
                    all.map { name, found in
                        [
                            "name": .string(name),
                            "socket": .string(directory.socketPath(of: name)),
                            "pid": found.process.map { JSON($0) } ?? .null,
                            "cluster": found.status?["cluster"] ?? .null,
                            "address": found.status?["address"] ?? .null,
                            "answers": .bool(found.status != nil),
                        ]
                    }),
            ]
            try StandardOutput.write(json.line + "\n")
        } else if !names.isEmpty {
            let rows = all.map { name, found in
                [
                    name, found.process.map { "\($0)" } ?? "-",
                    found.status?["address"]?.text ?? "-", found.clusterText,
                ]
            }
            let table = Layout.table(
                [["NAME", "PID", "ADDRESS", "CLUSTER"]] + rows, rightAligned: [1])
            try StandardOutput.write(table.joined(separator: "\n") + "\n")
        }
        guard !names.isEmpty else {
            if !output.json {
                try StandardOutput.write(
                    "No node runs here (looked in \(directory.runDirectory)).\n")
                let system = DataDirectory.system.runDirectory
                if dataRootDir == nil, directory.runDirectory != system,
                    ClientOptions.hidden(system) != nil
                {
                    try StandardOutput.write(
                        "Nodes of root may run: sudo iridium agents looks in \(system).\n")
                }
            }
            throw ProcessExit(.nothingMatched)
        }
    }
}

/// A node that has a socket, with its facts if it answers.
private struct Found {
    /// The kernel knows it even if the node does not answer.
    var process: Int32?
    var status: JSON?
    /// The reason why it was not asked.
    private var note: String?

    init(_ name: String, in directory: DataDirectory) {
        guard var client = try? ControlClient(connectingTo: directory.socketPath(of: name)) else {
            return
        }
        process = client.process
        do throws(IridiumError) {
            try client.send(.status)
        } catch {
            note = "not asked: it runs as another user"
            return
        }
        guard let line = try? client.nextLine(within: .seconds(2)) else { return }
        status = try? JSONReader.parse(line)
        process = status?["pid"]?.integer.flatMap { Int32(exactly: $0) } ?? process
    }

    var clusterText: String {
        guard status == nil else { return status?["cluster"]?.text ?? "off" }
        if let note { return "? (\(note))" }
        let isStopped = process.map { ProcessState.isStopped($0) } ?? false
        return isStopped ? "? (the process is stopped)" : "? (no answer within 2 s)"
    }
}
