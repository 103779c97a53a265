import MembershipSecurity
import MembershipWire
import Testing

struct MemberFileFixtureTests {
    private struct Case: FixtureCase {
        let id: String
        let content: String
        let message: [String]
        let result: String
        let reason: String
    }

    @Test func `files of known members are read and refused as the fixtures say`() throws {
        let file = try FixtureFile<Case>("members")
        for one in file.cases {
            let items = try? MemberFile.decode(bytes(one.content))
            let lines = (items ?? []).map { words($0) }
            #expect(lines == one.message, "\(one.id)")
            #expect((items != nil) == one.isValid, "\(one.id)")
            WrittenBySwift.reproduced(
                file.name, one.id, [("result", items == nil ? "drop" : "valid")], words: lines)
        }
    }

    @Test func `a file of known members comes out as the fixtures spell it`() throws {
        let file = try FixtureFile<Case>("members")
        for id in ["none", "an-empty-chunk", "three", "with-the-dead", "the-largest-record"] {
            let one = try #require(file.cases.first { $0.id == id })
            let items = try MemberFile.decode(bytes(one.content))
            let chunks = id == "none" ? [] : [items]
            let written = try MemberFile.encode(chunks, total: items.count)
            #expect(written == bytes(one.content), "\(id)")
        }
    }
}
