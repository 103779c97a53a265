import MembershipWire
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
        @Test func `a forked process does not repeat its parent's hedges`() throws {
            var source = HedgeSource(.random)
            _ = source.draw()
            let theirs = try inForkedChild { source.draw() }
            #expect(theirs != 0)
            #expect(theirs != source.draw())
        }

        @Test func `a gate seals nothing in a forked process and goes on in its parent`() throws {
            var gate = FrameGate(secrets: Golden.secrets, boot: Golden.a.boot)
            var frame = [UInt8](repeating: 0, count: 1_328)
            func seal() -> SealError? {
                frame.withUnsafeMutableBytes { frame in
                    Golden.plaintext.withUnsafeBytes { plaintext in
                        do throws(SealError) {
                            _ = try gate.seal(
                                plaintext, sequence: 1, to: Golden.b.boot.id,
                                bootKey: Golden.b.boot.publicKey, into: frame)
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
            }
            #expect(seal() == nil)
            #expect(try inForkedChild { seal() == .forked ? 1 : 2 } == 1)
            #expect(seal() == nil)
        }

        @Test func `a stream seals nothing in a forked process and goes on in its parent`() throws {
            var cipher = NoiseCipher()
            [UInt8](repeating: 7, count: 32).withUnsafeBytes { cipher.setKey($0) }
            var transport = NoiseTransport(sending: cipher, receiving: NoiseCipher())
            func seal() -> NoiseError? {
                var output: [UInt8] = []
                return Golden.plaintext.withUnsafeBytes { plaintext in
                    do throws(NoiseError) {
                        try transport.seal(plaintext, appendingTo: &output)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            #expect(seal() == nil)
            #expect(try inForkedChild { seal() == .forked ? 1 : 2 } == 1)
            #expect(seal() == nil)
        }

        /// What `body` returns in a copy of this process. Swift hides `fork`, because little is safe in
        /// the child; drawing and sealing is.
        private func inForkedChild(_ body: () -> UInt64) throws -> UInt64 {
            typealias Fork = @convention(c) () -> pid_t
            let symbol = try #require(dlsym(nil, "fork"))
            let fork = unsafeBitCast(symbol, to: Fork.self)
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            let child = fork()
            if child == 0 {
                var answer = body()
                _exit(write(ends[1], &answer, 8) == 8 ? 0 : 1)
            }
            try #require(child > 0)
            close(ends[1])
            defer { close(ends[0]) }
            var answer: UInt64 = 0
            #expect(read(ends[0], &answer, 8) == 8)
            var status: Int32 = 0
            #expect(waitpid(child, &status, 0) == child)
            #expect(status == 0)
            return answer
        }
    #endif
}
