/// A constant secret, shared by all its users and wiped when the last one releases it.
///
/// It is a class, because key memory has identity: there must be no copies of a secret. Printing,
/// interpolating, dumping or reflecting it shows only its size.
package final class SecretBytes: @unchecked Sendable {
    // Unchecked: the memory is written during `init` and only read afterwards.
    private let memory: SecretMemory

    /// `fill` receives `count` zero bytes to write the secret into.
    package init<E: Error>(
        count: Int, filling fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        var memory = SecretMemory(count: count)
        try memory.withMutableBytes(fill)
        self.memory = memory
    }

    /// Unpredictable bytes.
    package static func random(count: Int) -> SecretBytes {
        SecretBytes(count: count) { Sodium.fillWithRandom($0) }
    }

    /// A copy of bytes that are public: fixtures. At least one byte.
    package convenience init(copying bytes: [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    package var count: Int { memory.count }
    package var isLocked: Bool { memory.isLocked }

    /// The secret, readable for the length of the call.
    package func withBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try memory.withBytes(body)
    }
}

extension SecretBytes: Equatable {
    /// Takes time that depends on the length alone.
    package static func == (a: SecretBytes, b: SecretBytes) -> Bool {
        a.withBytes { left in b.withBytes { right in Sodium.areEqual(left, right) } }
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<\(count) secret bytes>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
