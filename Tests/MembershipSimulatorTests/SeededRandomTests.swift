import MembershipSimulator
import Testing

@Suite struct SeededRandomTests {
    @Test func `the same seed and label give the same numbers on every machine`() {
        var random = SeededRandom(seed: 42)
        #expect(
            (0..<3).map { _ in random.next() } == [
                1_546_998_764_402_558_742, 6_990_951_692_964_543_102, 12_544_586_762_248_559_009,
            ])
    }

    @Test func `labels and indices split one seed into unlike streams`() {
        var streams = [
            SeededRandom(seed: 1, label: "network"), SeededRandom(seed: 1, label: "hosts"),
            SeededRandom(seed: 1, label: "hosts", index: 1), SeededRandom(seed: 2, label: "hosts"),
        ]
        var first: [UInt64] = []
        for index in streams.indices { first.append(streams[index].next()) }
        #expect(Set(first).count == streams.count)
    }

    @Test func `a chance of one in five comes up about one time in five`() {
        var random = SeededRandom(seed: 7)
        let hits = (0..<10_000).filter { _ in random.chance(Probability(percent: 20)) }.count
        #expect((1_900...2_100).contains(hits))
    }

    @Test func `a sample has no element twice`() {
        var random = SeededRandom(seed: 7)
        let sample = random.sample(5, of: Array(0..<8))
        #expect(Set(sample).count == 5)
        #expect(random.sample(9, of: [1, 2]).sorted() == [1, 2])
    }

    @Test func `probabilities are written without losing digits`() {
        #expect(Probability(percent: 20).text == "20 %")
        #expect(Probability(millionths: 5_000).text == "0.5 %")
        #expect(Probability(millionths: 1).text == "0.0001 %")
    }
}
