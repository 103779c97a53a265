import Foundation
import MembershipSimulator
import MembershipWire
import Testing

/// The members of the decision traces: `Specs/traces/members.json` says what they state.
struct TraceMembers {
    /// By record: `t`, and `t+boot` for another process of t.
    let players: [String: Player]

    private struct File: Decodable {
        let nids: [String: String]
        let names: [String: String]
        let boots: [String: String]
        let cores: [String: String]
        /// Of maps that members publish.
        let roots: [String: String]
    }

    private static let numbers: [String: UInt8] = [
        "own": 1, "a": 11, "b": 12, "c": 13, "d": 14, "e": 15, "f": 16, "t": 20, "u": 31, "v": 32,
        "w": 33,
    ]
    /// Other processes of the node's identity, by their boots.
    static let twins: [String: UInt8] = ["o": 41, "p": 42]
    /// Members that state the boot of another: of t, and of the node.
    private static let thieves: [String: (number: UInt8, boot: UInt8)] = [
        "x": (51, 20), "y": (52, 1),
    ]

    /// Further members, of whom no trace tells one from another.
    private static let crowd: UInt8 = 99

    init() throws {
        let url = TraceFile.folder.appending(path: "members.json")
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
        var players: [String: Player] = [:]
        for (name, number) in Self.numbers {
            players[name] = try Player(
                file.names[name] ?? name, number: number, boot: number,
                address: Self.address(number), holdsLifelines: name != "own")
        }
        for (name, boot) in Self.twins {
            players[name] = try Player(
                "own", number: 1, boot: boot, address: Self.address(boot))
        }
        for (name, thief) in Self.thieves {
            players[name] = try Player(
                name, number: thief.number, boot: thief.boot, address: Self.address(thief.number))
        }
        for (name, player) in try Self.records() { players[name] = player }
        for (name, player) in players {
            #expect(file.nids[Self.member(name)] == Self.text(of: player.id.value), "\(name)")
            #expect(file.boots[name] == Self.text(of: player.boot.value), "\(name)")
            #expect(file.cores[name] == Self.text(of: player.coreHash.prefix), "\(name)")
        }
        for (map, root) in file.roots {
            #expect(Self.root(of: map) == root, "\(map)")
        }
        for number in 1...Self.crowd {
            players["crowd\(number)"] = try Player(
                "crowd\(number)", number: 128 + number, address: 0x0A01_0000 | UInt32(number))
        }
        self.players = players
    }

    static func root(of map: String) -> String {
        let entries = TracePlayer.entries(map.components(separatedBy: " "))
        let key = Octets32(repeating: 0)
        let root = PlainAuthenticator(identityKey: IdentityKey(key), bootKey: BootKey(key))
            .root(of: StateStatement.rootText(of: entries))
        return text(of: root.octets.prefix)
    }

    /// What t states at other times.
    private static func records() throws -> [String: Player] {
        let first = try Player("t", number: 20, address: address(20))
        return [
            "t+boot": try Player("t", number: 20, boot: 120, address: address(20)),
            "t+key": try Player(
                "t", number: 20, boot: 121, address: address(20), firstBoot: first.boot),
            "t+data": try Player("t", number: 20, address: address(20), metadata: [1]),
            "t+name": try Player("s", number: 20, address: address(20)),
            "t+plain": try Player("t", number: 20, address: address(20), holdsLifelines: false),
            "t+address": try Player("t", number: 20, address: address(21)),
        ]
    }

    private static func address(_ number: UInt8) -> UInt32 { 0x0A00_0000 | UInt32(number) }

    static func member(_ record: String) -> String { String(record.prefix { $0 != "+" }) }

    private static func text(of number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
