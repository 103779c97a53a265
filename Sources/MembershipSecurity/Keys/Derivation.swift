/// `H`: the derivation of every key, id and hash of the wire. Specs/Wire.md, section 1.
///
/// BLAKE2b-256 over a label of 16 bytes and the arguments, keyed or not, truncated to the requested
/// length. The label names the purpose of the result, so that no two uses can ever be exchanged.
import MembershipWire

enum Derivation: String {
    case clusterID = "IR1 cid"
    case keyID = "IR1 kid"
    case fingerprint = "IR1 fingerprint"
    case frameKey = "IR1 frame"
    case macKey = "IR1 mac1"
    case nodeID = "IR1 nid"
    case bootID = "IR1 bid"
    case core = "IR1 core"
    case entries = "IR1 entries"
    case clusterDirection = "IR1 cluster"
    case pairDirection = "IR1 pair"
    case relay = "IR1 relay"
    case noise = "IR1 noise"
    case memberFile = "IR1 members"
    case keyset = "IR1 keyset"
    case entitledFile = "IR1 entitled"
    case incarnationFile = "IR1 incarnation"
    case place = "IR1 place"

    private static let labelBytes = 16
    private static let hashBytes = 32

    /// The first `output.count` bytes (at most 32) of the hash of the concatenated arguments.
    func hash(
        key: UnsafeRawBufferPointer = .empty, _ first: UnsafeRawBufferPointer = .empty,
        _ second: UnsafeRawBufferPointer = .empty, _ third: UnsafeRawBufferPointer = .empty,
        into output: UnsafeMutableRawBufferPointer
    ) {
        let inputBytes = Self.labelBytes + first.count + second.count + third.count
        withUnsafeTemporaryAllocation(byteCount: inputBytes + Self.hashBytes, alignment: 16) {
            scratch in
            // Arguments and result may be secret: none of their bytes stay on the stack.
            defer { Sodium.wipe(scratch) }
            scratch.initializeMemory(as: UInt8.self, repeating: 0)
            scratch.copyBytes(from: rawValue.utf8)
            var end = Self.labelBytes
            for argument in [first, second, third] {
                scratch.part(end..<end + argument.count).copyMemory(from: argument)
                end += argument.count
            }
            let result = scratch.part(inputBytes..<scratch.count)
            Sodium.blake2b(
                UnsafeRawBufferPointer(scratch.part(0..<inputBytes)), key: key, into: result)
            output.copyMemory(from: UnsafeRawBufferPointer(result.part(0..<output.count)))
        }
    }
}

extension Derivation {
    /// The same as a value, for results that are not secret.
    func octets<T: Octets>(
        key: UnsafeRawBufferPointer = .empty, _ first: UnsafeRawBufferPointer = .empty,
        _ second: UnsafeRawBufferPointer = .empty, as type: T.Type = T.self
    ) -> T {
        T(filling: { hash(key: key, first, second, into: $0) })
    }

    /// The first eight bytes as a number: ids.
    func number(of argument: UnsafeRawBufferPointer) -> UInt64 {
        octets(argument, as: Octets32.self).prefix
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes at `range`, as a buffer that starts at 0.
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }
}

extension UnsafeMutableRawBufferPointer {
    /// The bytes at `range`, as a buffer that starts at 0.
    func part(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: self[range])
    }
}
