import Membership
import Testing

@Suite(.timeLimit(.minutes(2)))
struct `Joining and leaving` {
    let world = World()

    @Test func `two members see each other`() async throws {
        let n1 = try await world.start("n1")
        let n2 = try await world.start("n2")
        let report = try await n2.join([n1.seed])
        #expect(report.members == 2)
        #expect(report.udpWorks)
        #expect(report.viewsAgree)
        #expect(report.seed == n1.seed.description)
        #expect(n2.members.map(\.name.text) == ["n1", "n2"])
        let seen = await n1.waitFor("n2", .alive)
        #expect(seen?.endpoint == n2.localMember.endpoint)
        await [n1, n2].leave()
    }

    @Test func `a leave is seen as left and not as a failure`() async throws {
        let clusters = try await world.start(["n1", "n2", "n3"])
        await clusters[2].leave()
        #expect(await clusters[0].waitFor("n3", .left) != nil)
        #expect(await clusters[1].waitFor("n3", .left) != nil)
        await clusters.leave()
    }
}
