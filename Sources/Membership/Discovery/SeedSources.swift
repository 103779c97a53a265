import MembershipWire
import Synchronization

/// All places where a node looks for members. They can be replaced while it runs.
final class SeedSources: Sendable {
    private let sources: Mutex<[SeedSource]>

    init(_ seeds: [HostAndPort], _ discovery: [any SeedProvider]) {
        sources = Mutex(Self.providers(seeds, discovery).map { SeedSource($0) })
    }

    var all: [SeedSource] { sources.withLock { $0 } }

    /// A provider that stays, by its name, keeps its last answer.
    func replace(by seeds: [HostAndPort], _ discovery: [any SeedProvider]) {
        let providers = Self.providers(seeds, discovery)
        sources.withLock { sources in
            sources = providers.map { provider in
                sources.first { $0.name.utf8.elementsEqual(provider.name.utf8) }
                    ?? SeedSource(provider)
            }
        }
    }

    /// Each seed of the list has a separate provider: a name without an answer delays no address.
    private static func providers(
        _ seeds: [HostAndPort], _ discovery: [any SeedProvider]
    ) -> [any SeedProvider] {
        seeds.map { .list([$0]) } + discovery
    }
}
