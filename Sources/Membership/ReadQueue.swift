/// The elements that one reader has yet to read, oldest first. An element that was read is let go at once, and
/// its place is cut off now and then: so a reader that is always a little behind holds no more than it has to read.
struct ReadQueue<Element: Sendable>: Sendable {
    private var slots: [Element?] = []
    private var head = 0

    init(_ elements: [Element] = []) { slots = elements }

    /// Elements that were not read.
    var count: Int { slots.count - head }
    /// Places in memory, of elements that were read too.
    var heldSlots: Int { slots.count }

    mutating func append(_ element: Element) { slots.append(element) }

    mutating func take() -> Element? {
        guard head < slots.count else { return nil }
        let element = slots[head].take()
        head += 1
        // Moves no more elements than were read since the last time.
        if head >= 64, head * 2 >= slots.count {
            slots.removeFirst(head)
            head = 0
        }
        return element
    }
}
