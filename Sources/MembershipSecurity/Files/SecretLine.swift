/// The only line in the file of a secret: its kind, the secret, and a check that people can
/// compare.
///
///     iridium-key-1 <64 hexadecimal digits> <fingerprint, 8 digits>
///     iridium-identity-1 <64 hexadecimal digits> <node id, 16 digits>
///
/// Strict: single spaces, lower case, one line feed at the end or none. The check is derived from
/// the secret, so a changed character is noticed, and people compare two files by `cut -d' ' -f3`.
struct SecretLine: Sendable {
    /// "iridium-key" or "iridium-identity".
    let kind: String
    private static let version = "1"
    private static let secretBytes = 32

    private var prefix: [UInt8] { Array("\(kind)-\(Self.version) ".utf8) }

    func encode(_ secret: SecretBytes, check: String) -> SecretBytes {
        let (prefix, suffix) = (prefix, Array(" \(check)\n".utf8))
        let digits = 2 * secret.count
        return SecretBytes(count: prefix.count + digits + suffix.count) { line in
            line.copyBytes(from: prefix)
            secret.withBytes { secret in
                // One byte more than the digits, for the zero that the suffix then overwrites.
                let room = line.part(prefix.count..<prefix.count + digits + 1)
                Sodium.writeHexadecimal(of: secret, into: room)
            }
            line.part(prefix.count + digits..<line.count).copyBytes(from: suffix)
        }
    }

    /// `make` builds the value from its secret and returns the expected check.
    func decode<Value>(
        _ line: UnsafeRawBufferPointer,
        make: (SecretBytes) -> (value: Value, check: String)?
    ) throws(FileDamage) -> Value {
        let prefix = prefix
        guard line.starts(with: prefix) else {
            guard line.starts(with: "\(kind)-".utf8) else { throw .otherKind(expected: kind) }
            throw .otherVersion(expected: Self.version)
        }
        let digits = 2 * Self.secretBytes
        guard line.count > prefix.count + digits else { throw .malformed }
        let words = line.part(prefix.count..<line.count)
        let secret = try Self.decodeSecret(words.part(0..<digits))
        guard let (value, check) = make(secret) else { throw .malformed }

        let rest = Array(words.part(digits..<words.count))
        let expected = Array(" \(check)".utf8)
        let found = rest.last == UInt8(ascii: "\n") ? Array(rest.dropLast()) : rest
        guard found.count == expected.count, found.first == expected.first,
            found.dropFirst().allSatisfy(Self.isDigit)
        else { throw .malformed }
        guard found == expected else { throw .checkMismatch }
        return value
    }

    private static func decodeSecret(
        _ digits: UnsafeRawBufferPointer
    ) throws(FileDamage) -> SecretBytes {
        guard digits.allSatisfy(isDigit) else { throw .malformed }
        return try SecretBytes(count: secretBytes) { (output) throws(FileDamage) in
            guard Sodium.readHexadecimal(digits, into: output) else { throw .malformed }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
