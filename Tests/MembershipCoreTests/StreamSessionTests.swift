import MembershipWire
import Testing

@testable import MembershipCore

/// What a stream may bring, by how far it has come.
struct StreamSessionTests {
    private let players: [Player]
    private let table: MemberTable
    private let theirs = StreamID(1)

    init() throws {
        players = try (1..<8).map { try Player("p\($0)", number: $0) }
        var table = MemberTable(.lan)
        for player in players.prefix(3) {
            table.put(player.record, .alive, since: .origin)
        }
        self.table = table
    }

    private var other: Player { players[1] }
    private var items: StagedItems { StagedItems(from: other.id, other.full()) }

    /// A stream in some state.
    private struct Stage {
        let name: String
        var streams = Streams(.lan)
        var id = StreamID(1)

        init(_ name: String) { self.name = name }
    }

    private func opened(_ name: String, _ purpose: StreamPurpose) -> Stage {
        var stage = Stage(name)
        stage.id = stage.streams.open(purpose, to: Endpoint(.v4(1), port: 1))
        return stage
    }

    private func accepted(
        _ name: String, _ purpose: StreamSession.AcceptedPurpose
    ) -> Stage {
        var stage = Stage(name)
        stage.streams.accept(stage.id, for: purpose)
        return stage
    }

    private func identified(_ stage: Stage) -> Stage {
        var stage = stage
        _ = stage.streams.identify(stage.id, as: other.id, other.full(), over: table)
        return stage
    }

    /// All states, each reached as a stream reaches it.
    private var stages: [Stage] {
        var rows = identified(opened("syncing, rows", .sync))
        #expect(rows.streams.receive(ViewBuckets(of: MemberTable(.lan)), on: rows.id) == .noted)
        var answered = identified(opened("syncing, answered", .sync))
        #expect(answered.streams.receive(ViewBuckets(of: table), on: answered.id) == .noted)
        guard case .complete = answered.streams.receive([], on: answered.id, limit: 9) else {
            Issue.record("rows that are complete at once")
            return []
        }
        var wants = identified(accepted("answering, wants", .sync))
        #expect(wants.streams.receive(ViewBuckets(of: table), on: wants.id) == .answer(.records))
        return [
            opened("opened", .join(attempt: 1)),
            accepted("accepted", .sync),
            accepted("accepted under a retired key", .retiredKey),
            identified(opened("probing", .probe(other.id))),
            identified(opened("joining", .join(attempt: 1))),
            identified(opened("syncing", .sync)),
            rows, answered,
            identified(opened("giving keys", .keys(KeysCall(member: other.id)))),
            identified(accepted("admitting", .join)),
            identified(accepted("answering", .sync)),
            wants,
            identified(accepted("receiving keys", .keys)),
        ]
    }

    /// The names of the states in which `isTaken` holds.
    private func names(where isTaken: (inout Streams, StreamID) -> Bool) -> [String] {
        stages.filter { stage in
            var streams = stage.streams
            return isTaken(&streams, stage.id)
        }.map(\.name)
    }

