package import MembershipCore
import Synchronization

/// The values that members publish, for other threads: one writer, the loop, and any number of readers.
package final class StateBoard: Sendable {
    private let state = Mutex(State())

    package init() {}

    private struct State {
        var maps: [NodeID: StateMap] = [:]
        var readers: [ObjectIdentifier: Unowned] = [:]
        var isFinished = false
    }

    /// The writer does not keep readers alive: dropping the iterator ends the subscription.
    private struct Unowned: Sendable {
        weak var reader: StateSubscription?
    }

    package var states: MemberStates { MemberStates(state.withLock { $0.maps }) }

    func subscribe(prefix: String) -> StateSubscription {
        state.withLock { state in
            let reader = StateSubscription(prefix: prefix, state.maps, board: self)
            if state.isFinished {
                reader.finish()
            } else {
                state.readers[ObjectIdentifier(reader)] = Unowned(reader: reader)
            }
            return reader
        }
    }

    /// A member publishes these values from now on; nil: none.
    package func publish(_ map: StateMap?, of member: NodeID) {
        let readers = state.withLock { state in
            state.maps[member] = map
            return state.readers.values.compactMap(\.reader)
        }
        for reader in readers { reader.note(map, of: member) }
    }

    /// Ends all readers once they have read what they lack.
    package func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            defer { state.readers = [:] }
            return state.readers.values.compactMap(\.reader)
        }
        for reader in readers { reader.finish() }
    }

    /// Which readers have read everything and wait for more.
    package var pendingReads: [Bool] {
        state.withLock { $0.readers.values.compactMap(\.reader) }.map(\.isWaiting)
    }

    fileprivate func remove(_ identifier: ObjectIdentifier) {
        state.withLock { _ = $0.readers.removeValue(forKey: identifier) }
    }
}

/// One reader: the part of each member's map that it has seen, and the members that publish something else now.
final class StateSubscription: Sendable {
    private let board: StateBoard
    private let reader: WaitingReader<Queue>

    private struct Queue: ReaderQueue {
        let prefix: String
        /// The values that members publish now, and those that the reader has seen.
        var current: [NodeID: StateMap]
        var shown: [NodeID: StateMap]
        /// Members that differ, in the order of their first change.
        var changed: [NodeID] = []
        var elements: ReadQueue<StateChange>

        mutating func take() -> StateChange? {
            while true {
                if let change = elements.take() { return change }
                guard !changed.isEmpty else { return nil }
                show(changed.removeFirst())
            }
        }

        mutating func note(_ map: StateMap?, of member: NodeID) {
            current[member] = map
            if !changed.contains(member) { changed.append(member) }
        }

        private mutating func show(_ member: NodeID) {
            let (old, new) = (shown[member], current[member])
            shown[member] = new
            guard let new else {
                if old?.values(prefix: prefix).isEmpty == false { elements.append(.gone(member)) }
                return
            }
            for change in (old ?? .empty).changes(to: new)
            where change.key.text.hasPrefix(prefix) {
                elements.append(
                    change.value.map { .set(member, key: change.key.text, value: $0) }
                        ?? .removed(member, key: change.key.text))
            }
        }
    }

    fileprivate init(prefix: String, _ maps: [NodeID: StateMap], board: StateBoard) {
        self.board = board
        reader = WaitingReader(
            Queue(
                prefix: prefix, current: maps, shown: maps,
                elements: ReadQueue([.snapshot(MemberStates(maps, prefix: prefix))])))
    }

    deinit { board.remove(ObjectIdentifier(self)) }

    /// Whether its reader has handled everything and waits for more.
    fileprivate var isWaiting: Bool { reader.isWaiting }

    fileprivate func note(_ map: StateMap?, of member: NodeID) {
        _ = reader.change { $0.note(map, of: member) }
    }

    fileprivate func finish() { reader.finish() }

    func next(isolation actor: isolated (any Actor)? = #isolation) async -> StateChange? {
        await reader.next(isolation: actor)
    }
}
