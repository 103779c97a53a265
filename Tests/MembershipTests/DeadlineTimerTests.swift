import MembershipCore
import NIOCore
import NIOPosix
import Testing

@testable import Membership

/// The timer of a node, on a real event loop.
struct DeadlineTimerTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    /// Sets a timer by `plan`, which gets the present moment; the moment at which it has fired first.
    private func firing(
        losingDescriptor: Bool = false,
        after plan: @escaping @Sendable (DeadlineTimer, ClusterInstant) -> Void
    ) async throws -> (planned: ClusterInstant, fired: ClusterInstant) {
        let loop = loop
        let fired = loop.makePromise(of: ClusterInstant.self)
        let started = try await loop.flatSubmit {
            let timer = DeadlineTimer(on: loop) { fired.succeed(.now()) }
            let bound = NIOLoopBound(timer, eventLoop: loop)
            fired.futureResult.assumeIsolated().whenComplete { _ in bound.value.close() }
            return timer.open().map {
                if losingDescriptor { bound.value.lostDescriptor() }
                let now = ClusterInstant.now()
                plan(bound.value, now)
                return now
            }
        }.get()
        return (started, try await fired.futureResult.get())
    }

    @Test func `a timer fires at its moment`() async throws {
        let (planned, fired) = try await firing { $0.set(for: $1 + .milliseconds(5)) }
        #expect(fired >= planned + .milliseconds(5))
    }

    @Test func `a timer that is moved to an earlier moment fires then`() async throws {
        let (planned, fired) = try await firing { timer, now in
            timer.set(for: now + .seconds(3_600))
            timer.set(for: now + .milliseconds(5))
        }
        #expect(fired >= planned + .milliseconds(5))
    }

    @Test func `a moment that has passed fires at once`() async throws {
        let (_, fired) = try await firing { timer, _ in timer.set(for: .origin) }
        #expect(fired > .origin)
    }

    #if os(Linux)
        @Test func `a timer that is moved to a later moment does not fire before it`() async throws
        {
            let (planned, fired) = try await firing { timer, now in
                timer.set(for: now + .milliseconds(20))
                timer.set(for: now + .milliseconds(60))
            }
            #expect(fired >= planned + .milliseconds(60))
        }
    #endif

    @Test func `a timer that lost its descriptor goes on with that of the loop`() async throws {
        let (planned, fired) = try await firing(losingDescriptor: true) {
            $0.set(for: $1 + .milliseconds(5))
        }
        #expect(fired >= planned + .milliseconds(5))
    }
}
