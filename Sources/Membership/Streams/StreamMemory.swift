internal import MembershipCore

/// The bytes that several streams together have brought and may still hold in memory.
///
/// A peer list of invented members is kept until its end, which may never come: sixty streams, each
/// within its own bounds, were four gigabytes. So there is one limit for all streams that others have
/// opened, and one for all that this node has opened. When it is reached, the stream that has brought
/// the most ends. The bytes of a favoured stream count for less, but they count: any member can state
/// any address, so a stream that never ends for another one would keep all others out.
///
/// Invariant: `total` is the sum over `streams`, and at most `limit` after every call.
struct StreamMemory {
    let limit: Int
    /// A stream that is not favoured ends as if it had brought this many times its bytes.
    let favour: Int
    private var streams: [StreamID: Share] = [:]
    private(set) var total = 0

    private struct Share {
        var bytes: Int
        let factor: Int
    }

    init(limit: Int, favour: Int) {
        self.limit = limit
        self.favour = favour
    }

    /// Counts bytes that a stream has brought. Returns the streams that must end for it, perhaps
    /// this one.
    mutating func received(
        _ bytes: Int, on id: StreamID, isFavoured: @autoclosure () -> Bool
    ) -> [StreamID] {
        streams[id, default: Share(bytes: 0, factor: isFavoured() ? 1 : favour)].bytes += bytes
        total += bytes
        var ended: [StreamID] = []
        while total > limit, let greatest = greatest {
            _ = self.ended(greatest)
            ended.append(greatest)
        }
        return ended
    }

    /// A stream is over, and its bytes are free. Returns their number.
    mutating func ended(_ id: StreamID) -> Int {
        guard let share = streams.removeValue(forKey: id) else { return 0 }
        total -= share.bytes
        return share.bytes
    }

    /// Ids break a tie, so that the order of a dictionary decides nothing.
    private var greatest: StreamID? {
        streams.max { a, b in
            let (first, second) = (a.value.bytes * a.value.factor, b.value.bytes * b.value.factor)
            return first != second ? first < second : a.key > b.key
        }?.key
    }
}
