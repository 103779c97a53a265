import Foundation
import Testing

@testable import Membership
@testable import MembershipSecurity

extension `On loopback` {
    /// Settings that a running member takes anew.
    struct ReloadTests {
        private let world = World()

        @Test func `a member without seeds finds others once it is given one`() async throws {
            let others = try await world.start(["n1"])
            var configuration = try world.configuration("n2")
            configuration.seeds = []
            configuration.seedRefresh = .seconds(1)
            let member = Cluster(configuration: configuration)
            try await member.start()
            #expect(await member.status().seeds.isEmpty)
            member.replaceSeeds([others[0].seed], discovery: [])
            await member.waitFor("n1", .alive)
            #expect(await member.status().seeds.map(\.provider) == ["\(others[0].seed)"])
            member.replaceSeeds([], discovery: [])
            #expect(await member.status().seeds.isEmpty)
            await member.leave()
            await others[0].leave()
        }

        @Test func `a key file that is read again changes nothing if it is the same or another's`()
            async throws
        {
            let folder = FileManager.default.temporaryDirectory.path + "/ir-reload-\(UUID())"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let path = folder + "/cluster.key"
            _ = try KeyFile.readOrCreate(path)
            var configuration = try world.configuration("n1")
            configuration.key = .file(path)
            let member = Cluster(configuration: configuration)
            await #expect(throws: ClusterError.notRunning) { try await member.reloadKeys() }
            try await member.start()
            #expect(try await member.reloadKeys() == .unchanged)
            try FileManager.default.removeItem(atPath: path)
            await #expect(throws: ClusterError.self) { try await member.reloadKeys() }
            _ = try KeyFile.readOrCreate(path)
            #expect(try await member.reloadKeys() == .refused)
            await member.leave()
        }

        @Test func `keys that came from no file cannot be read again`() async throws {
            let members = try await world.start(["n1"])
            #expect(try await members[0].reloadKeys() == .noFile)
            await members[0].leave()
        }
    }
}
