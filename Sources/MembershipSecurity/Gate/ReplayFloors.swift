/// The remains of the replay windows that had to make room: for any sender, a number above which it
/// was not heard.
///
/// A window cannot simply be forgotten, or frames recorded earlier would be new again. And a note
/// for each forgotten sender would need endless memory. So the notes share a fixed table, as in a
/// count-min sketch. Each sender has one cell in each of four rows, a cell keeps the greatest
/// number of all its senders, and a sender's floor is the smallest of its four. Sharing can only
/// raise a floor, so a replay is never admitted. The price is that a new sender is refused if all
/// four of its cells are taken by others: after 1,000 evictions 1 in 80,000.
import MembershipWire

struct ReplayFloors: Sendable {
    static let rows = 4
    static let cellsPerRow = 16_384

    /// Empty until the first eviction: most nodes never need the 512 KiB.
    private var cells: [UInt64] = []
    /// The cells of a sender depend on the MAC key, so that no stranger can predict them.
    private let keys: FrameKeys

    init(keys: FrameKeys) { self.keys = keys }

    /// Everything from `boot` up to this sequence counts as seen; 0 if nothing does.
    func floor(of boot: BootID) -> UInt64 {
        guard !cells.isEmpty else { return 0 }
        return indices(of: boot).reduce(UInt64.max) { min($0, cells[$1]) }
    }

    /// Keeps the greatest sequence of a sender whose window is removed.
    mutating func raise(_ boot: BootID, to highest: UInt64) {
        if cells.isEmpty { cells = Array(repeating: 0, count: Self.rows * Self.cellsPerRow) }
        for index in indices(of: boot) { cells[index] = max(cells[index], highest) }
    }

    /// One index per row: 16 bits each from one keyed hash.
    private func indices(of boot: BootID) -> [Int] {
        let hash = withUnsafeBytes(of: boot.value.bigEndian) { boot in
            keys.withMACKey { Sodium.siphash(boot, key: $0) }
        }
        return (0..<Self.rows).map { row in
            let bits = Int(truncatingIfNeeded: hash >> UInt64(16 * row)) & (Self.cellsPerRow - 1)
            return row * Self.cellsPerRow + bits
        }
    }
}
