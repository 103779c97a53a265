import Foundation
import IridiumNode
import Testing

@Suite struct DataDirectoryTests {
    private func directory(
        option: String? = nil, userID: UInt32 = 1000, variables: [String: String] = [:],
        files: Set<String> = [], home: String? = nil,
        modes: [String: (owner: UInt32, mode: UInt16)] = [:]
    ) -> DataDirectory {
        DataDirectory(
            option: option,
            in: .init(
                userID: userID, variable: { variables[$0] }, exists: { files.contains($0) },
                home: home, ownership: { modes[$0] }))
    }

    @Test func `without HOME a user's data is where the list of users says, never here`() {
        #expect(directory(home: "/home/u").root == "/home/u/.local/state/iridium")
        #expect(directory().root.hasPrefix("/"))
    }

    @Test(arguments: [(0o2775, 0), (0o775, 0), (0o2770, 1000)])
    func `of a volume that a group can write to a private folder is used`(
        _ mode: UInt16, _ owner: UInt32
    ) {
        let volume = directory(option: "/v", modes: ["/v": (owner, mode)])
        #expect(volume.root == "/v/iridium" && volume.runDirectory == "/v/iridium/run")
        #expect(volume.givenRoot == "/v")
        let service = directory(
            variables: ["STATE_DIRECTORY": "/s", "RUNTIME_DIRECTORY": "/r"],
            modes: ["/s": (owner, mode), "/r": (owner, mode)])
        #expect(service.root == "/s/iridium" && service.runDirectory == "/r/iridium")
    }

    @Test(arguments: [(0o777, 0), (0o755, 0), (0o2775, 7)])
    func `a place that everybody or a stranger can write to is not made private by a folder`(
        _ mode: UInt16, _ owner: UInt32
    ) {
        #expect(directory(option: "/v", modes: ["/v": (owner, mode)]).root == "/v")
    }

    @Test func `a user's data is in the state directory of the user`() {
        let plain = directory(variables: ["HOME": "/home/u"])
        #expect(plain.root == "/home/u/.local/state/iridium")
        #expect(plain.runDirectory == "/home/u/.local/state/iridium/run")
        #expect(plain.clusterKeyPath == "/home/u/.local/state/iridium/cluster.key")
        let moved = directory(variables: ["HOME": "/home/u", "XDG_STATE_HOME": "/s/"])
        #expect(moved.root == "/s/iridium")
    }

    @Test func `root's data is where the documents have it`() {
        #expect(
            directory(userID: 0, variables: ["XDG_STATE_HOME": "/s"]).root == "/var/lib/iridium")
    }

    @Test func `the service manager's directories win over the user's`() {
        let service = directory(
            variables: [
                "STATE_DIRECTORY": "/var/lib/one:/var/lib/two", "RUNTIME_DIRECTORY": "/run/one",
                "XDG_RUNTIME_DIR": "/run/user/1000", "XDG_STATE_HOME": "/s",
            ])
        #expect(service.root == "/var/lib/one")
        #expect(service.runDirectory == "/run/one")
    }

    @Test func `the option wins over everything, sockets included`() {
        let chosen = directory(
            option: "/data/",
            variables: [
                "STATE_DIRECTORY": "/x", "RUNTIME_DIRECTORY": "/y", "XDG_RUNTIME_DIR": "/z",
            ])
        #expect(chosen.root == "/data")
        #expect(chosen.runDirectory == "/data/run")
        #expect(chosen.socketPath(of: "n1") == "/data/run/n1.sock")
    }

    @Test func `a credential is used where there is one`() {
        let variables = ["CREDENTIALS_DIRECTORY": "/run/credentials", "HOME": "/h"]
        let present = directory(variables: variables, files: ["/run/credentials/cluster.key"])
        #expect(present.clusterKeyPath == "/run/credentials/cluster.key")
        #expect(
            directory(variables: variables).clusterKeyPath == "/h/.local/state/iridium/cluster.key")
    }

    @Test func `what is made can be read by its owner alone`() throws {
        let folder = TemporaryFolder()
        let directory = DataDirectory(option: folder.path + "/deep/root")
        try directory.prepare(for: "n1")
        for path in [directory.root, directory.runDirectory] {
            #expect(SystemCall.ownership(of: path)?.mode == 0o700)
        }
    }

    @Test func `a group may look for sockets, and sees no key`() throws {
        let folder = TemporaryFolder()
        let directory = DataDirectory(option: folder.path + "/root")
        let group = UInt32(getegid())
        try directory.prepare(for: "n1", openTo: group)
        #expect(SystemCall.ownership(of: directory.root)?.mode == 0o710)
        #expect(SystemCall.ownership(of: directory.runDirectory)?.mode == 0o750)
        #expect(SystemCall.groupID(of: directory.runDirectory) == group)
        // Neither keeps the next start from using it.
        try directory.prepare(for: "n1", openTo: group)
        try directory.prepare(for: "n1")
    }

    @Test func `a place that cannot be made is named`() {
        let folder = TemporaryFolder()
        let file = folder.path + "/file"
        #expect(throws: Never.self) { try SystemCall.replace(file, with: []) }
        let error = #expect(throws: DataDirectory.Unusable.self) {
            try DataDirectory(option: file + "/root").prepare(for: "n1")
        }
        guard case .failed(path: file + "/root", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["", "/run", "/nodes", "/nodes/n1"], [0o777, 0o770, 0o1777] as [UInt16])
    func `a place to which others can write is refused and named`(_ place: String, _ mode: UInt16)
        throws
    {
        let folder = TemporaryFolder()
        let directory = DataDirectory(option: folder.path)
        try SystemCall.makeDirectory(folder.path + "/nodes/n1")
        try directory.prepare(for: "n1")
        let path = folder.path + place
        #expect(chmod(path, mode_t(mode)) == 0)
        #expect(
            throws: DataDirectory.Unusable.exposed(
                path: path, owner: SystemCall.userID, mode: mode)
        ) { try directory.prepare(for: "n1") }
        #expect(chmod(path, 0o755) == 0)
        try directory.prepare(for: "n1")
    }

    @Test func `a directory is guarded by its owner alone, or by root`() {
        for owner in [0, 1_000] as [UInt32] {
            #expect(DataDirectory.isGuarded(owner: owner, mode: 0o755, from: 1_000))
            #expect(!DataDirectory.isGuarded(owner: owner, mode: 0o775, from: 1_000))
            #expect(!DataDirectory.isGuarded(owner: owner, mode: 0o702, from: 1_000))
        }
        #expect(!DataDirectory.isGuarded(owner: 65_534, mode: 0o700, from: 1_000))
        #expect(!DataDirectory.isGuarded(owner: 1_000, mode: 0o700, from: 0))
    }
}
