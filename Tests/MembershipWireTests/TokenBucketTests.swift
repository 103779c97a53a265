import MembershipWire
import Testing

struct `Token buckets` {
    @Test func `a full bucket gives its burst and then what time brings`() {
        var bucket = TokenBucket(perSecond: 10, burst: 3)
        for _ in 0..<3 { #expect(take(&bucket, at: .seconds(5))) }
        #expect(!take(&bucket, at: .seconds(5)))
        #expect(!take(&bucket, at: .milliseconds(5_099)))
        #expect(take(&bucket, at: .milliseconds(5_100)))
        #expect(!take(&bucket, at: .milliseconds(5_100)))
    }

    @Test func `what is asked for in small steps adds up to the same`() {
        var bucket = TokenBucket(perSecond: 7)
        var taken = 0
        for step in 0..<10_000 where take(&bucket, at: .milliseconds(step)) { taken += 1 }
        #expect(taken == 7 + 69)
    }

    @Test func `more than is there is not taken in part`() {
        var bucket = TokenBucket(perSecond: 5)
        #expect(!take(&bucket, 6, at: .zero))
        #expect(take(&bucket, 5, at: .zero))
    }

    @Test func `the wait is exactly as long as it takes`() {
        var bucket = TokenBucket(perSecond: 3)
        #expect(take(&bucket, 3, at: .seconds(1)))
        let wait = wait(&bucket, for: 2, at: .seconds(1))
        #expect(!take(&bucket, 2, at: .seconds(1) + wait - .nanoseconds(1)))
        #expect(take(&bucket, 2, at: .seconds(1) + wait))
        #expect(self.wait(&bucket, for: 1_000, at: .seconds(9)) == .zero)
    }

    @Test func `a clock that stands still or jumps far changes nothing it should not`() {
        var bucket = TokenBucket(perSecond: 1_000_000)
        #expect(take(&bucket, 1_000_000, at: .zero))
        #expect(!take(&bucket, at: .zero))
        #expect(take(&bucket, 1_000_000, at: .seconds(Int64.max / 2)))
        #expect(!take(&bucket, at: .seconds(1)))
    }

    private func take(_ bucket: inout TokenBucket, _ count: Int = 1, at now: Duration) -> Bool {
        bucket.take(count, at: now)
    }

    private func wait(
        _ bucket: inout TokenBucket, for count: Int, at now: Duration
    ) -> Duration {
        bucket.wait(for: count, at: now)
    }
}
