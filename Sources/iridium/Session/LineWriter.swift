import IridiumShell
import LibC
import Synchronization
import SystemPackage

/// Lines on their way out of an agent: whoever has something to say never waits for its reader.
///
/// A thread of its own writes them. A reader that is slow, or has stopped reading, costs the lines
/// that do not fit in the queue; a disk that is full costs those that come meanwhile. The next line
/// is tried again, after a line that says how many were lost.
final class LineWriter: Sendable {
    /// Bytes that may wait to be written.
    private static let mostWaiting = 1 << 20

    /// What is written about lost lines: how many, and why where the system said so.
    typealias LossNote = @Sendable (_ lines: Int, _ reason: Errno?) -> String

    private struct State {
        var waiting: [[UInt8]] = []
        var waitingBytes = 0
        var lost = 0
        var reason: Errno?
        var isClosed = false
        /// Whether the reader has gone for good.
        var isUnheard = false
        var isDone = false
    }

    private let descriptor: FileDescriptor
    private let lossNote: LossNote
    /// Called once when lines begin to be lost.
    private let onFailure: @Sendable (Errno) -> Void
    private let state = Mutex(State())
    private let wake: WakePipe?

    init(
        _ descriptor: FileDescriptor, lossNote: @escaping LossNote,
        onFailure: @escaping @Sendable (Errno) -> Void
    ) {
        self.descriptor = descriptor
        self.lossNote = lossNote
        self.onFailure = onFailure
        wake = WakePipe()
        ConsoleThread.start { [self] in run() }
    }

    /// Writes text that ends with a line end, some time.
    func write(_ text: String) {
        let bytes = Array(text.utf8)
        state.withLock { state in
            guard !state.isUnheard, !state.isClosed else { return }
            guard state.waitingBytes + bytes.count <= Self.mostWaiting else {
                state.lost += 1
                return
            }
            state.waiting.append(bytes)
            state.waitingBytes += bytes.count
        }
        wake?.send(.proceed)
    }

    /// Takes no more lines, and waits until those that wait are written, but not for long.
    func finish(within patience: Duration = .milliseconds(500)) async {
        state.withLock { $0.isClosed = true }
        wake?.send(.close)
        let deadline = ContinuousClock.now + patience
        while !state.withLock({ $0.isDone }), ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    // MARK: The thread

    private func run() {
        guard let wake else { return state.withLock { $0.isDone = true } }
        var endsWithinLine = false
        while true {
            _ = Descriptor.wait(for: [wake.readEnd], milliseconds: -1)
            _ = wake.receive()
            while let lines = take() {
                for line in lines { write(line, &endsWithinLine) }
            }
            if state.withLock({ $0.isClosed && $0.waiting.isEmpty }) { break }
        }
        state.withLock { $0.isDone = true }
    }

    /// What waits; nil where nothing does.
    private func take() -> [[UInt8]]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else { return nil }
            defer { (state.waiting, state.waitingBytes) = ([], 0) }
            return state.waiting
        }
    }

    private func write(_ line: [UInt8], _ endsWithinLine: inout Bool) {
        let (lost, reason) = state.withLock { ($0.lost, $0.reason) }
        var bytes = line
        if lost > 0 { bytes = Array(lossNote(lost, reason).utf8) + bytes }
        if endsWithinLine { bytes.insert(UInt8(ascii: "\n"), at: 0) }
        let (written, failure) = Descriptor.writeSome(bytes, to: descriptor.rawValue)
        if written > 0 { endsWithinLine = bytes[written - 1] != UInt8(ascii: "\n") }
        guard let failure else {
            // Lines that were lost meanwhile are for the next note.
            return state.withLock { state in
                state.lost -= lost
                state.reason = nil
            }
        }
        let isFirst = state.withLock { state in
            state.lost += 1
            state.isUnheard = failure == .brokenPipe
            defer { state.reason = failure }
            return state.reason == nil
        }
        if isFirst, failure != .brokenPipe { onFailure(failure) }
    }
}
