import IridiumShell
import LibC
import Synchronization
import SystemPackage

/// Lines from an agent. A thread that has a line to write never waits for the reader.
///
/// A separate thread writes them. If the reader is slow or has stopped reading, the lines that do
/// not fit in the queue are lost; if the disk is full, the lines of that time are lost. The next
/// line is tried again, after a line that says how many were lost.
final class LineWriter: Sendable {
    /// Bytes that may wait in the queue.
    private static let mostWaiting = 1 << 20

    /// Makes the line about lost lines: how many, and the system's reason if there is one.
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

    /// Queues text that ends with a line end.
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

    /// Accepts no more lines, and waits a short time until the queue is written.
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

    /// The waiting lines; nil if there are none.
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
            // Lines lost in the meantime are counted in the next note.
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
