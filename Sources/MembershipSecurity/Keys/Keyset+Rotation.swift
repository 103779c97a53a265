/// The three steps of a rotation: each makes the keyset of the next version.
///
///     settled [old]  ─▶  installed [old, new]  ─▶  switched [new, old]  ─▶  settled [new]
///
/// A rotation that began is always finished: from `installed` and `switched` there is only one way
/// on, whichever member takes it.
package import MembershipWire

extension Keyset {
    /// The next step, signed by `author`.
    ///
    /// - Parameters:
    ///   - unixSeconds: now. Keys whose retirement has ended are dropped.
    ///   - grace: number of seconds during which the old key may be used to fetch the new one. 0:
    ///     not at all, and the grace of every key that was retired before ends too.
    /// - Throws: `.keysetVersionOutOfRange` if there is no next version.
    package func next(
        by author: NodeIdentity, in cluster: ClusterID, at unixSeconds: UInt64, grace: UInt64
    ) throws(WireError) -> Keyset {
        var parts = Parts(
            version: version + 1, stage: .settled, keys: keyring.keys,
            retired: retired(at: unixSeconds))
        switch stage {
        case .settled:
            parts.stage = .installed
            parts.keys.append(makeKey(besides: parts))
        case .installed:
            guard let new = parts.keys.popLast() else { throw .badKeyCount }
            parts.stage = .switched
            parts.keys.insert(new, at: 0)
        case .switched:
            let old = parts.keys.dropFirst()
            parts.keys = Array(parts.keys.prefix(1))
            if grace > 0 {
                let until = min(unixSeconds + grace, Self.untilLimit - 1)
                parts.retired += old.map { RetiredKey($0, until: until) }
            } else {
                parts.retired = []
            }
            // If there are too many, those with the earliest end are dropped.
            parts.retired.sort { $0.until < $1.until }
            parts.retired = parts.retired.suffix(Bounds.retiredKeys.upperBound)
        }
        return try Keyset(parts, by: author, in: cluster)
    }

    /// A fresh key whose id differs from all others; one in 65,536 would not.
    private func makeKey(besides parts: Parts) -> ClusterKey {
        let taken = Set(parts.keys.map(\.id) + parts.retired.map(\.key.id))
        while true {
            let key = ClusterKey.random()
            if !taken.contains(key.id) { return key }
        }
    }
}
