import Membership
import NIOCore
import NIOPosix
import ServiceLifecycle
import WorkSharing

/// Three instances share work that clients ask two of them for. The third is shut down in the middle: not
/// one request fails, and it has finished its work before it leaves.
@main
struct HummingbirdService {
    private struct Failure: Error { let reason: String }

    static func main() async throws {
        let key = SharedClusterKey()
        let first = Instance("north", key: key, seed: nil)
        try await withThrowingTaskGroup { group in
            group.addTask { try await first.group.run() }
            try await first.cluster.waitUntil(living: 1, within: .seconds(30))
            let seed = first.cluster.localMember.endpoint
            let others = [NodeAlias("east"), "south"].map { Instance($0, key: key, seed: seed) }
            for instance in others { group.addTask { try await instance.group.run() } }
            try await check([first] + others)
            for instance in [first] + others { await instance.group.triggerGracefulShutdown() }
            try await group.waitForAll()
        }
        print("done")
    }

    private static func check(_ instances: [Instance]) async throws {
        for instance in instances {
            try await instance.cluster.waitUntil(living: instances.count, within: .seconds(30))
        }
        let ports = [await instances[0].port(), await instances[1].port()]
        let leaving = instances[2]
        let left = Task {
            while leaving.sharing.done.count < 5 { try await Task.sleep(for: .milliseconds(5)) }
            await leaving.group.triggerGracefulShutdown()
            try await instances[0].cluster.waitUntil(within: .seconds(30)) {
                $0[leaving.cluster.localMember.id]?.state == .left
            }
            return leaving.sharing.done
        }
        var answers: [String] = []
        var roundsAfter = 0
        for round in 0..<1_000 where roundsAfter < 5 {
            let state = instances[0].cluster.view[leaving.cluster.localMember.id]?.state
            if state == .left { roundsAfter += 1 }
            answers += try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await get("work/job-\(round)-\(number)", port: ports[number % 2])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        let share = try await left.value
        for instance in instances {
            let count = answers.count { $0.hasSuffix(" by \(instance.name)") }
            print("\(instance.name) did \(count) of \(answers.count)")
            guard count > 0 else { throw Failure(reason: "\(instance.name) did nothing") }
        }
        guard share == leaving.sharing.done else { throw Failure(reason: "work after the goodbye") }
        guard answers.suffix(8).allSatisfy({ !$0.hasSuffix(" by \(leaving.name)") }) else {
            throw Failure(reason: "\(leaving.name) does work after its goodbye")
        }
    }

    /// The body of the answer; an error unless it is a 200.
    private static func get(_ path: String, port: Int) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(
                ByteBuffer(
                    string: "GET /\(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            )
            var answer = ""
            for try await part in inbound { answer += String(buffer: part) }
            guard answer.hasPrefix("HTTP/1.1 200"), let end = answer.firstRange(of: "\r\n\r\n")
            else {
                throw Failure(reason: "GET /\(path): \(answer)")
            }
            return String(answer[end.upperBound...])
        }
    }
}
