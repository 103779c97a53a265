/// The future events: a binary heap ordered by time, then by the order of scheduling.
///
/// The second key makes the order total, so that two events of one instant never depend on how the
/// heap was built. Keys are small and move; payloads stay where they are.
package struct EventQueue<Payload> {
    private struct Key {
        var time: WorldInstant
        var order: UInt64
        var slot: Int

        func precedes(_ other: Key) -> Bool {
            time == other.time ? order < other.order : time < other.time
        }
    }

    private var heap: [Key] = []
    private var payloads: [Payload?] = []
    private var freeSlots: [Int] = []
    private var scheduled: UInt64 = 0

    package init() {}

    package var count: Int { heap.count }

    /// The time of the next event.
    package var nextTime: WorldInstant? { heap.first?.time }

    package mutating func schedule(_ payload: consuming Payload, at time: WorldInstant) {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            payloads[slot] = payload
        } else {
            slot = payloads.count
            payloads.append(payload)
        }
        heap.append(Key(time: time, order: scheduled, slot: slot))
        scheduled += 1
        siftUp(from: heap.count - 1)
    }

    /// The next event, if it is due at or before `limit`.
    package mutating func popNext(through limit: WorldInstant) -> (time: WorldInstant, Payload)? {
        guard let first = heap.first, first.time <= limit else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        freeSlots.append(first.slot)
        guard let payload = payloads[first.slot].take() else { return nil }
        return (first.time, payload)
    }

    private mutating func siftUp(from start: Int) {
        let moving = heap[start]
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard moving.precedes(heap[parent]) else { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = moving
    }

    private mutating func siftDown() {
        let moving = heap[0]
        let count = heap.count
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < count else { break }
            if child + 1 < count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(moving) else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = moving
    }
}

extension EventQueue: Sendable where Payload: Sendable {}
