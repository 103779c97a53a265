/// Where the last eight bytes of a frame's nonce come from.
///
/// Boot and sequence make every nonce of an honest process unique. The hedge helps when there are
/// suddenly two such processes: after a fork both would count on from the same sequence, and one
/// nonce used twice under one key betrays two messages. Receivers ignore its value.
package enum Hedges: Sendable {
    /// Drawn from the system. What every real node uses.
    case random
    /// `from`, then the next number, and so on: for fixtures and for worlds that must replay.
    case counting(from: UInt64)
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A page of random hedges, because one call for 4 KiB costs little more than one for eight bytes.
///
/// The page is one that the kernel clears in a forked child. Its first word counts how many hedges
/// are left; so a child finds none and draws its own, without asking who it is for every frame. Its
/// last word is a mark, and a child knows by its absence that it is one (`isForked`).
/// Where there is no such page each hedge is drawn by itself, and the process id is compared.
struct HedgeSource: ~Copyable, @unchecked Sendable {
    private static let pageBytes = 4_096
    private static let words = pageBytes / 8
    private static let mark: UInt64 = 0x4952_4944_4955_4D31

    private let process = getpid()
    private var next: UInt64?
    private let page: UnsafeMutablePointer<UInt64>?

    init(_ hedges: Hedges) {
        switch hedges {
        case .random:
            next = nil
            page = Self.makePage()
        case .counting(let first):
            next = first
            page = nil
        }
    }

    deinit {
        if let page { munmap(page, Self.pageBytes) }
    }

    /// Whether this process is not the one that made the source, but a copy of it.
    var isForked: Bool {
        guard let page else { return process != getpid() }
        return page[Self.words - 1] != Self.mark
    }

    mutating func draw() -> UInt64 {
        if let hedge = next {
            next = hedge &+ 1
            return hedge
        }
        guard let page else {
            var hedge: UInt64 = 0
            withUnsafeMutableBytes(of: &hedge) { Sodium.fillWithRandom($0) }
            return hedge
        }
        if page[0] == 0 {
            Sodium.fillWithRandom(
                UnsafeMutableRawBufferPointer(start: page + 1, count: Self.pageBytes - 16))
            page[0] = UInt64(Self.words - 2)
        }
        let hedge = page[Int(page[0])]
        page[0] -= 1
        return hedge
    }

    private static func makePage() -> UnsafeMutablePointer<UInt64>? {
        #if os(Linux)
            let address = mmap(
                nil, pageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let address, address != MAP_FAILED else { return nil }
            guard madvise(address, pageBytes, MADV_WIPEONFORK) == 0 else {
                munmap(address, pageBytes)
                return nil
            }
            let page = address.bindMemory(to: UInt64.self, capacity: words)
            page[words - 1] = mark
            return page
        #else
            return nil
        #endif
    }
}
