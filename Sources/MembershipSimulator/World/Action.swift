package import MembershipWire

/// Something that is done to the world at a chosen moment: a fault, its end, or a user's wish.
package enum Action: Hashable, Sendable {
    // Processes.
    /// Starts a host that does not run and lets it join by its seeds.
    case start(Int)
    /// The process is killed: its machine ends its streams at once and says so until that has
    /// arrived; its ports refuse.
    case crash(Int)
    /// The process is killed with unread bytes in its sockets: its machine resets its streams, once.
    case abort(Int)
    /// The machine is gone: nothing comes back any more, not even a refusal.
    case vanish(Int)
    /// The process is killed and its network is removed with it, as a container is: the end of each
    /// stream is said once, then nothing comes back any more.
    case remove(Int)
    /// Killed if it still runs, then started again under the same identity.
    case restart(Int, remembersIncarnation: Bool)
    /// Stopped by a signal: neither timers nor sockets are served; its clock runs on.
    case pause(Int)
    case resume(Int, WakeOrder)
    /// Says goodbye and ends.
    case leave(Int)
    /// The process is out of file descriptors, or has some again: its machine lets connections in,
    /// and the process sees none of them and opens none.
    case setExhausted(Int, Bool)

    // Slowness.
    /// What is received or sent waits so long first; timers keep their time. Zero ends it.
    case starve(Int, receive: Duration, send: Duration)
    /// The node's own clock leaps forward: what a suspended virtual machine sees.
    case leapClock(Int, by: Duration)
    /// The wall clock is set wrong by so much.
    case setWallClock(Int, wrongBy: Duration)

    // The network.
    case setLoss(Probability)
    case setHostLoss(Int, inbound: Probability, outbound: Probability)
    /// Lost datagrams only, of this host or of all: streams pass. A firewall, say.
    case setDatagramLoss(Int?, Probability)
    case setLinkLoss(from: Int, to: Int, Probability)
    /// What a packet filter does to connections in one direction; nil stands for every host.
    /// Datagrams pass.
    case setConnectionFilter(from: Int?, to: Int?, ConnectionFilter)
    /// A middlebox forgets connections and resets both ends: those of these hosts, or all.
    case resetStreams([Int]?)
    case setDuplication(Probability)
    case setReordering(Probability, by: Duration)
    case setLatency(LatencyDistribution)
    /// Nothing passes between `inside` and all others; one way: nothing gets out of `inside`.
    case cut(inside: [Int], isOneWay: Bool, name: Int)
    case heal(name: Int)
    /// Network as new, every host awake and unhindered; who was killed stays so.
    case endFaults

    // Processes that should not be as they are: all of this shows from the next start on.
    /// States this name.
    case rename(Int, NodeAlias)
    /// Has the identity of another host, as after a copied disk.
    case copyIdentity(to: Int, from: Int)
    /// Signs an accusation of a member that it has not even tried to reach, and tells all.
    case accuse(Int, of: Int)

    // Name servers.
    /// From now on the name that all hosts look up answers with these hosts; those that start after the
    /// first answer was set look it up.
    case setSeedName(SeedName)

    // What users do.
    case setMetadata(Int, [UInt8])
    case broadcast(Int, type: UInt16, payload: [UInt8])
    /// The next keyset, which every living member is given.
    case rotateKeys(Int)
    /// Joins this host by that one, once, whatever its seeds.
    case join(Int, by: Int)
}

/// What a process finds first when it wakes: the queue of its sockets or its overdue timers.
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
