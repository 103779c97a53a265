import MembershipCore
import MembershipWire

/// A provider and what it said last. It is asked one question at a time, however long that takes; its
/// last answer counts until the next one is there.
actor SeedSource {
    /// A question that is not answered by then is reported; it is not asked again before it is answered.
    static let patience: Duration = .seconds(5)

    nonisolated let name: String
    private let provider: any SeedProvider
    private var found: [FoundSeed] = []
    private var answeredAt: ContinuousClock.Instant?
    private var failure: SeedLookupFailure?
    private var question: (task: Task<Void, Never>, askedAt: ContinuousClock.Instant)?
    /// The look that waits, by number: the timer of an earlier one must not end it.
    private var waiting: (look: Int, continuation: CheckedContinuation<Void, Never>)?
    private var looks = 0

    init(_ provider: any SeedProvider) {
        self.provider = provider
        name = provider.name
    }

    deinit { question?.task.cancel() }

    /// What is known after this look, which waits for an answer at most so long.
    func look(atMost limit: Duration) async -> (seeds: [FoundSeed], failure: SeedLookupFailure?) {
        if question == nil {
            let provider = provider
            // Not held by it: a provider that never answers must not keep the source.
            let task = Task { [weak self] in
                let answer = await SeedSource.ask(provider)
                await self?.take(answer)
            }
            question = (task, .now)
        }
        looks += 1
        let number = looks
        let timer = Task { [weak self] in
            _ = await rest(limit)
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

    /// For people.
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

/// A seed as it was written, and all addresses that it stands for.
struct FoundSeed: Sendable {
    let written: HostAndPort
    let endpoints: [Endpoint]
}

/// Why a provider has no answer.
enum SeedLookupFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name server knows no address of the name, or did not answer.
    case noRecords(host: String)
    /// No answer within 5 s.
    case silent
    /// The file cannot be read.
    case unreadable(reason: String)
    /// A line of the file is not HOST:PORT; the line is not shown.
    case malformedLine(number: Int)
    /// The file looks like a key file: whatever is in it must not be shown.
    case holdsSecret
    /// What the application's own provider threw.
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
