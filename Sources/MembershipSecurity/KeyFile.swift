/// The file that makes nodes one cluster: a cluster key, readable by its owner alone.
///
/// All functions throw `SecretFileError` and then leave the file as it was. A path of "-" reads from
/// standard input to its end: keys never come by argument or environment, where others see them.
package enum KeyFile {
    private static let line = SecretLine(kind: "iridium-key")

    package static func read(_ path: String) throws(SecretFileError) -> ClusterKey {
        try SecretFile.read(path) { (content) throws(FileDamage) in
            try line.decode(content) { secret in
                ClusterKey(secret).map { ($0, $0.fingerprint) }
            }
        }
    }

    /// Writes a key under a name that is not taken; throws `.exists` if it is.
    package static func create(_ path: String, _ key: ClusterKey) throws(SecretFileError) {
        try SecretFile.create(path, content: line.encode(key.secret, check: key.fingerprint))
    }

    /// Writes a key in place of the one that is there.
    package static func replace(_ path: String, _ key: ClusterKey) throws(SecretFileError) {
        try SecretFile.replace(path, content: line.encode(key.secret, check: key.fingerprint))
    }

    /// The key in the file; a new one if there is no file. All who call this at the same time get
    /// the same key.
    package static func readOrCreate(
        _ path: String
    ) throws(SecretFileError) -> (key: ClusterKey, isNew: Bool) {
        let (value, isNew) = try SecretFile.readOrCreate(
            path, read: read, make: ClusterKey.random, create: create)
        return (value, isNew)
    }
}
