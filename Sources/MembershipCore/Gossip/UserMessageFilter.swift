import MembershipWire

/// Which messages of one member are new.
///
/// A sequence is the incarnation of the origin in its upper half, and in the lower a counter that goes on as
/// long as the process runs and begins anywhere. Both only rise within a life, so a message of a higher
/// incarnation whose counter is not a little higher begins another life, and nothing of the former one is new
/// any more. Within a life the counter alone decides: a window of 1,024.
///
/// A message that was sent before we knew the member is not new either. The list that told us of the member says how far
/// its messages had come; where it does not, the incarnation of its record does.
///
/// Invariant: at most one entry a member of the view; 128 bytes of window only for one that was heard here.
struct UserMessageFilter: Sendable {
    private struct Sequence: Sendable {
        let incarnation: UInt32
        let counter: UInt32

        init(_ number: UInt64) {
            incarnation = UInt32(number >> 32)
            counter = UInt32(truncatingIfNeeded: number)
        }

        var number: UInt64 { UInt64(incarnation) << 32 | UInt64(counter) }
    }

    private struct Origin: Sendable {
        /// Nothing of an incarnation below this is new.
        var floor: UInt32 = 0
        /// Nil before the first message.
        var highest: Sequence?
        /// Bit `n` of the words together: the message `n` before the highest. Empty: all were.
        var seen: [UInt64] = []
    }

    static let window = 1_024

    private var origins: [NodeID: Origin] = [:]
    private var counter: UInt32?

    // MARK: Our own

    /// Rises over restarts too, because the incarnation does.
    mutating func nextSequence(of own: MemberRecord) -> UInt64 {
        // Two lives must not be near each other.
        let next = counter ?? UInt32(truncatingIfNeeded: mixed(own.boot.value)) >> 1
        counter = next &+ 1
        let sequence = UInt64(Self.half(of: own.incarnation)) << 32 | UInt64(next)
        origins[own.id] = Origin(highest: Sequence(sequence))
        return sequence
    }

    private static func half(of incarnation: Incarnation) -> UInt32 {
        UInt32(truncatingIfNeeded: incarnation.number & 0x7FFF_FFFF)
    }

    // MARK: Messages that others have heard

    /// The greatest sequence that was heard of a member, for lists.
    func highest(of origin: NodeID) -> UInt64? { origins[origin]?.highest?.number }

    /// A member that we have just heard of, or another process of it.
    ///
    /// - Parameter isOver: it has left or is dead: nothing of that life is new.
    mutating func begin(_ record: MemberRecord, isOver: Bool) {
        // Beyond 31 bits the halves say nothing of what came first.
        guard record.incarnation.number < 0x7FFF_FFFF else { return forget(record.id) }
        origins[record.id] = Origin(floor: Self.half(of: record.incarnation) + (isOver ? 1 : 0))
    }

    /// A list says how far the messages of a member have come. It counts as long as we have heard none, and
    /// unless it is ahead of the member itself: then it would silence the member.
    mutating func note(heard number: UInt64, of origin: MemberRecord) {
        let sequence = Sequence(number)
        guard origins[origin.id]?.highest == nil,
            sequence.incarnation <= Self.half(of: origin.incarnation)
        else { return }
        origins[origin.id] = Origin(floor: sequence.incarnation, highest: sequence)
    }

    // MARK: Messages

    func isNew(_ number: UInt64, from origin: NodeID) -> Bool {
        let sequence = Sequence(number)
        guard let known = origins[origin] else { return true }
        guard sequence.incarnation >= known.floor else { return false }
        guard let highest = known.highest else { return true }
        guard sequence.counter <= highest.counter else {
            return sequence.incarnation >= highest.incarnation
        }
        if sequence.incarnation > highest.incarnation { return true }
        let age = Int(highest.counter - sequence.counter)
        guard age < Self.window, !known.seen.isEmpty else { return false }
        return known.seen[age / 64] & (1 << (age % 64)) == 0
    }

    /// A message that is new has come.
    mutating func note(_ number: UInt64, from id: NodeID) {
        let sequence = Sequence(number)
        var origin = origins[id] ?? Origin()
        defer { origins[id] = origin }
        guard let highest = origin.highest else {
            return Self.begin(&origin, with: sequence)
        }
        if sequence.counter > highest.counter {
            let step = Int(sequence.counter - highest.counter)
            guard step < Self.window else { return Self.begin(&origin, with: sequence) }
            // All messages up to the number in a list count as heard: gaps are possible only after it.
            if origin.seen.isEmpty {
                origin.seen = Array(repeating: .max, count: Self.window / 64)
            }
            origin.seen = Self.shifted(origin.seen, by: step)
            origin.seen[0] |= 1
            origin.highest = sequence
        } else if sequence.incarnation > highest.incarnation {
            Self.begin(&origin, with: sequence)
        } else {
            let age = Int(highest.counter - sequence.counter)
            origin.seen[age / 64] |= 1 << (age % 64)
        }
    }

    /// Another life, or the first message that we hear: messages sent just before may still come.
    private static func begin(_ origin: inout Origin, with sequence: Sequence) {
        if origin.highest != nil { origin.floor = sequence.incarnation }
        origin.highest = sequence
        origin.seen = Array(repeating: 0, count: window / 64)
        origin.seen[0] = 1
    }

    private static func shifted(_ words: [UInt64], by step: Int) -> [UInt64] {
        let (whole, bits) = (step / 64, step % 64)
        return words.indices.map { index in
            let source = index - whole
            guard source >= 0 else { return 0 }
            let low = words[source] << bits
            return bits > 0 && source > 0 ? low | words[source - 1] >> (64 - bits) : low
        }
    }

    mutating func forget(_ origin: NodeID) { origins[origin] = nil }
}
