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
        try StandardOutput.write(client.output.json ? line + "\n" : Self.text(json))
    }

    private static func lifelines(_ json: JSON?) -> [String] {
        guard json?["on"]?.boolean == true else { return ["lifelines", "off"] }
        let number = { (key: String) in "\(json?[key]?.integer ?? 0)" }
        return [
            "lifelines", "holds \(number("held")), watched by \(number("watched_by"))",
            "\(number("lost")) lost, \(number("false_alarms")) false alarms, "
                + "\(number("gone")) members gone",
        ]
    }

    private static func published(_ json: JSON?) -> [String] {
        let number = { (key: String) in json?[key]?.integer ?? 0 }
        guard number("members") > 0 || number("heard_from") > 0 else {
            return ["state", "no member publishes anything"]
        }
        let publishing = Layout.count(Int(number("members")), "member publishes", "members publish")
        return [
            "state", publishing,
            "\(number("agree")) of \(number("heard_from")) others hold the same",
        ]
    }

    private static func text(_ json: JSON) -> String {
        let word = { (key: String) in json[key]?.text ?? "-" }
        let number = { (value: JSON?) in "\(value?.integer ?? 0)" }
        let traffic = json["traffic"]
        let refused = (json["refused"]?.fields ?? []).map { "\($0.key) \(number($0.value))" }
        let states = (json["members"]?.fields ?? []).map { "\(number($0.value)) \($0.key)" }
        let uptime = Duration.milliseconds(json["uptime_ms"]?.integer ?? 0)
        var rows = [
            ["node", "\(word("node"))", "id \(word("id"))"],
            [
                "process", number(json["pid"]),
                "iridium \(word("version")), up \(DurationText.elapsed(uptime))",
            ],
        ]
        guard json["cluster"]?.text != nil else {
            rows.append(["cluster", "off"])
            return Layout.table(rows).joined(separator: "\n") + "\n"
        }
        rows += [
            ["cluster", "\"\(word("cluster"))\"", "on \(word("address")), key \(word("key"))"],
            ["boot", word("boot"), "protocol " + Self.protocols(json["protocols"])],
            [
                "timing", "profile \(word("profile"))",
                "tolerance "
                    + (json["tolerance_ms"]?.integer.map {
                        DurationText.spoken(.milliseconds($0))
                    } ?? "of the profile") + ", incarnation \(number(json["incarnation"]))",
            ],
            ["members", states.joined(separator: ", ")],
            ["view", String(word("view").prefix(8)), "\(number(json["agree"])) agree"],
            ["health", number(json["health"]), "0 means healthy"],
            lifelines(json["lifelines"]),
            published(json["states"]),
            [
                "traffic", "in \(number(traffic?["datagrams_in"])) datagrams",
                "\(number(traffic?["bytes_in"])) B",
            ],
            [
                "", "out \(number(traffic?["datagrams_out"])) datagrams",
                "\(number(traffic?["bytes_out"])) B",
            ],
            ["refused", refused.isEmpty ? "nothing" : refused.joined(separator: ", ")],
        ]
        for (index, seed) in (json["seeds"]?.elements ?? []).enumerated() {
            rows.append([
                index == 0 ? "seeds" : "", seed["provider"]?.text ?? "?", Self.state(of: seed),
            ])
        }
        return Layout.table(rows).joined(separator: "\n") + "\n"
    }

    /// `1 to 2`.
    private static func protocols(_ json: JSON?) -> String {
        let bounds = (json?.elements ?? []).compactMap(\.integer).map { "\($0)" }
        return bounds.isEmpty ? "-" : bounds.joined(separator: " to ")
    }

    /// `3 addresses, 12 s ago`, and the last failure since.
    private static func state(of seed: JSON) -> String {
        let count = Layout.count(seed["addresses"]?.elements?.count ?? 0, "address", "addresses")
        let age = seed["age_ms"]?.integer.map {
            ", \(DurationText.spoken(.milliseconds($0))) ago"
        }
        let failure = seed["failure"]?.text
        guard let age else { return failure ?? "not asked yet" }
        return count + age + (failure.map { "; now: \(Layout.printable($0))" } ?? "")
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
