import Testing

@testable import MembershipCore

@Suite struct SeedPauseTests {
    @Test func `pauses double up to half a minute, a fifth more or less`() {
        var pause = SeedPause(.lan)
        for expected in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            let low = Duration.milliseconds(expected * 4 / 5)
            #expect(pause.next() == low...low * 3 / 2)
        }
    }

    @Test func `a busy seed is asked again much sooner, and later each time it is busy still`() {
        var pause = SeedPause(.lan)
        for low in [50, 100, 200, 400] as [Int64] {
            #expect(pause.next(isBusy: true) == .milliseconds(low) ... .milliseconds(low * 3))
        }
        #expect(pause.next() == .milliseconds(400) ... .milliseconds(600))
        #expect(pause.next(isBusy: true) == .milliseconds(50) ... .milliseconds(150))
    }
}
