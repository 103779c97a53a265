import IridiumAdmin
import IridiumNode
import IridiumShell
import Membership

/// The settings that a running agent reloads on SIGHUP: log level, seeds, tags or metadata, the key file, the
/// token file. A reload is no event of membership, and a wrong file changes nothing.
actor AgentReload {
    private let started: AgentOptions
    private let node: Node
    private let level: Logs.Level
    private let output: AgentOutput
    private var current: AgentOptions
    private var manager: ServiceManager?
    private var admin: AdminServer?
    private var turn: Task<Void, Never>?

    init(_ options: AgentOptions, _ node: Node, _ level: Logs.Level, _ output: AgentOutput) {
        started = options
        current = options
        self.node = node
        self.level = level
        self.output = output
    }

    /// From now on a reload reaches everything that runs.
    func begin(_ manager: ServiceManager?, _ admin: AdminServer?) {
        self.manager = manager
        self.admin = admin
    }

    /// One at a time, in the order of the signals.
    func reload() async {
        let before = turn
        let mine = Task {
            await before?.value
            await reloadNow()
        }
        turn = mine
        await mine.value
    }

    private func reloadNow() async {
        manager?.reloading()
        defer { manager?.reloaded() }
        do throws(IridiumError) {
            let (new, settings, service) = try await Self.read(current)
            let wanted = try Logs.Level.named(new)
            var taken = try await take(new, settings)
            level.set(wanted)
            if let admin, let service, admin.replaceToken(by: service.token) {
                taken.append("http-token-file")
            }
            current = new
            output.write(note: words(taken))
            if let words = wordsOfRestart() { output.write(note: words) }
        } catch {
            output.write(error)
            output.write(note: "nothing was reloaded; the settings in force stay")
        }
    }

    /// The settings of all sources now. Files and name servers may be slow, so a separate thread reads them.
    private static func read(
        _ current: AgentOptions
    ) async throws(IridiumError) -> (AgentOptions, NodeSettings, AdminOptions.Service?) {
        let result = await BlockingWork.run {
            Result { () throws(IridiumError) in
                let new = try current.readAgain()
                return (new, try new.settings(), try new.service())
            }
        }
        guard let result else { throw .clusterStopped }
        return try result.get()
    }

    /// Gives the running cluster what has changed, and returns the names of it.
    private func take(
        _ new: AgentOptions, _ settings: NodeSettings
    ) async throws(IridiumError) -> [String] {
        let changed = Self.differences(new, current).filter(\.isReloadable).map(\.key)
        let keys = try await node.reload(
            seeds: changed.contains("seed") ? settings : nil,
            metadata: changed.contains { ["tag", "metadata"].contains($0) }
                ? settings.metadata : nil)
        switch keys {
        case .unchanged, .noFile: return changed
        case .taken: return changed + ["the cluster keys"]
        case .refused:
            output.write(
                note: "the key file has keys that do not continue those in use; they were not "
                    + "taken: iridium keys list shows those in use")
            return changed
        }
    }

    private static func differences(_ a: AgentOptions, _ b: AgentOptions) -> [Setting] {
        Setting.all.filter { $0.value(in: a.options) != $0.value(in: b.options) }
    }

    private func words(_ taken: [String]) -> String {
        let source = current.options.config.map { " \(Layout.printable($0))" } ?? ""
        return "reloaded\(source): " + (taken.isEmpty ? "nothing has changed" : Layout.list(taken))
    }

    /// Changes since the start that a running node cannot take.
    private func wordsOfRestart() -> String? {
        let waiting = Self.differences(current, started).filter { !$0.isReloadable }.map(\.key)
        guard !waiting.isEmpty else { return nil }
        return "changed, and in force after a restart: \(Layout.list(waiting))"
    }
}
