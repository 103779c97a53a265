import MembershipSimulator
import Testing

@Suite struct EventQueueTests {
    @Test func `events come out by time, and in the order of scheduling at one time`() {
        var random = SeededRandom(seed: 3)
        var queue = EventQueue<Int>()
        var expected: [(time: Int64, number: Int)] = []
        for number in 0..<500 {
            let time = Int64(random.below(50))
            queue.schedule(number, at: WorldInstant(nanoseconds: time))
            expected.append((time, number))
        }
        expected.sort { ($0.time, $0.number) < ($1.time, $1.number) }
        var numbers: [Int] = []
        while let (_, number) = queue.popNext(through: .endOfTime) { numbers.append(number) }
        #expect(numbers == expected.map(\.number))
    }

    @Test func `what is due later stays`() {
        var queue = EventQueue<String>()
        queue.schedule("later", at: WorldInstant(nanoseconds: 5))
        #expect(queue.popNext(through: WorldInstant(nanoseconds: 4)) == nil)
        #expect(queue.popNext(through: WorldInstant(nanoseconds: 5))?.1 == "later")
        #expect(queue.nextTime == nil)
    }
}
