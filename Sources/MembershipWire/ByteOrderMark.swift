/// The three bytes with which some editors begin a file of UTF-8 text. They belong to no line of it.
package enum ByteOrderMark {
    private static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

    package static func begins(_ content: some Sequence<UInt8>) -> Bool {
        content.starts(with: bytes)
    }

    package static func dropped(from content: [UInt8]) -> [UInt8] {
        begins(content) ? Array(content.dropFirst(bytes.count)) : content
    }
}
