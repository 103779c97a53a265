/// A secret that stays as it is, shared by all who need it and wiped when the last one lets go.
///
/// A class, because key memory has identity: copies of a secret are what must not exist. Printing,
/// interpolating, dumping or reflecting it shows its size only.
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

    /// A copy of bytes that are public knowledge: fixtures. At least one byte.
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
    /// In time that depends on the length alone.
    package static func == (a: SecretBytes, b: SecretBytes) -> Bool {
        a.withBytes { left in b.withBytes { right in Sodium.areEqual(left, right) } }
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<\(count) secret bytes>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
