import MembershipWire
import Testing

@testable import MembershipSecurity

/// What a keyset is, which of two holds, and what is refused.
struct KeysetTests {
    static let start = Keyset(Golden.key)
    /// The three steps of one rotation, by A.
    static let steps: [Keyset] = {
        var steps: [Keyset] = []
        for _ in 0..<3 {
            let next = try? (steps.last ?? start).next(
                by: Golden.a.identity, in: Golden.cluster, at: 1_000, grace: 100)
            if let next { steps.append(next) }
        }
        return steps
    }()

    static func message(_ keyset: Keyset) -> [UInt8] {
        keyset.makeMessage().withBytes { Array($0) }
    }

    static func decode(_ message: [UInt8]) throws(WireError) -> Keyset? {
        try message.withOctets { (message) throws(WireError) in try Keyset.decode(message: message)
        }
    }

    @Test func `a rotation installs, switches and retires, one version each`() throws {
        try #require(Self.steps.count == 3)
        let (installed, switched, settled) = (Self.steps[0], Self.steps[1], Self.steps[2])
        #expect(Self.steps.map(\.version) == [1, 2, 3])
        #expect(Self.steps.map(\.stage) == [.installed, .switched, .settled])
        let new = installed.newKey
        #expect(new != Golden.key)
        #expect(installed.keyring.keys == [Golden.key, new])
        #expect(switched.keyring.keys == [new, Golden.key])
        #expect(settled.keyring.keys == [new])
        #expect(settled.retired.map(\.key) == [Golden.key])
        #expect(settled.retired.map(\.until) == [1_100])
        #expect(switched.newKey == new && settled.newKey == new)
    }

    @Test func `who is behind is called under the old key in every stage that knows it`() {
        #expect(Self.steps.prefix(2).map(\.keyForCalls) == [Golden.key.id, Golden.key.id])
        #expect(Self.steps.last?.keyForCalls == Self.steps.last?.keyring.primary.id)
    }

    @Test func `without a grace the old key is gone at once`() throws {
        let settled = try Self.steps[1].next(
            by: Golden.b.identity, in: Golden.cluster, at: 1_000, grace: 0)
        #expect(settled.retired.isEmpty)
    }

    @Test func `without a grace every older key is gone at once too`() throws {
        var keyset = Self.steps[2]
        #expect(!keyset.retired.isEmpty)
        for _ in 0..<3 {
            keyset = try keyset.next(
                by: Golden.b.identity, in: Golden.cluster, at: 1_000, grace: 0)
        }
        #expect(keyset.retired.isEmpty)
    }

    @Test func `of nine retired keys the one goes whose time is over first`() throws {
        var keyset = Self.start
        for round in 0..<UInt64(9 * 3) {
            keyset = try keyset.next(
                by: Golden.a.identity, in: Golden.cluster, at: 1_000 + round, grace: 10_000)
        }
        #expect(keyset.retired.count == 8)
        #expect(!keyset.retired.contains { $0.key == Golden.key })
        #expect(keyset.retired.map(\.until) == keyset.retired.map(\.until).sorted())
        // The longest message that there is: four keys do not go with a settled stage.
        #expect(Self.message(keyset).count == Bounds.keysBytes - 3 * 32)
    }

    @Test func `what was retired until before is dropped by the next step`() throws {
        let next = try Self.steps[2].next(
            by: Golden.a.identity, in: Golden.cluster, at: 1_100, grace: 100)
        #expect(next.retired.isEmpty)
        #expect(Self.steps[2].retired(at: 1_099).count == 1)
        #expect(Self.steps[2].retired(at: 1_100).isEmpty)
    }

    @Test func `a keyset survives its message, and version 0 is one byte`() throws {
        for keyset in Self.steps {
            let message = Self.message(keyset)
            let decoded = try #require(try Self.decode(message))
            #expect(decoded == keyset)
            #expect(decoded.stage == keyset.stage)
            #expect(decoded.keyring.keys == keyset.keyring.keys)
            #expect(decoded.author == Golden.a.identity.publicKey)
            #expect(decoded.isSigned(in: Golden.cluster))
            #expect(Self.message(decoded) == message)
        }
        #expect(Self.message(Self.start) == [0x15])
        #expect(try Self.decode([0x15]) == nil)
        #expect(Self.start.keyringHash == 0)
    }

    @Test func `a record that was read is wiped, whatever it said`() throws {
        var record = Self.message(Self.steps[0])
        _ = try Keyset.decode(wiping: &record)
        #expect(record.allSatisfy { $0 == 0 })
        var damaged = Self.message(Self.steps[0]) + [1]
        #expect(throws: WireError.trailingBytes) { try Keyset.decode(wiping: &damaged) }
        #expect(damaged.allSatisfy { $0 == 0 })
    }

    @Test func `every byte that is changed is refused or breaks the signature`() throws {
        let message = Self.message(Self.steps[2])
        for position in message.indices.dropFirst() {
            var changed = message
            changed[position] ^= 1
            let isTaken = (try? Self.decode(changed))??.isSigned(in: Golden.cluster) ?? false
            #expect(!isTaken, "byte \(position)")
        }
        for count in 2..<message.count {
            #expect(throws: WireError.self) { try Self.decode(Array(message[..<count])) }
        }
    }

