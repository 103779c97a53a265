import MembershipWire

/// The conversations that other members have opened, from JOIN on, and whose place a caller takes when
/// all places are taken.
///
/// One party must not hold all places by doing nothing, and identities cost nothing. So three things are
/// counted. A member has two conversations of a purpose, and a third ends its oldest. Members that have never
/// answered us leave some places to the others. And when all are taken, the network that has most of them
/// gives one to a network that has fewer; or a conversation ends that has been silent for a while.
///
/// A conversation for messages is never ended: an application may be slow with its answer, and would be
/// asked a second time.
struct Conversations: Sendable {
    private var open: [StreamID: Conversation] = [:]
    private let configuration: CoreConfiguration

    private struct Conversation {
        let caller: Caller
        var heardAt: ClusterInstant
    }

    /// A caller, as far as its place depends on it.
    struct Caller: Sendable {
        let member: NodeID
        let purpose: StreamSession.AcceptedPurpose
        /// Nil if the shell does not know it.
        let network: Network?
        /// It has never answered us.
        let isStranger: Bool

        var isSync: Bool { purpose == .sync || purpose == .states }
    }

    enum Place: Equatable, Sendable {
        case free
        /// This one ends for it.
        case insteadOf(StreamID)
        case taken
    }

    init(_ configuration: CoreConfiguration) { self.configuration = configuration }

    mutating func begin(_ id: StreamID, with caller: Caller, at now: ClusterInstant) {
        open[id] = Conversation(caller: caller, heardAt: now)
    }

    mutating func heard(on id: StreamID, at now: ClusterInstant) { open[id]?.heardAt = now }

    mutating func end(_ id: StreamID) { open[id] = nil }

    /// The place that a caller gets.
    func place(for caller: Caller, at now: ClusterInstant) -> Place {
        if caller.purpose != .message {
            let own = open.filter {
                $0.value.caller.member == caller.member
                    && $0.value.caller.purpose == caller.purpose
            }
            if own.count >= configuration.conversationsOfOneCaller, let oldest = own.keys.min() {
                return .insteadOf(oldest)
            }
        }
        guard let candidates = rivals(of: caller) else { return .free }
        let sizes = candidates.reduce(into: [:]) { $0[$1.value.caller.network, default: 0] += 1 }
        let most = sizes.values.max() ?? 0
        let crowd = candidates.filter {
            sizes[$0.value.caller.network] == most && $0.value.caller.purpose != .message
        }
        // The networks are as equal afterwards as before, at least.
        if most > sizes[caller.network, default: 0] + 1, let oldest = crowd.keys.min() {
            return .insteadOf(oldest)
        }
        let silent = crowd.filter { now - $0.value.heardAt >= configuration.conversationSilence }
        return silent.keys.min().map { .insteadOf($0) } ?? .taken
    }

    /// The conversations of which one must end before the caller can have its; nil if none must.
    private func rivals(of caller: Caller) -> [StreamID: Conversation]? {
        let kinds: [(limit: Int, isMeant: (Caller) -> Bool)] = [
            (configuration.incomingStreams, { _ in true }),
            (configuration.incomingSyncs, { $0.isSync }),
            (configuration.incomingStreamsOfStrangers, { $0.isStranger }),
            (configuration.incomingSyncsOfStrangers, { $0.isStranger && $0.isSync }),
        ]
        let full = kinds.filter { kind in
            kind.isMeant(caller)
                && open.values.lazy.filter { kind.isMeant($0.caller) }.count >= kind.limit
        }
        guard !full.isEmpty else { return nil }
        return open.filter { conversation in
            full.allSatisfy { $0.isMeant(conversation.value.caller) }
        }
    }
}
