import MembershipCore
package import MembershipWire

/// An action on the world at a chosen moment: a fault, its end, or a user's request.
package enum Action: Hashable, Sendable {
    // Processes.
    /// Starts a stopped host and lets it join by its seeds.
    case start(Int)
    /// The process is killed. Its machine ends its streams at once and repeats that until it has
    /// arrived; its ports refuse.
    case crash(Int)
    /// The process is killed with unread bytes in its sockets: its machine resets its streams, once.
    case abort(Int)
    /// The machine is gone: nothing comes back any more, not even a refusal.
    case vanish(Int)
    /// The process is killed and its network is removed with it, like a container's. The end of
    /// each stream is sent once, then nothing comes back any more.
    case remove(Int)
    /// Killed if it still runs, then started again under the same identity.
    case restart(Int, remembersIncarnation: Bool)
    /// Stopped by a signal: neither timers nor sockets are served; its clock runs on.
    case pause(Int)
    case resume(Int, WakeOrder)
    /// Says goodbye and ends.
    case leave(Int)
    /// The process has no file descriptors left, or has some again. Its machine accepts
    /// connections, and the process sees none of them and opens none.
    case setExhausted(Int, Bool)

    // Slowness.
    /// Everything received or sent waits this long first; timers keep their time. Zero ends it.
    case starve(Int, receive: Duration, send: Duration)
    /// The node's own clock leaps forward, as in a suspended virtual machine.
    case leapClock(Int, by: Duration)
    /// The wall clock is wrong by this much.
    case setWallClock(Int, wrongBy: Duration)

    // The network.
    case setLoss(Probability)
    case setHostLoss(Int, inbound: Probability, outbound: Probability)
    /// Only datagrams are lost, of this host or of all; streams pass. A firewall, for example.
    case setDatagramLoss(Int?, Probability)
    case setLinkLoss(from: Int, to: Int, Probability)
    /// The behaviour of a packet filter towards connections in one direction; nil stands for every
    /// host. Datagrams pass.
    case setConnectionFilter(from: Int?, to: Int?, ConnectionFilter)
    /// A middlebox forgets connections and resets both ends: those of these hosts, or all.
    case resetStreams([Int]?)
    /// The address that the host states does not lead to it, or does again: what is sent there is lost,
    /// and connections to it are refused. Its own connections pass, both ways.
    case setUncallable(Int, Bool)
    case setDuplication(Probability)
    case setReordering(Probability, by: Duration)
    case setLatency(LatencyDistribution)
    /// Nothing passes between `inside` and all others; one way: nothing gets out of `inside`.
    case cut(inside: [Int], isOneWay: Bool, name: Int)
    case heal(name: Int)
    /// The network is as at the start, and every host is awake and unhindered; killed hosts stay
    /// stopped.
    case endFaults

    // Faulty processes: all of these take effect at the next start.
    /// The host states this name.
    case rename(Int, NodeAlias)
    /// The host has the identity of another host, as after a copied disk.
    case copyIdentity(to: Int, from: Int)
    /// Makes up so many members, tells all of them, and never answers in their names.
    case conjure(Int, by: Int)
    /// Each of the members made up so far states its next incarnation.
    case speakForGhosts(by: Int)
    /// The host signs an accusation of a member that it has not even tried to reach, and sends it
    /// to all.
    case accuse(Int, of: Int)

    // Name servers.
    /// From now on the name that all hosts look up resolves to these hosts. Hosts that start after
    /// the first answer was set look it up.
    case setSeedName(SeedName)

    // Requests of users.
    case setMetadata(Int, [UInt8])
    /// The host writes one value of its state, or removes it.
    case writeState(Int, StateEntry)
    case broadcast(Int, type: UInt16, payload: [UInt8])
    /// Makes the next keyset, which every living member receives.
    case rotateKeys(Int)
    /// Joins this host through the other one, once, whatever its seeds.
    case join(Int, by: Int)
    /// These members tell all others, in their own name and truly signed, that one is gone.
    case accuseOfBeingGone([Int], of: Int)
}

/// The first event for a process that wakes: the queue of its sockets or its overdue timers.
package enum WakeOrder: String, Hashable, Sendable, CaseIterable {
    case socketsFirst
    case timersFirst
}

/// An action and its moment.
package struct PlannedAction: Hashable, Sendable {
    package var time: WorldInstant
    package var action: Action

    package init(at time: WorldInstant, _ action: Action) {
        self.time = time
        self.action = action
    }

    package init(after duration: Duration, _ action: Action) {
        self.init(at: .beginning + duration, action)
    }
}

extension PlannedAction {
    /// A host makes up members, and each states its next incarnation twice a second.
    static func ghosts(
        _ count: Int, by host: Int, from start: WorldInstant, for length: Duration
    ) -> [PlannedAction] {
        let pause: Duration = .milliseconds(500)
        let rounds = Int(length.nanoseconds / pause.nanoseconds)
        return [PlannedAction(at: start, .conjure(count, by: host))]
            + (0..<rounds).map {
                PlannedAction(at: start + pause * ($0 + 1), .speakForGhosts(by: host))
            }
    }
}
