internal import MembershipCore

/// The bytes that all inbound streams together have brought and may still hold in memory.
///
/// A peer list of invented members is kept until its end, which may never come: sixty streams, each
/// within its own bounds, were four gigabytes. So there is one limit for all of them. When it is
/// reached, the stream that has brought the most ends, one from an address of no member first:
/// honest lists are short or come from members.
///
/// Invariant: `total` is the sum over `streams`, and at most `limit` after every call.
struct InboundMemory {
    let limit: Int
    private var streams: [StreamID: Share] = [:]
    private(set) var total = 0

    private struct Share {
        var bytes: Int
        let isOfMember: Bool
    }

    init(limit: Int) { self.limit = limit }

    /// Counts bytes that a stream has brought. Returns the streams that must end for it, perhaps
    /// this one.
    mutating func received(
        _ bytes: Int, on id: StreamID, isOfMember: @autoclosure () -> Bool
    ) -> [StreamID] {
        streams[id, default: Share(bytes: 0, isOfMember: isOfMember())].bytes += bytes
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
            if a.value.isOfMember != b.value.isOfMember { return a.value.isOfMember }
            if a.value.bytes != b.value.bytes { return a.value.bytes < b.value.bytes }
            return a.key > b.key
        }?.key
    }
}
