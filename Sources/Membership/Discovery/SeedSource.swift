import MembershipCore
import MembershipWire
import NIOCore

/// A provider and its last answer. It gets one question at a time, however long that takes; the
/// last answer counts until the next one arrives.
actor SeedSource {
    /// A question without an answer after this time is reported. It is not asked again before it is
    /// answered.
    static let patience: Duration = .seconds(5)

    nonisolated let name: String
    private let provider: any SeedProvider
    /// The answer of a provider that never gives another: it needs no question.
    private let constant: [FoundSeed]?
    private var found: [FoundSeed] = []
    private var answeredAt: ContinuousClock.Instant?
    private var failure: SeedLookupFailure?
    private var question: (task: Task<Void, Never>, askedAt: ContinuousClock.Instant)?
    /// The waiting look, by number: the timer of an earlier look must not end it.
    private var waiting: (look: Int, continuation: CheckedContinuation<Void, Never>)?
    private var looks = 0

    init(_ provider: any SeedProvider) {
        self.provider = provider
        name = provider.name
        constant = (provider as? AnySeedProvider)?.constant
    }

    deinit { question?.task.cancel() }

    /// The known seeds after this look, which waits for an answer at most this long.
    func look(
        atMost limit: Duration, on loop: any EventLoop
    ) async -> (seeds: [FoundSeed], failure: SeedLookupFailure?) {
        if let constant {
            (found, answeredAt) = (constant, .now)
            return (constant, nil)
        }
        if question == nil {
            let provider = provider
            // The task does not retain the source: a provider that never answers must not keep it
            // alive.
            let task = Task { [weak self] in
                let answer = await SeedSource.ask(provider)
                await self?.take(answer)
            }
            question = (task, .now)
        }
        looks += 1
        let number = looks
        let timer = Task { [weak self] in
            _ = await rest(limit, on: loop)
            await self?.endWait(of: number)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if question == nil || waiting != nil {
                    continuation.resume()
                } else {
                    waiting = (number, continuation)
                }
            }
        } onCancel: {
            timer.cancel()
        }
        timer.cancel()
        if let question, question.askedAt.duration(to: .now) >= Self.patience { failure = .silent }
        return (found, failure)
    }

    /// The status for people.
    var status: SeedStatus {
        SeedStatus(
            provider: name, addresses: found.flatMap(\.endpoints),
            age: answeredAt.map { $0.duration(to: .now) }, failure: failure?.description)
    }

    private func endWait(of look: Int) {
        guard let waiting, waiting.look == look else { return }
        self.waiting = nil
        waiting.continuation.resume()
    }

    private func take(_ answer: Result<[FoundSeed], SeedLookupFailure>) {
        switch answer {
        case .success(let seeds):
            found = seeds
            answeredAt = .now
            failure = nil
        case .failure(let reason): failure = reason
        }
        question = nil
        endWait(of: looks)
    }

    /// The provider's answer, its names resolved.
    private static func ask(
        _ provider: any SeedProvider
    ) async -> Result<[FoundSeed], SeedLookupFailure> {
        let given: [HostAndPort]
        do {
            given = try await provider.seeds()
        } catch let error as SeedLookupFailure {
            return .failure(error)
        } catch {
            return .failure(.thrown("\(error)"))
        }
        var found: [FoundSeed] = []
        var count = 0
        var unresolved: SeedLookupFailure?
        for seed in given {
            guard count < SeedSearch.addressLimit else { break }
            do throws(SeedLookupFailure) {
                let addresses = try await NameResolution.addresses(of: seed.host)
                    .prefix(SeedSearch.addressLimit - count)
                count += addresses.count
                let port = seed.port ?? NameResolution.defaultPort
                found.append(
                    FoundSeed(written: seed, endpoints: addresses.map { Endpoint($0, port: port) }))
            } catch {
                unresolved = error
                found.append(FoundSeed(written: seed, endpoints: []))
            }
        }
        if let unresolved, count == 0 { return .failure(unresolved) }
        return .success(found)
    }
}

/// A seed as it was written, and all its addresses.
struct FoundSeed: Sendable {
    let written: HostAndPort
    let endpoints: [Endpoint]
}

extension [FoundSeed] {
    /// nil if a name is among them, which must be resolved at each look. As of any answer, the first 256
    /// addresses count.
    static func addresses(of seeds: [HostAndPort]) -> [FoundSeed]? {
        var found: [FoundSeed] = []
        for seed in seeds {
            guard let address = IPAddress(seed.host) else { return nil }
            guard found.count < SeedSearch.addressLimit else { continue }
            let endpoint = Endpoint(address, port: seed.port ?? NameResolution.defaultPort)
            found.append(FoundSeed(written: seed, endpoints: [endpoint]))
        }
        return found
    }
}

/// The reason why a provider has no answer.
enum SeedLookupFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name server knows no address of the name, or did not answer.
    case noRecords(host: String)
    /// No answer within 5 s.
    case silent
    /// The file cannot be read.
    case unreadable(reason: String)
    /// A line of the file is not HOST:PORT; the line is not shown.
    case malformedLine(number: Int)
    /// The file looks like a key file: none of its content may be shown.
    case holdsSecret
    /// The error of the application's own provider.
    case thrown(String)

    var description: String {
        switch self {
        case .noRecords(let host): "\(host) has no address"
        case .silent: "no answer within \(SeedSource.patience.brief)"
        case .unreadable(let reason): reason
        case .malformedLine(let number): "line \(number) is not HOST:PORT"
        case .holdsSecret: "it holds a key, not addresses"
        case .thrown(let text): text
        }
    }
}
