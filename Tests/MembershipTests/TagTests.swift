import MembershipSimulator
import MembershipWire
import Testing

@testable import Membership

/// Tags: metadata as one flat JSON object of strings.
struct TagTests {
    private func read(_ text: String) -> Tags? { Tags(metadata: text.utf8) }

    @Test func `tags are written in one way and read back`() {
        let tags: Tags = ["role": "web", "http": "8080", "ä": "zürich", "": ""]
        #expect(
            String(decoding: tags.metadata, as: UTF8.self)
                == #"{"":"","http":"8080","role":"web","ä":"zürich"}"#)
        #expect(Tags(metadata: tags.metadata) == tags)
        #expect(tags.keys == ["", "http", "role", "ä"])
        #expect(Tags().metadata.isEmpty)
        #expect(read("{}") == Tags())
        var fewer = tags
        fewer["role"] = nil
        #expect(fewer.count == 3 && fewer["role"] == nil && tags["role"] == "web")
    }

    @Test func `white space and escapes are read as JSON has them`() {
        #expect(read(" { \"a\" : \"b\" , \"c\" : \"d\" }\n") == ["a": "b", "c": "d"])
        #expect(
            read(#"{"a":"\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00"}"#) == ["a": "\"\\/\u{8}\u{C}\n\r\tä😀"]
        )
        let odd: Tags = ["a\"b\\": "\u{0}\u{1F}\u{7F}\u{2028}"]
        #expect(Tags(metadata: odd.metadata) == odd)
    }

    @Test(arguments: [
        "", " ", "web", "[]", "[\"a\"]", "\"a\"", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1}",
        "{\"a\":null}", "{\"a\":true}", "{\"a\":{}}", "{\"a\":[]}", "{a:\"b\"}", "{'a':'b'}",
        "{\"a\":\"b\",}", "{,}", "{\"a\":\"b\"}}", "{\"a\":\"b\"} x", "{\"a\":\"b\" \"c\":\"d\"}",
        "{\"a\":\"b\",\"a\":\"c\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\ud83d\"}", "{\"a\":\"\\ude00\"}", "{\"a\":\"\\ud83d\\u0041\"}", "{\"a\":\"b",
        "{\"a\":\"\\", "{\"a\":\"\\u", "{\"a\":\"\n\"}", "{\"a\":\"b\"}\u{0}", "\u{FEFF}{}",
        "{\"a\":\"b\"\u{B}}",
    ])
    func `anything else has no tags`(text: String) {
        #expect(read(text) == nil)
    }

    @Test func `bytes that are not UTF-8 and what is too long have no tags`() {
        #expect(Tags(metadata: [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x22, 0x22, 0x7D]) == nil)
        let longest = "{\"a\":\"\(String(repeating: "b", count: 512 - 8))\"}"
        #expect(read(longest)?.count == 1)
        #expect(read(longest + " ") == nil)
        #expect(Tags(metadata: repeatElement(UInt8(ascii: " "), count: 1 << 20)) == nil)
    }

    @Test func `no cut and no flipped bit of tags traps, and what is read is written alike`() {
        let bytes = (["role": "web", "é\"": "\u{1}\\😀", "zone": "eu-1"] as Tags).metadata
        for end in bytes.indices { #expect(Tags(metadata: bytes.prefix(end)) == nil) }
        var random = SeededRandom(seed: 1, label: "tags")
        for _ in 0..<20_000 {
            var damaged = bytes
            for _ in 0...(random.next() % 3) {
                damaged[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 << (random.next() % 8))
            }
            guard let tags = Tags(metadata: damaged) else { continue }
            #expect(Tags(metadata: tags.metadata) == tags)
        }
    }

    @Test func `what people are shown cannot move their cursor`() {
        let tags: Tags = ["role": "web", "note": "two words", "x": "\u{1B}[2J\u{202E}", "e": ""]
        #expect(
            tags.description
                == #"e="" note="two words" role=web x="\u{1B}[2J\u{202E}""#)
    }

    @Test func `a member without tags can still be decoded`() throws {
        let member = Member(of: NodeID(1), metadata: [1, 2])
        #expect(member.tags == nil)
        #expect(member.decoded { $0.count } == 2)
        #expect(Member(of: NodeID(1)).tags == nil)
    }
}

extension `On loopback` {
    @Suite(.timeLimit(.minutes(10)))
    struct `Tags of members` {
        let world = World()

        @Test func `tags reach the others, and a condition may wait for them`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            async let seen = clusters[0].waitUntil { view in
                view.living.contains { $0.tags?["role"] == "web" }
            }
            try await clusters[1].setTags(["role": "web", "zone": "eu-1"])
            #expect(try await seen.living.compactMap(\.tags) == [["role": "web", "zone": "eu-1"]])
            await #expect(throws: ClusterError.metadataTooLong(bytes: 523)) {
                try await clusters[1].setTags(["a": String(repeating: "b", count: 515)])
            }
            await clusters.leave()
        }
    }
}
