/// The content of a state file: a line that names its kind, a body, and a hash of everything before
/// it, which reveals damage.
import MembershipWire

struct CheckedContent: Sendable {
    private let kind: String
    private let head: [UInt8]
    private let derivation: Derivation

    /// Bytes that are not part of the body.
    var overheadBytes: Int { head.count + Self.hashBytes }

    private static let hashBytes = 32

    /// The first line is `kind` and the version, 1.
    init(kind: String, _ derivation: Derivation) {
        self.kind = kind
        self.derivation = derivation
        head = Array("\(kind)-1\n".utf8)
    }

    func encode(_ body: [UInt8]) -> [UInt8] {
        let bytes = head + body
        return bytes + hash(of: bytes)
    }

    /// The body, if it consists of rows of `rowBytes` bytes each.
    func decode(_ bytes: [UInt8], rowBytes: Int = 1) throws(FileDamage) -> [UInt8] {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.starts(with: head) else { throw .otherKind(expected: kind) }
        let count = bytes.count - overheadBytes
        guard count >= 0, count.isMultiple(of: rowBytes) else { throw .malformed }
        let end = head.count + count
        guard Array(bytes[end...]) == hash(of: Array(bytes[..<end])) else { throw .checkMismatch }
        return Array(bytes[head.count..<end])
    }

    private func hash(of bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { derivation.octets($0, as: Octets32.self) }.bytes
    }
}
