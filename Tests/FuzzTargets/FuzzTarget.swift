import Synchronization

/// The places where bytes of others come in, each as a function of bytes that must not trap.
///
/// libFuzzer calls them with inputs of its own making (`scripts/fuzz/run-wire`), the tests with those
/// that were worth keeping (`Tests/FuzzCorpusTests`). Beside not trapping each checks what must hold:
/// what was read is written as it was, what was changed is refused.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// Datagrams at the gate: as they are, and as somebody makes them who has every key, with MACs that
    /// fit a changed header or do not.
    case gate
    /// Plaintexts of datagrams and of streams.
    case codec
    /// Cores, names, addresses.
    case record
    /// Messages of a handshake, at either end.
    case noise
    /// The bytes of a connection, in pieces.
    case framing
    /// Files of secrets and state.
    case file
    /// Conversations with a node.
    case core

    package func run(_ input: [UInt8]) {
        switch self {
        case .gate: GateFuzzing.shared.withLock { $0.run(input) }
        case .codec: CodecFuzzing.run(input)
        case .record: RecordFuzzing.run(input)
        case .noise: NoiseFuzzing.run(input)
        case .framing: FramingFuzzing.run(input)
        case .file: FileFuzzing.shared.withLock { $0.run(input) }
        case .core: CoreFuzzing.run(input)
        }
    }

    /// Which refusals, and what else, the gate of `gate` has come to so far.
    package static var reachedAtTheGate: [String] { GateFuzzing.shared.withLock { $0.reached } }
}

/// Bytes of an input from front to back; zeros when they are used up.
struct InputReader {
    private var rest: ArraySlice<UInt8>

    init(_ input: [UInt8]) { rest = input[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func number(bytes count: Int) -> UInt64 {
        (0..<count).reduce(0) { number, _ in number << 8 | UInt64(byte()) }
    }

    mutating func take(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func takeRest() -> [UInt8] { take(rest.count) }
}
