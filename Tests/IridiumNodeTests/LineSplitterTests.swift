import Testing

@testable import IridiumNode

@Suite struct LineSplitterTests {
    @Test func `lines end where a line end is, however the bytes arrive`() throws {
        let bytes = Array("one\r\ntwo\n\nthree".utf8)
        var whole = LineSplitter(limit: 10)
        let lines = try whole.feed(bytes).map { String(decoding: $0, as: UTF8.self) }
        #expect(lines == ["one", "two", ""])
        #expect(whole.finish() == Array("three".utf8))

        var single = LineSplitter(limit: 10)
        let same = try bytes.flatMap { try single.feed([$0]) }
        #expect(same.map { String(decoding: $0, as: UTF8.self) } == lines)
    }

    @Test func `a line beyond the bound breaks the stream for good`() throws {
        var splitter = LineSplitter(limit: 4)
        #expect(try splitter.feed("1234\n".utf8) == [Array("1234".utf8)])
        #expect(throws: LineSplitter.TooLong(limit: 4)) { try splitter.feed("123456".utf8) }
        #expect(throws: LineSplitter.TooLong(limit: 4)) { try splitter.feed("1\n".utf8) }
        #expect(splitter.finish() == nil)
    }
}
