internal import MembershipCore
internal import MembershipSecurity
import MembershipWire

/// The keys of a cluster, and their replacement while it runs.
extension Cluster {
    /// How long a retired key may be used to fetch the new one: from zero to 30 days.
    public static let graceOfRetiredKeys: ClosedRange<Duration> = .zero ... .seconds(30 * 86_400)

    /// The keys of this node, and the keyrings that the other members show; nil unless it runs.
    public func keyring() async -> KeyringStatus? { await handle?.get { $0.makeKeyringStatus() } }

    /// Replaces the cluster key on all members, without a moment in which two of them cannot
    /// communicate.
    ///
    /// There are three stages, and every living member confirms each before the next begins: the
    /// new key is installed beside the old one; the new one seals; the old one is retired. A
    /// rotation that began earlier, here or on another member, is finished, and then no new key is
    /// made.
    ///
    /// - Parameters:
    ///   - grace: how long a member that is away now may fetch the new key by the old one. Zero
    ///     means not at all, which is right if the old key has leaked.
    ///   - absent: members that the rotation does not wait for. They return by the old key.
    ///   - patience: how long a stage waits for members that do not confirm.
    ///   - progress: called from any thread.
    public func rotateKeys(
        grace: Duration = .seconds(7 * 86_400), without absent: [NodeAlias] = [],
        patience: Duration = .seconds(30),
        progress: @escaping @Sendable (KeyRotationProgress) -> Void = { _ in }
    ) async throws(KeyRotationError) -> KeyRotationReport {
        guard Self.graceOfRetiredKeys.contains(grace) else { throw .graceOutOfRange(grace) }
        guard let handle = await handle else { throw .notRunning }
        let began = await handle.get { $0.beginRotation() }
        guard let began else { throw .notRunning }
        guard began else { throw .underWay }
        defer { handle.run { $0.endRotation() } }
        let rotation = KeyRotation(
            handle: handle, graceSeconds: UInt64(max(0, grace.components.seconds)), absent: absent,
            patience: patience, progress: progress)
        return try await rotation.run()
    }
}
