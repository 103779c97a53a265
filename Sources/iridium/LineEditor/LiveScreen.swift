import IridiumJSON
import IridiumNode
import IridiumShell

/// Frames of text, one after the other in the same place, until Q or Ctrl-C.
///
/// At a terminal a frame is cut to the window. Elsewhere frames follow each other, with an empty line between
/// them, until nothing reads them any more.
struct LiveScreen {
    let interval: Duration
    let color: ColorChoice

    /// - Parameter frame: makes the next frame: lines of any length.
    func run(_ frame: () throws -> String) throws {
        let isWhole =
            isTerminal(0) && isTerminal(1) && Consoles.isCapable(SystemCall.environment("TERM"))
        guard isWhole, TerminalModes.enter(0, wholeScreen: true) else {
            while try StandardOutput.write(color.painted(try frame()) + "\n") {
                sleepBlocking(interval)
            }
            return
        }
        defer { TerminalModes.leave() }
        repeat {
            let text = try frame()
            try StandardOutput.write(
                Self.drawn(
                    color.painted(
                        Self.cut(
                            text, columns: TerminalModes.columns(1), rows: TerminalModes.rows(1)))))
        } while !isEnded(within: interval)
    }

    /// The lines that fit into a window. The last one says how many do not.
    static func cut(_ text: String, columns: Int, rows: Int) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        if lines.count > rows, rows > 0 {
            let hidden = lines.count - rows + 1
            lines = lines.prefix(rows - 1) + ["\(hidden) more lines"]
        }
        return lines.map { Layout.clipped($0, to: columns) }.joined(separator: "\n")
    }

    /// Over the frame before, without a flicker: each line ends by clearing its rest.
    private static func drawn(_ text: String) -> String {
        "\u{1B}[H" + text.replacing("\n", with: "\u{1B}[K\n") + "\u{1B}[K\u{1B}[J"
    }

    /// Whether a key ended it. In raw mode Ctrl-C is a key.
    private func isEnded(within span: Duration) -> Bool {
        let end = ContinuousClock.now + span
        while true {
            let left = end - ContinuousClock.now
            guard left > .zero else { return false }
            let wait = Int32(clamping: max(1, left.wholeMilliseconds))
            guard !Descriptor.wait(for: [0], milliseconds: wait).isEmpty else { return false }
            guard let bytes = Descriptor.readSome(0), !bytes.isEmpty else { return true }
            // q, Q, Ctrl-C, Ctrl-D.
            if bytes.contains(where: { [0x71, 0x51, 0x03, 0x04].contains($0) }) { return true }
        }
    }
}
