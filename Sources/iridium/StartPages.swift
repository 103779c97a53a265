import IridiumNode
import LibC

/// Gives back the pages of code that only the start needed.
///
/// Parsing arguments and looking up protocol conformances uses a large part of the program once.
/// The kernel keeps those pages mapped, and they would count as memory of a node that idles for
/// months. Dropped pages are read again from the file when they are needed. Only mappings that are
/// not writable and have no private data are dropped, because for those the file is complete.
enum StartPages {
    /// By then a node with seeds has joined.
    private static let afterStart = Duration.seconds(10)

    /// Runs now, and once more after joining, which also happens once.
    static func giveBackTwice() {
        giveBack()
        Task {
            _ = await TaskThreads.rest(for: afterStart)
            giveBack()
        }
    }

    private static func giveBack() {
        #if os(Linux)
            guard let bytes = try? SystemCall.read("/proc/self/smaps", limit: 4 << 20) else {
                return
            }
            var mapping: Range<UInt>?
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                let words = String(decoding: line, as: UTF8.self).split(separator: " ")
                if words.count >= 6, let range = range(words[0]) {
                    let isFile = words[5].hasPrefix("/")
                    mapping = isFile && !words[1].contains("w") ? range : nil
                } else if words.first == "Anonymous:", let found = mapping {
                    if words.dropFirst().first == "0" { drop(found) }
                    mapping = nil
                }
            }
        #endif
    }

    #if os(Linux)
        private static func range(_ word: Substring) -> Range<UInt>? {
            let ends = word.split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, ends[0] < ends[1] else { return nil }
            return ends[0]..<ends[1]
        }

        private static func drop(_ mapping: Range<UInt>) {
            let start = UnsafeMutableRawPointer(bitPattern: mapping.lowerBound)
            madvise(start, mapping.count, MADV_DONTNEED)
        }
    #endif
}
