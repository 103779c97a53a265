/// The file that all nodes of a cluster have: its keys, which only their owner can read.
///
/// One line holds the key of a cluster that never rotated it; several lines hold a keyset
/// (`KeysetText`). All functions throw `GuardedFileError` and then leave the file unchanged. The
/// path "-" reads standard input to its end. Keys never come by argument or environment, which
/// other users can see.
package enum KeyFile {
    /// Longer than the longest keyset.
    private static let longestBytes = 2_048

    package static func readKeyset(_ path: String) throws(GuardedFileError) -> Keyset {
        try GuardedFile.read(path, atMost: longestBytes) { (content) throws(FileDamage) in
            try KeysetText.decode(content)
        }
    }

    /// The key that seals.
    package static func read(_ path: String) throws(GuardedFileError) -> ClusterKey {
        try readKeyset(path).keyring.primary
    }

    /// The content of a file with this key.
    package static func text(of key: ClusterKey) -> String {
        KeysetText.encode(Keyset(key)).withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes a key under a name that is not taken; throws `.exists` if it is.
    package static func create(_ path: String, _ key: ClusterKey) throws(GuardedFileError) {
        try GuardedFile.create(path, content: KeysetText.encode(Keyset(key)))
    }

    /// Writes a key and replaces the existing content.
    package static func replace(_ path: String, _ key: ClusterKey) throws(GuardedFileError) {
        try GuardedFile.replace(path, content: KeysetText.encode(Keyset(key)))
    }

    /// Brings the file up to `keyset` and returns its content afterwards: `keyset`, or a newer one
    /// that another process has written. Nodes on one machine may share a file, so it is locked and
    /// read again first. A link stays, and its target is written. A missing or damaged file is not
    /// made again: its owner should look at it.
    package static func update(
        _ path: String, to keyset: Keyset
    ) throws(GuardedFileError) -> Keyset {
        let path = GuardedFile.withoutLinks(path)
        let lock = try FileLock.waitForFolder(of: path)
        return try lock.during { () throws(GuardedFileError) in
            let present = try readKeyset(path)
            guard keyset.supersedes(present) else { return present }
            try GuardedFile.replace(path, content: KeysetText.encode(keyset))
            return keyset
        }
    }

    /// The content of the file; a new key if there is no file. Processes that call this at the same
    /// time get the same key.
    package static func readOrCreate(
        _ path: String
    ) throws(GuardedFileError) -> (keyset: Keyset, isNew: Bool) {
        let (value, isNew) = try GuardedFile.readOrCreate(
            path, read: readKeyset, make: { Keyset(.random()) },
            create: { (path, keyset) throws(GuardedFileError) in
                try create(path, keyset.keyring.primary)
            })
        return (value, isNew)
    }
}