    @Test func `a keyset is for one cluster`() {
        #expect(!Self.steps[0].isSigned(in: ClusterID(named: "another")))
        #expect(!Self.start.isSigned(in: Golden.cluster))
    }

    @Test func `each form that no keyset has is refused for its own reason`() throws {
        let message = Self.message(Self.steps[2])
        func changed(_ position: Int, _ bytes: [UInt8]) -> [UInt8] {
            var copy = message
            copy.replaceSubrange(position..<position + bytes.count, with: bytes)
            return copy
        }
        // type, format, stage, version 8, author 32, n, key 32, m, key 32, until 8, signature 64
        let refused: [(WireError, [UInt8])] = [
            (.unknownMessageType, [0x14]),
            (.messageTooLong, message + Array(repeating: 0, count: Bounds.keysBytes)),
            (.unknownKeysetFormat, changed(1, [2])),
            (.unknownStage, changed(2, [3])),
            (.keysetVersionOutOfRange, changed(3, Array(repeating: 0, count: 8))),
            (.keysetVersionOutOfRange, changed(3, [0x80])),
            (.badKeyCount, changed(43, [0])),
            (.badKeyCount, changed(43, [2])),
            (.badKeyCount, changed(2, [1])),
            (.badKeyCount, changed(76, [9])),
            (.retirementOutOfRange, changed(109, [0, 0, 1])),
            (.collidingKeys, changed(44, Array(message[77..<109]))),
            (.truncated, Array(message.dropLast())),
            (.trailingBytes, message + [0]),
        ]
        for (reason, bytes) in refused {
            #expect(throws: reason, "\(reason)") { try Self.decode(bytes) }
        }
    }

    @Test func `the greater version holds, then the greater hash, and a key of a file never`()
        throws
    {
        let rival = try Self.start.next(
            by: Golden.b.identity, in: Golden.cluster, at: 1_000, grace: 100)
        let installed = Self.steps[0]
        #expect(rival.version == installed.version)
        #expect(rival.supersedes(installed) != installed.supersedes(rival))
        #expect(rival.supersedes(installed) == (rival.hash > installed.hash))
        #expect(Self.steps[1].supersedes(rival) && !rival.supersedes(Self.steps[1]))
        #expect(rival.supersedes(Self.start) && !Self.start.supersedes(rival))
        #expect(!installed.supersedes(installed))
        #expect(!Self.start.supersedes(Keyset(.random())))
    }

    @Test
    func `each step of a rotation goes on from all before it, while the old key has its grace`()
        throws
    {
        let all = [Self.start] + Self.steps
        for (index, held) in all.enumerated() {
            for later in all[index...].dropFirst() {
                #expect(later.continues(held), "\(later) after \(held)")
            }
        }
        // Two rotations later, and for who missed the end of the first.
        var later = Self.steps[2]
        for _ in 0..<3 {
            later = try later.next(
                by: Golden.b.identity, in: Golden.cluster, at: 1_050, grace: 100)
        }
        #expect(all.allSatisfy { later.continues($0) })
        let graceless = try Self.steps[1].next(
            by: Golden.b.identity, in: Golden.cluster, at: 1_000, grace: 0)
        #expect(graceless.continues(Self.steps[0]) && graceless.continues(Self.steps[1]))
        #expect(!graceless.continues(Self.start), "who was away must not come back")
    }

    @Test func `a keyset without a key that is accepted goes on from nothing`() throws {
        func keyset(_ key: ClusterKey, retired: [Keyset.RetiredKey] = []) throws -> Keyset {
            try Keyset(
                .init(version: 9, stage: .settled, keys: [key], retired: retired),
                by: Golden.b.identity, in: Golden.cluster)
        }
        let settled = Self.steps[2]
        let other = ClusterKey.random()
        #expect(try !keyset(other).continues(Self.start))
        #expect(try !keyset(other).continues(settled))
        #expect(try keyset(other, retired: [.init(Golden.key, until: 0)]).continues(Self.start))
        // Golden.key is retired there: who holds that one alone says nothing any more.
        #expect(try !keyset(Golden.key).continues(settled))
        #expect(try !keyset(other, retired: [.init(Golden.key, until: 9)]).continues(settled))
    }

    @Test func `versions do not jump, and end`() throws {
        func keyset(_ version: UInt64) throws -> Keyset {
            try Keyset(
                .init(version: version, stage: .settled, keys: [Golden.key], retired: []),
                by: Golden.a.identity, in: Golden.cluster)
        }
        let first = try keyset(1)
        #expect(try keyset(1 + 1 << 32).isWithinReach(of: first))
        #expect(try !keyset(2 + 1 << 32).isWithinReach(of: first))
        let last = try keyset(Keyset.versionLimit - 1)
        #expect(throws: WireError.keysetVersionOutOfRange) {
            try last.next(by: Golden.a.identity, in: Golden.cluster, at: 0, grace: 0)
        }
    }

    @Test func `what is shown of a keyset tells nothing but fingerprints`() {
        for keyset in Self.steps {
            let digits = keyset.keyring.keys.map { key in
                key.secret.withBytes { $0.map { hexadecimal(UInt64($0), digits: 2) }.joined() }
            }
            var dumped = ""
            dump(keyset, to: &dumped)
            for secret in digits {
                #expect(!dumped.contains(secret) && !"\(keyset)".contains(secret.prefix(8)))
            }
        }
    }
}