    @Test func `each message has a place in some states and is a violation in all others`() {
        let identified = [
            "joining", "syncing", "syncing, rows", "syncing, answered", "admitting", "answering",
            "answering, wants",
        ]
        let staged = names {
            if case .staged = stage([.full(players[5].full())], on: $1, in: &$0) {
                true
            } else {
                false
            }
        }
        #expect(staged == identified)
        let buckets = names {
            $0.receive(ViewBuckets(of: table), on: $1) != .violation
        }
        #expect(buckets == ["syncing", "answering"])
        let rows = names {
            if case .violation = $0.receive([], on: $1, limit: 9) { false } else { true }
        }
        #expect(rows == ["syncing, rows"])
        let wants = names { $0.receiveWants([other.id], on: $1, limit: 9) }
        #expect(wants == ["answering, wants"])
        let keys = names { $0.receiveKeys(on: $1) }
        #expect(
            keys == [
                "joining", "syncing", "syncing, rows", "syncing, answered", "giving keys",
                "receiving keys",
            ])
        #expect(names { $0.purpose(ofOpened: $1) != nil } == ["opened", "probing"])
        #expect(
            names { $0.purpose(ofAccepted: $1) != nil } == [
                "accepted", "accepted under a retired key",
            ])
    }

    private func stage(
        _ items: [Item], on id: StreamID, in streams: inout Streams, limit: Int = 9
    ) -> StagedItems.Staging {
        var counters = CoreCounters()
        return streams.stage(
            items, on: id, over: table, by: players[0].authenticator, own: players[0].id,
            limit: limit, counting: &counters)
    }

    @Test func `keys come once, and the shell answers once`() {
        var streams = identified(accepted("receiving keys", .keys)).streams
        #expect(streams.tookKeys(.cannotKeep, on: theirs) == nil)
        #expect(streams.receiveKeys(on: theirs) == true)
        #expect(streams.receiveKeys(on: theirs) == false)
        let taken = streams.tookKeys(.same(inMemoryOnly: false), on: theirs)
        #expect(taken?.sender == other.id && taken?.mustAnswer == true)
        #expect(streams.tookKeys(.same(inMemoryOnly: false), on: theirs) == nil)
        #expect(streams.receiveKeys(on: theirs) == false)
    }

    @Test func `only a member that was given newer keys confirms them`() {
        let ends: [StreamEndCode] = [.done, .inMemoryOnly, .cannotKeep, .retiredKey, .busy]
        let same = KeysReceipt.taken(.same(inMemoryOnly: false))
        #expect(
            ends.map(same.answer(endedWith:)) == [
                .confirmed(inMemoryOnly: false), .confirmed(inMemoryOnly: true), .cannotKeep,
                .declined, .ended(.busy),
            ])
        for receipt in [.none, .pending, .taken(.older(inMemoryOnly: false))] as [KeysReceipt] {
            #expect(receipt.answer(endedWith: .done) == .declined)
        }
    }

    @Test func `of each member the first record is staged, and a forged one that is news ends it`()
    {
        let joining = identified(opened("joining", .join(attempt: 1)))
        var streams = joining.streams
        let id = joining.id
        let new = players[5]
        var forged = new.full()
        forged.signature = players[6].full().signature
        guard case .staged = stage([.full(new.full()), .full(forged)], on: id, in: &streams) else {
            return #expect(Bool(false), "a second record of one member is not looked at")
        }
        // What we hold already is no news, so its signature is not looked at either.
        guard case .staged = stage([.full(players[2].full())], on: id, in: &streams) else {
            return #expect(Bool(false), "a record that is known")
        }
        var other = players[6].full()
        other.signature = new.full().signature
        guard case .forged = stage([.full(other)], on: id, in: &streams) else {
            return #expect(Bool(false), "a forged record of a stranger")
        }
    }

    @Test func `more items than two views hold are refused, kept or not`() {
        let joining = identified(opened("joining", .join(attempt: 1)))
        var streams = joining.streams
        let id = joining.id
        guard case .staged = stage([.full(players[3].full())], on: id, in: &streams, limit: 1)
        else {
            return #expect(Bool(false), "one item")
        }
        guard case .tooMany = stage([.view(.empty)], on: id, in: &streams, limit: 1) else {
            return #expect(Bool(false), "a second item")
        }
    }

    @Test func `rows are counted over all messages, each member once`() {
        var request = SyncRequest(of: .records, with: items, own: ViewBuckets(of: table))
        #expect(request.receive(ViewBuckets(of: MemberTable(.lan))) == true)
        let rows = players.prefix(3).map {
            StreamMessage.SyncRow(member: $0.id, recordHash: 1)
        }
        guard case .more = request.receive(Array(rows.prefix(2)), limit: 3),
            case .more = request.receive(Array(rows.suffix(1)), limit: 3),
            case .violation = request.receive(rows, limit: 3),
            case .complete(let difference) = request.receive([], limit: 3)
        else { return #expect(Bool(false), "three rows of three") }
        #expect(difference.wanted(by: table) == rows.map(\.member).sorted())
    }

    @Test func `members for which the table has no room are neither checked nor kept`() throws {
        var configuration = CoreConfiguration.lan
        configuration.memberLimit = 4
        configuration.tombstoneLimit = 2
        var table = MemberTable(configuration)
        for player in players.prefix(3) {
            table.put(player.record, .alive, since: .origin)
        }
        var staged = items
        var counters = CoreCounters()
        let strangers = try (20..<40).map { try Player("s\($0)", number: $0) }
        let gone = strangers.prefix(10).map { Item.full($0.full(1, .left)) }
        let alive = strangers.suffix(10).map { Item.full($0.full()) }
        let staging = staged.stage(
            gone + alive, over: table, by: players[0].authenticator, own: players[4].id,
            limit: 100, chunkLimit: 9, counting: &counters)
        guard case .staged = staging else { return #expect(Bool(false), "\(staging)") }
        // Two have left. The table has three more entries, for living members or dead ones.
        #expect(staged.records.count { $0.statement.standing == .left } == 2)
        #expect(staged.records.count == 2 + 3)
    }

    @Test func `verdicts are kept about members that are known or that the stream has brought`() {
        let (known, brought, unknown) = (players[0], players[5], players[6])
        var staged = items
        let verdicts = [known, brought, unknown].map {
            Item.dead(DeadStatement.withoutAccusers(of: $0.record))
        }
        var counters = CoreCounters()
        let staging = staged.stage(
            [.full(brought.full())] + verdicts, over: table, by: known.authenticator,
            own: players[4].id, limit: 100, chunkLimit: 9, counting: &counters)
        guard case .staged = staging else { return #expect(Bool(false), "\(staging)") }
        #expect(Set(staged.verdicts.keys) == [known.id, brought.id])
    }

    @Test func `four members are probed by stream at once, none of them twice`() {
        var streams = Streams(.lan)
        for player in players.prefix(3) {
            _ = streams.open(.probe(player.id), to: player.identity.endpoint)
        }
        #expect(!streams.admitsProbe(of: players[0].id))
        #expect(streams.admitsProbe(of: players[3].id))
        let last = streams.open(.probe(players[3].id), to: players[3].identity.endpoint)
        #expect(!streams.admitsProbe(of: players[4].id))
        #expect(streams.close(last) != nil)
        #expect(streams.admitsProbe(of: players[4].id))
    }
}

extension Player {
    fileprivate var record: MemberRecord {
        MemberRecord(
            verified: core, id: id, boot: boot, coreHash: coreHash, incarnation: .first,
            standing: .alive, signature: full().signature)
    }
}

extension DeadStatement {
    fileprivate static func withoutAccusers(of record: MemberRecord) -> DeadStatement {
        DeadStatement(
            target: record.id, corePrefix: record.coreHash.prefix,
            incarnation: record.incarnation, accusations: [])
    }
}
