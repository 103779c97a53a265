/// The file that makes nodes one cluster: its keys, readable by their owner alone.
///
/// One line holds the key of a cluster that never rotated it; more lines a keyset (`KeysetText`). All
/// functions throw `GuardedFileError` and then leave the file as it was. A path of "-" reads from
/// standard input to its end: keys never come by argument or environment, where others see them.
package enum KeyFile {
    /// More than the longest keyset takes.
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

    /// What a file with this key holds.
    package static func text(of key: ClusterKey) -> String {
        KeysetText.encode(Keyset(key)).withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes a key under a name that is not taken; throws `.exists` if it is.
    package static func create(_ path: String, _ key: ClusterKey) throws(GuardedFileError) {
        try GuardedFile.create(path, content: KeysetText.encode(Keyset(key)))
    }

    /// Writes a key in place of what is there.
    package static func replace(_ path: String, _ key: ClusterKey) throws(GuardedFileError) {
        try GuardedFile.replace(path, content: KeysetText.encode(Keyset(key)))
    }

    /// Brings the file up to `keyset` and says what it holds now: `keyset`, or something newer that
    /// another process has written. Nodes of one machine may share a file, so it is locked and read
    /// again first; a link stays, and what it points to is written. A file that is gone or damaged is
    /// not made anew: somebody should look at it.
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

    /// What is in the file; a new key if there is no file. All who call this at the same time get
    /// the same.
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
