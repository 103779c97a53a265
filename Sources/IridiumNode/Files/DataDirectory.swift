package import SystemPackage

/// The place where a node keeps data that must outlive it, and where clients find its socket.
///
/// Picture three drawers. The data root holds the cluster key and, for each node with a name, an
/// identity and the last incarnation. The run directory holds one control socket per running node
/// and may vanish at a reboot. The history belongs to the person at the prompt. The first of these
/// that is set decides: `--data-root-dir`, the service manager's directories (`$STATE_DIRECTORY`,
/// `$RUNTIME_DIRECTORY`, `$CREDENTIALS_DIRECTORY`), the user's (`$XDG_STATE_HOME`,
/// `$XDG_RUNTIME_DIR`), `/var/lib/iridium` for root. If a group can write to the root, as to a
/// volume of a container, the node uses a private folder in it, `iridium`.
package struct DataDirectory: Equatable, Sendable {
    /// The data root.
    package let root: String
    /// Whether the root was chosen by option. Then every command must choose it too.
    package let isGiven: Bool
    /// The root for commands that need the option: the root, if it was given; otherwise they find
    /// it.
    package var givenRoot: String? { isGiven ? place : nil }
    /// The chosen directory; `root` may be a folder in it.
    private let place: String
    /// The directory of control sockets, 0700.
    package let runDirectory: String
    /// The default path of the cluster key.
    package let clusterKeyPath: String
    /// Whether a service manager provides that file. Then it cannot be written.
    package let isKeyACredential: Bool

    /// The inputs of the rules; a parameter, so that they can be tested.
    package struct Surroundings: Sendable {
        package var userID: UInt32
        package var variable: @Sendable (String) -> String?
        package var exists: @Sendable (String) -> Bool
        /// The home directory in the user database, if HOME is not set.
        package var home: String?
        package var ownership: @Sendable (String) -> (owner: UInt32, mode: UInt16)?

        package init(
            userID: UInt32, variable: @escaping @Sendable (String) -> String?,
            exists: @escaping @Sendable (String) -> Bool, home: String? = nil,
            ownership: @escaping @Sendable (String) -> (owner: UInt32, mode: UInt16)? = { _ in nil }
        ) {
            self.userID = userID
            self.variable = variable
            self.exists = exists
            self.home = home
            self.ownership = ownership
        }

        /// This process.
        package static var process: Surroundings {
            Surroundings(
                userID: SystemCall.userID, variable: SystemCall.environment,
                exists: SystemCall.exists, home: SystemCall.homeDirectory,
                ownership: SystemCall.ownership)
        }
    }

    /// The data directory of root's nodes.
    package static let system = DataDirectory(option: "/var/lib/iridium")

    /// `option` is the value of `--data-root-dir`; nil if it was not given.
    package init(option: String?, in surroundings: Surroundings = .process) {
        let place = option.map(Self.withoutTrailingSlash) ?? Self.defaultRoot(surroundings)
        let root = Self.isShared(place, surroundings) ? "\(place)/iridium" : place
        self.root = root
        self.place = place
        isGiven = option != nil
        if option != nil {
            runDirectory = root + "/run"
        } else if let directory = Self.first(of: surroundings.variable("RUNTIME_DIRECTORY")) {
            runDirectory =
                Self.isShared(directory, surroundings) ? "\(directory)/iridium" : directory
        } else if let directory = surroundings.variable("XDG_RUNTIME_DIR") {
            runDirectory = Self.withoutTrailingSlash(directory) + "/iridium"
        } else {
            runDirectory = root + "/run"
        }
        let credential = surroundings.variable("CREDENTIALS_DIRECTORY").map {
            Self.withoutTrailingSlash($0) + "/cluster.key"
        }
        if let credential, surroundings.exists(credential) {
            clusterKeyPath = credential
            isKeyACredential = true
        } else {
            clusterKeyPath = root + "/cluster.key"
            isKeyACredential = false
        }
    }

    private static func defaultRoot(_ surroundings: Surroundings) -> String {
        if let directory = first(of: surroundings.variable("STATE_DIRECTORY")) { return directory }
        if surroundings.userID == 0 { return "/var/lib/iridium" }
        if let state = surroundings.variable("XDG_STATE_HOME") {
            return withoutTrailingSlash(state) + "/iridium"
        }
        let home = surroundings.variable("HOME") ?? surroundings.home
        // Without a home directory this user has no place: `prepare` will report it.
        return (home.map(withoutTrailingSlash) ?? "") + "/.local/state/iridium"
    }

    /// Whether a group can write to the future data root, as to a volume of a container. Then
    /// everything is kept in a private folder in it.
    private static func isShared(_ path: String, _ surroundings: Surroundings) -> Bool {
        guard let (owner, mode) = surroundings.ownership(path) else { return false }
        return (owner == surroundings.userID || owner == 0) && mode & 0o022 == 0o020
    }

    /// A service manager may give several directories, separated by colons; the first is ours.
    private static func first(of list: String?) -> String? {
        list?.split(separator: ":").first.map { withoutTrailingSlash(String($0)) }
    }

    private static func withoutTrailingSlash(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Lines that a person typed at the prompt before.
    package var historyPath: String { root + "/history" }

    /// The file of the identity of a node with this name.
    package func identityPath(of name: String) -> String { "\(root)/nodes/\(name)/identity.key" }

    /// The control socket of a node with this name.
    package func socketPath(of name: String) -> String { "\(runDirectory)/\(name).sock" }

    /// Makes the root and the run directory, 0700, for a node of that name. Only we may be able to
    /// write to either, because a user that can write to a directory can replace a socket or a key.
    /// The same holds for the directory of the node's identity, if it ran before. A directory above
    /// the root, such as /tmp, is its owner's responsibility.
    ///
    /// - Parameter group: a group whose members may go through the root and look into the run
    ///   directory; nil: none. Keys and identities stay ours.
    package func prepare(for name: String, openTo group: UInt32? = nil) throws(Unusable) {
        for (path, mode) in [(root, UInt16(0o710)), (runDirectory, 0o750)] {
            do throws(Errno) {
                try SystemCall.makeDirectory(path)
                try SystemCall.isWritable(path)
                if let group { try SystemCall.give(path, to: group, mode: mode) }
            } catch {
                throw .failed(path: path, error)
            }
        }
        for path in [root, runDirectory, "\(root)/nodes", "\(root)/nodes/\(name)"] {
            guard let (owner, mode) = SystemCall.ownership(of: path) else { continue }
            let isOurs = Self.isGuarded(owner: owner, mode: mode, from: SystemCall.userID)
            guard isOurs else { throw .exposed(path: path, owner: owner, mode: mode) }
        }
    }

    /// Whether only `user` and root can write to a directory.
    package static func isGuarded(owner: UInt32, mode: UInt16, from user: UInt32) -> Bool {
        (owner == user || owner == 0) && mode & 0o022 == 0
    }

    /// The reason why a directory is not used.
    package enum Unusable: Error, Hashable, Sendable {
        /// It cannot be made or written. [IR-18]
        case failed(path: String, Errno)
        /// Others can write to it. [IR-28]
        case exposed(path: String, owner: UInt32, mode: UInt16)
    }
}
