import Synchronization

@testable import iridium

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Both ends of a terminal: a console at the one, a test that types and reads at the other.
final class PseudoTerminal {
    /// Where a person would sit.
    let outside: Int32
    /// What a program sees as its terminal.
    let inside: Int32
    private var unread: [UInt8] = []

    /// How long anything may take on a machine that is busy with other things.
    private static let patienceMilliseconds: Int32 = 20_000

    init?(columns: UInt16 = 80) {
        var ends: (outside: Int32, inside: Int32) = (-1, -1)
        guard openpty(&ends.outside, &ends.inside, nil, nil, nil) == 0 else { return nil }
        (outside, inside) = ends
        resize(columns: columns)
    }

    deinit {
        close(inside)
        close(outside)
    }

    func resize(columns: UInt16) {
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(outside, UInt(TIOCSWINSZ), &size)
    }

    /// Types bytes.
    func type(_ text: String) { Descriptor.write(text, to: outside) }

    /// Reads until `text` has been shown. Returns what was shown up to and with it since the last
    /// call; nil where it does not come.
    func read(until text: String) -> String? {
        let wanted = Array(text.utf8)
        while true {
            if let end = unread.firstEnd(of: wanted) {
                let result = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeFirst(end)
                return result
            }
            let ready = Descriptor.wait(for: [outside], milliseconds: Self.patienceMilliseconds)
            guard !ready.isEmpty, let bytes = Descriptor.readSome(outside), !bytes.isEmpty else {
                return nil
            }
            unread += bytes
        }
    }

    /// Whether keys are echoed and collected into lines by the terminal itself.
    var isInUsualModes: Bool {
        var modes = termios()
        guard tcgetattr(inside, &modes) == 0 else { return false }
        return modes.c_lflag & tcflag_t(ECHO | ICANON | ISIG) == tcflag_t(ECHO | ICANON | ISIG)
    }
}

extension [UInt8] {
    /// Where the first occurrence of `wanted` ends.
    fileprivate func firstEnd(of wanted: [UInt8]) -> Int? {
        guard !wanted.isEmpty, count >= wanted.count else { return nil }
        return (0...(count - wanted.count)).first { self[$0...].starts(with: wanted) }
            .map { $0 + wanted.count }
    }
}

/// Events of a console, waited for by a test.
final class EventQueue: Sendable {
    private let pipe = WakePipe()
    private let events = Mutex<[ConsoleEvent]>([])

    deinit { pipe?.close() }

    var receive: @Sendable (ConsoleEvent) -> Void {
        { event in
            self.events.withLock { $0.append(event) }
            self.pipe?.send(.proceed)
        }
    }

    /// The next event; nil where none comes.
    func next() -> ConsoleEvent? {
        guard let pipe else { return nil }
        while true {
            let event = events.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            if let event { return event }
            guard !Descriptor.wait(for: [pipe.readEnd], milliseconds: 20_000).isEmpty else {
                return nil
            }
            _ = pipe.receive()
        }
    }
}
