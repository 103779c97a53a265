import Foundation
import MembershipWire
import Testing

@testable import Membership
@testable import MembershipSecurity

extension `On loopback` {
    /// Who listens on the way learns sizes and times, and nothing of what is said.
    @Suite(.timeLimit(.minutes(10)))
    struct `What passes on the way` {
        let world = World()
        static let metadata = Array("rack=cellar-7;owner=accounting".utf8)

        @Test func `no name, no metadata and no key passes in clear`() async throws {
            let taps = [try Wiretap(), try Wiretap()]
            defer { for tap in taps { tap.stop() } }
            let names = ["unmistakable-anna", "unmistakable-bert"]
            var clusters: [Cluster] = []
            for (name, tap) in zip(names, taps) {
                var configuration = try world.configuration(name)
                configuration.advertise = tap.endpoint
                configuration.metadata = Self.metadata
                let cluster = Cluster(configuration: configuration)
                try await cluster.start()
                tap.start(to: try #require(await cluster.handle).bound)
                clusters.append(cluster)
            }
            let report = try await clusters[1].join([HostAndPort(taps[0].endpoint)])
            #expect(report.udpWorks && report.members == 2)
            // A rumor with new metadata, in datagrams; then the farewell.
            try await clusters[0].setMetadata(Self.metadata + [0x21])
            await clusters[1].waitFor { $0.contains { $0.metadata == Self.metadata + [0x21] } }
            await clusters.leave()

            let key = world.key.key.secret.withBytes { Array($0) }
            let secrets =
                names.map { Array($0.utf8) } + [Self.metadata, Array(world.clusterName.utf8), key]
            for tap in taps {
                let record = tap.record
                #expect(record.datagrams.count >= 112, "nothing was heard")
                for secret in secrets {
                    #expect(!record.datagrams.containsRun(of: secret))
                    #expect(!record.streams.containsRun(of: secret))
                }
            }
            // The rumor went to the second member, with the whole record in it.
            #expect(taps[1].record.datagrams.count > 400)
            // What one tap heard of streams is the join, with both records in it.
            #expect(taps[0].record.streams.count > 1_000)
        }

        @Test func `a tap hears what is said in clear`() async throws {
            let tap = try Wiretap()
            defer { tap.stop() }
            let listener = try SilentListener()
            tap.start(to: listener.endpoint)
            let said = Array("unmistakable-anna".utf8)
            let caller = try RawSocket(.tcp, to: tap.endpoint)
            caller.send([0x49] + said)
            let heard = await listener.waitForCaller()
            #expect(tap.record.streams.containsRun(of: said))
            closeDescriptor(heard)
        }
    }
}

extension [UInt8] {
    /// Whether `run` stands somewhere in these bytes.
    func containsRun(of run: [UInt8]) -> Bool { Data(self).range(of: Data(run)) != nil }
}
