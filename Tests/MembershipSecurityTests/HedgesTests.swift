import Testing

@testable import MembershipSecurity

#if os(Linux)
    import Glibc
#endif

struct HedgesTests {
    @Test func `hedges never repeat within and across pages`() {
        var source = HedgeSource(.random)
        let drawn = Set((0..<2_000).map { _ in source.draw() })
        #expect(drawn.count == 2_000)
    }

    @Test func `counted hedges follow each other`() {
        var source = HedgeSource(.counting(from: .max))
        #expect([source.draw(), source.draw(), source.draw()] == [.max, 0, 1])
    }

    #if os(Linux)
        /// Swift hides `fork`, because little is safe in the child; drawing and writing is.
        @Test func `a forked process does not repeat its parent's hedges`() throws {
            typealias Fork = @convention(c) () -> pid_t
            let symbol = try #require(dlsym(nil, "fork"))
            let fork = unsafeBitCast(symbol, to: Fork.self)
            var source = HedgeSource(.random)
            _ = source.draw()
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            let child = fork()
            if child == 0 {
                var hedge = source.draw()
                _exit(write(ends[1], &hedge, 8) == 8 ? 0 : 1)
            }
            try #require(child > 0)
            close(ends[1])
            defer { close(ends[0]) }
            var theirs: UInt64 = 0
            #expect(read(ends[0], &theirs, 8) == 8)
            var status: Int32 = 0
            #expect(waitpid(child, &status, 0) == child)
            #expect(status == 0)
            #expect(theirs != source.draw())
        }
    #endif
}
