import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import SystemPackage

/// The running node that a command talks to.
struct ClientOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The node's name, if several run on this machine.", valueName: "name"))
    var agent: String?

    @Option(
        help: ArgumentHelp(
            "The data root that the node was started with.", valueName: "directory"))
    var dataRootDir: String?

    @OptionGroup var output: OutputOptions

    var directory: DataDirectory { DataDirectory(option: dataRootDir) }

    /// The nodes that answer on this machine, by name. Sockets without a process are removed.
    ///
    /// - Throws: IR-59 if this user may not read the directory.
    static func running(in directory: DataDirectory) throws(IridiumError) -> [String] {
        if let error = directory.notADirectory ?? hidden(directory.runDirectory) { throw error }
        return SystemCall.list(directory.runDirectory).compactMap { file in
            guard file.hasSuffix(".sock") else { return nil }
            let name = String(file.dropLast(".sock".count))
            switch ControlClient.probe(directory.socketPath(of: name)) {
            case .answers: return name
            case .stale:
                SystemCall.remove(directory.socketPath(of: name))
                return nil
            case .missing: return nil
            }
        }
    }

    /// The reason why this user may not read a directory; nil if he may, or if there is none.
    static func hidden(_ path: String) -> IridiumError? {
        do throws(Errno) {
            try FileDescriptor.with(path, .readOnly, .directory) { _ in }
            return nil
        } catch {
            guard error == .permissionDenied || error == .notPermitted else { return nil }
            // The owner of the nearest parent directory that can be read.
            var place = path
            var owner = SystemCall.ownership(of: place)
            while owner == nil, let slash = place.lastIndex(of: "/"), slash > place.startIndex {
                place = String(place[..<slash])
                owner = SystemCall.ownership(of: place)
            }
            return .hiddenDirectory(
                path, owner: owner.flatMap { SystemCall.userName(of: $0.owner) ?? "\($0.owner)" })
        }
    }

    /// The name of the node that the command addresses.
    func name() throws(IridiumError) -> String {
        if let agent { return agent }
        let running = try Self.running(in: directory)
        guard let only = running.first else { throw absent(nil) }
        guard running.count == 1 else { throw .severalAgents(running) }
        return only
    }

    private func connect(to name: String) throws(IridiumError) -> ControlClient {
        let path = directory.socketPath(of: name)
        do throws(Errno) {
            return try ControlClient(connectingTo: path, within: Self.patienceForStopped)
        } catch {
            switch error {
            case .timedOut:
                throw .agentSilent(
                    name: name, process: nil, isStopped: false, after: Self.patienceForStopped)
            case .permissionDenied, .notPermitted:
                throw Self.hidden(directory.runDirectory) ?? .hiddenDirectory(path, owner: nil)
            case .noSuchFileOrDirectory, .connectionRefused, .notDirectory: throw absent(name)
            default: throw .agentFailed("cannot connect to \(path): \(error.text)")
            }
        }
    }

    /// The error if no agent was found; it says so if others may exist.
    private func absent(_ name: String?) -> IridiumError {
        if let error = directory.notADirectory { return error }
        let system = DataDirectory.system.runDirectory
        if dataRootDir == nil, directory.runDirectory != system, let hidden = Self.hidden(system) {
            return hidden
        }
        return .noAgent(directory: directory.runDirectory, name: name)
    }

    /// Sends a request; its answer has not arrived yet.
    func begin(_ request: ControlRequest) throws -> ControlClient {
        try begin(request, with: try name())
    }

    /// Whether a node of this name answers.
    func isRunning(_ name: String) -> Bool {
        ControlClient.probe(directory.socketPath(of: name)) == .answers
    }

    func begin(
        _ request: ControlRequest, with name: String
    ) throws -> ControlClient {
        let client = try connect(to: name)
        try client.send(request)
        return client
    }

    /// Sends a request and returns the first line of its answer. An error in it is thrown.
    func ask(
        _ request: ControlRequest, within patience: Duration = .seconds(30)
    ) throws -> (line: String, json: JSON) {
        let name = try name()
        var client = try begin(request, with: name)
        guard let line = try Self.line(from: &client, of: name, within: patience) else {
            throw IridiumError.agentGone(name)
        }
        return try Self.answer(in: line)
    }

    /// The first line. The wait is shorter if the agent's process is stopped.
    private static func line(
        from client: inout ControlClient, of name: String, within patience: Duration
    ) throws(IridiumError) -> [UInt8]? {
        let first = min(patience, patienceForStopped)
        var (waited, next) = (Duration.zero, first)
        while true {
            do throws(Errno) {
                return try client.nextLine(within: next)
            } catch {
                guard !error.isHangup else { throw .agentGone(name) }
                guard error == .timedOut else {
                    throw .agentFailed("no answer from the agent: \(error.text)")
                }
            }
            waited += next
            next = patience - waited
            let process = client.process
            let isStopped = process.map { ProcessState.isStopped($0) } ?? false
            guard !isStopped, next > .zero else {
                throw .agentSilent(
                    name: name, process: process, isStopped: isStopped, after: waited)
            }
        }
    }

    /// After this time without an answer, the state of the process is checked.
    private static let patienceForStopped = Duration.seconds(5)

    /// One line of an answer. An error in it is thrown, as the agent worded it.
    static func answer(in line: [UInt8]) throws -> (line: String, json: JSON) {
        let text = String(decoding: line, as: UTF8.self)
        guard let json = try? JSONReader.parse(line) else {
            throw IridiumError.agentFailed("the agent's answer cannot be read")
        }
        guard json["schema"]?.text != "iridium.error/1" else {
            throw RemoteFailure(line: text, json: json)
        }
        return (text, json)
    }
}

/// A failure in the agent, in the agent's words.
struct RemoteFailure: Error {
    let line: String
    let json: JSON

    /// Whether the agent runs and its cluster does not, or has just ended.
    var isClusterOff: Bool {
        let codes = [CatalogueNumber.clusterOff, .clusterStopped].map(\.text)
        return json["code"]?.text.map(codes.contains) ?? false
    }

    var exitCode: Int32 {
        json["exit"]?.integer.flatMap { Int32(exactly: $0) } ?? ExitStatus.other.rawValue
    }

    /// The text for people.
    var text: String {
        let what = json["what"]?.text ?? "the command failed"
        var text = "iridium: \(what) [\(json["code"]?.text ?? "-")]\n"
        if let why = json["why"]?.text { text += "  why: \(why)\n" }
        if let advice = json["try"]?.text { text += "  try: \(advice)\n" }
        return text
    }
}
