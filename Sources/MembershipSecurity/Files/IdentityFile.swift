/// The file that makes a named node the same node after a restart: the seed of its identity.
///
/// It follows the rules of key files. A damaged file is reported and never replaced: a node that
/// took a new identity by itself would be a stranger with a known name.
import MembershipWire

package enum IdentityFile {
    private static let line = SecretLine(kind: "iridium-identity")

    package static func read(_ path: String) throws(GuardedFileError) -> NodeIdentity {
        try GuardedFile.read(path) { (content) throws(FileDamage) in
            try line.decode(content) { secret in
                NodeIdentity(seed: secret).map { ($0, $0.nodeID.description) }
            }
        }
    }

    /// Writes an identity under a name that is not taken; throws `.exists` if it is.
    package static func create(
        _ path: String, _ identity: NodeIdentity
    ) throws(GuardedFileError) {
        try GuardedFile.create(path, content: encode(identity))
    }

    /// Writes an identity and replaces the existing one.
    package static func replace(
        _ path: String, _ identity: NodeIdentity
    ) throws(GuardedFileError) {
        try GuardedFile.replace(path, content: encode(identity))
    }

    /// The identity in the file; a new one if there is no file.
    package static func readOrCreate(
        _ path: String
    ) throws(GuardedFileError) -> (identity: NodeIdentity, isNew: Bool) {
        let (value, isNew) = try GuardedFile.readOrCreate(
            path, read: read, make: NodeIdentity.random, create: create)
        return (value, isNew)
    }

    private static func encode(_ identity: NodeIdentity) -> SecretBytes {
        line.encode(identity.seed, check: identity.nodeID.description)
    }
}
