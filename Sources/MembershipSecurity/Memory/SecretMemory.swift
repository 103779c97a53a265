/// Memory for secrets that change: one owner, wiped at its end.
///
/// The pages are guarded, kept out of core dumps, and locked against swapping as far as the limit
/// of the process (`ulimit -l`) allows. A value of this type cannot be copied, and so cannot be
/// printed either. Constant secrets are in `SecretBytes`, which can be shared.
package struct SecretMemory: ~Copyable, @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    /// False if the limit of locked memory was hit: the secret may then reach the swap device.
    package let isLocked: Bool

    /// All bytes zero. Takes four pages of address space: keep small secrets together.
    package init(count: Int) {
        precondition(count > 0)
        memory = Sodium.allocate(count)
        isLocked = Sodium.lock(memory)
        Sodium.wipe(memory)
    }

    deinit { Sodium.free(memory) }

    package var count: Int { memory.count }

    package func withBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeRawBufferPointer(memory))
    }

    package mutating func withMutableBytes<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try body(memory)
    }
}
