package import IridiumShell
import MembershipSecurity
import MembershipWire

/// The operations of the command line on key files. Keys are shown only by their fingerprints.
package enum KeyFiles {
    /// Makes a key and writes it; an existing file is replaced only if `mayReplace`. Returns the
    /// fingerprint: eight digits.
    package static func make(_ path: String, mayReplace: Bool) throws(IridiumError) -> String {
        let key = ClusterKey.random()
        do throws(GuardedFileError) {
            if mayReplace, SystemCall.exists(path) {
                try KeyFile.replace(path, key)
            } else {
                try KeyFile.create(path, key)
            }
        } catch {
            throw error.words
        }
        return key.fingerprint
    }

    /// A key that is in no file: the text of a key file, and the key's fingerprint.
    package static func makeText() -> (text: String, fingerprint: String) {
        let key = ClusterKey.random()
        return (KeyFile.text(of: key), key.fingerprint)
    }

    /// The fingerprint of the key in a file; "-" reads standard input.
    package static func fingerprint(of path: String) throws(IridiumError) -> String {
        try keyset(of: path).keyring.primary.fingerprint
    }

    private static func keyset(of path: String) throws(IridiumError) -> Keyset {
        do throws(GuardedFileError) {
            return try KeyFile.readKeyset(path)
        } catch {
            // Advice about its mode would be wrong for a file without a key.
            if case .exposed = error, isSomethingElse(path) {
                throw .keyMalformed(path: path, reason: "it is something else")
            }
            throw error.words
        }
    }

    /// Fails if a node of this cluster could not start with the key file.
    package static func check(_ path: String, cluster: String) throws(IridiumError) {
        let keyset = try keyset(of: path)
        guard keyset.version == 0 || keyset.isSigned(in: ClusterID(named: cluster)) else {
            throw .keyOfOtherCluster(path: path, cluster: cluster)
        }
    }

    /// Whether a file can be read and holds no key.
    static func isSomethingElse(_ path: String) -> Bool {
        (try? SystemCall.beginning(of: path, count: 4_096)).map { !SecretContent.isLikely($0) }
            ?? false
    }

    /// The node id that a named node will have; its identity is made if there is none. nil if that
    /// is not possible. Sixteen digits.
    package static func nodeID(of name: String, in directory: DataDirectory) -> String? {
        let path = directory.identityPath(of: name)
        guard let slash = path.lastIndex(of: "/") else { return nil }
        // A missing identity is for a person to replace, like a damaged one.
        guard SystemCall.exists(path) || !SystemCall.exists(path[..<slash] + "/incarnation") else {
            return nil
        }
        guard (try? SystemCall.makeDirectory(String(path[..<slash]))) != nil else { return nil }
        return (try? IdentityFile.readOrCreate(path))?.identity.nodeID.description
    }
}

extension GuardedFileError {
    fileprivate var words: IridiumError {
        switch self {
        case .missing(let path):
            .cannotRead(path: path, reason: "there is no such file")
        case .exists(let path): .alreadyExists(path: path, overwrite: "--force")
        case .cannotRead(let path, let error, let facts, let user):
            .keyUnreadable(
                path: path, reason: error.description,
                details: facts.map {
                    "it belongs to uid \($0.owner), mode 0\(String($0.mode, radix: 8)); "
                        + "this process has uid \(user)"
                })
        case .cannotWrite(let path, let error):
            .cannotWrite(
                path: path, reason: error.description,
                purpose: "the key would be written there", option: "--out FILE")
        case .notAFile(let path): .keyMalformed(path: path, reason: "it is not a file")
        case .foreignLink(let path, let owner, let user):
            .keyUnreadable(
                path: path, reason: "it is a link made by uid \(owner)",
                details: "this process has uid \(user)")
        case .foreignOwner(let path, let owner, let user):
            .keyUnreadable(
                path: path, reason: "it belongs to uid \(owner)",
                details: "this process has uid \(user)")
        case .exposed(let path, let mode, _): .keyExposed(path: path, mode: mode)
        case .damaged(let path, let damage): .keyMalformed(path: path, reason: "\(damage)")
        }
    }
}
