/// The source of the last eight bytes of a frame's nonce (a hedged nonce).
///
/// Boot and sequence make every nonce of an honest process unique. The hedge helps if there are
/// suddenly two such processes. After a fork both would continue from the same sequence, and a
/// nonce used twice under one key reveals two messages. Receivers ignore the value of the hedge.
package enum Hedges: Sendable {
    /// Drawn from the system, as every real node does.
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
/// The kernel clears this page in a forked child. Its first word is the number of hedges left, so a
/// child finds none and draws its own, without a check of the process id for every frame. Its last
/// word is a mark, and a child recognises itself by its absence (`isForked`). On a system without
/// such pages each hedge is drawn separately, and the process id is compared.
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

    /// Whether this process is a copy of the one that made the source.
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
