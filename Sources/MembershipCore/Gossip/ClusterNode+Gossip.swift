import MembershipWire

/// News travels at once: a rumor leaves within milliseconds, to six members, then in doubling gaps
/// to two at a time. Everybody knows within tens of milliseconds, and the later waves and the view
/// digest repair what was lost. Specs/Protocol.md, "Rumors".
extension ClusterNode {
    /// Queues news for everybody.
    mutating func spread(
        _ item: Item, about subject: RumorQueue.Subject, _ urgency: RumorQueue.Urgency,
        at now: ClusterInstant
    ) {
        guard view.table.livingCount > 1 else { return }
        let isBulk = urgency == .record && rumors.waitingRecords >= configuration.bulkRecords
        let delay: Duration =
            if isBulk {
                configuration.coalesce * configuration.bulkFactor
            } else if rumors.waiting >= configuration.busyRumors {
                configuration.coalesce * configuration.busyFactor
            } else {
                configuration.coalesce
            }
        let sends = isBulk ? configuration.firstWave : sendsPerRumor
        if !rumors.add(item, about: subject, urgency, sends: sends, due: now + delay) {
            counters.count(.queueFull)
        }
        deadlines.setNoLater(.rumors, than: now + delay)
    }

    /// ln N + 5, rounded up, in integers: ln 2 is 693 thousandths. In a tiny cluster twice to each.
    private var sendsPerRumor: Int {
        let others = max(1, view.table.livingCount - 1)
        let log2 = Int.bitWidth - others.leadingZeroBitCount
        return min(
            (log2 * 693 + 999) / 1000 + configuration.extraSends,
            others * configuration.sendsPerMember)
    }

    /// A wave is due. First waves go before repairs; an empty bucket postpones, and never drops.
    mutating func spreadRumors(in turn: inout Turn) {
        for isFirstWave in [true, false] {
            let due = rumors.due(at: turn.now, isFirstWave: isFirstWave)
            guard !due.isEmpty else { continue }
            let fanOut = isFirstWave ? configuration.firstWave : configuration.repairWave
            let targets = randomMembers(fanOut) { _, state in state.isLiving }
            guard !targets.isEmpty else {
                // Nobody is left to tell. Whoever comes next is given the peer list; rumors kept
                // for then would be due again at once, over and over.
                rumors.removeAll()
                return
            }
            let budget = bucket.available(at: turn.now) / targets.count
            guard budget > 0 else {
                rumors.postpone(to: turn.now + configuration.gossipRetry)
                break
            }
            let (datagrams, sent) = pack(due, into: budget)
            for target in targets {
                for datagram in datagrams {
                    turn.effects.append(
                        .send(datagram, sequence: nextSequence(), to: target.destination))
                }
            }
            bucket.take(datagrams.count * targets.count)
            rumors.sent(sent, to: targets.count, at: turn.now, configuration)
        }
        if let next = rumors.earliestDue {
            deadlines.set(.rumors, at: max(next, turn.now + configuration.shortestWavePause))
        }
    }

    /// Fills at most `limit` datagrams with rumors in the order given; returns what fitted.
    private func pack(
        _ due: [RumorQueue.Rumor], into limit: Int
    ) -> (datagrams: [Datagram], sent: Set<UInt64>) {
        var datagrams: [Datagram] = []
        var sent: Set<UInt64> = []
        let empty = Datagram(.gossip(isLastCall: false))
        var current = empty
        var bytes = empty.byteCount
        for rumor in due {
            let isFull =
                bytes + rumor.bytes > Bounds.plaintextBytes.upperBound
                || current.items.count == Bounds.itemsPerDatagram
            if isFull {
                datagrams.append(current)
                current = empty
                bytes = empty.byteCount
                if datagrams.count == limit { break }
            }
            current.items.append(rumor.item)
            bytes += rumor.bytes
            sent.insert(rumor.serial)
        }
        if !current.items.isEmpty, datagrams.count < limit { datagrams.append(current) }
        return (datagrams, sent)
    }

    /// Lets rumors travel on a heartbeat or ack, most urgent first, as far as they fit.
    mutating func takeAlong(
        rumorsInto datagram: inout Datagram, upTo byteLimit: Int, except member: NodeID
    ) {
        guard !rumors.isEmpty else { return }
        var bytes = datagram.byteCount
        var taken: [UInt64] = []
        for index in rumors.inOrder(Array(rumors.rumors.indices))
        where bytes + rumors.rumors[index].bytes <= byteLimit {
            let rumor = rumors.rumors[index]
            guard datagram.items.count < Bounds.itemsPerDatagram else { break }
            guard rumor.subject != .member(member), !datagram.items.contains(rumor.item) else {
                continue
            }
            datagram.items.append(rumor.item)
            bytes += rumor.bytes
            taken.append(rumor.serial)
        }
        rumors.sentAlong(taken)
    }

    /// Up to `count` distinct other members that are eligible, chosen at random.
    mutating func randomMembers(
        _ count: Int, where isEligible: (NodeID, MemberState) -> Bool
    ) -> [MemberRecord] {
        view.table.sample(count, except: ownRecord.id, using: &random, where: isEligible)
    }
}

extension MemberTable {
    /// Beside the node and not part of it: a closure that looks at members would have the whole node
    /// copied for every look.
    fileprivate func sample(
        _ wanted: Int, except own: NodeID, using random: inout RandomSource,
        where isEligible: (NodeID, MemberState) -> Bool
    ) -> [MemberRecord] {
        guard count > 1, wanted > 0 else { return [] }
        var chosen: [Int] = []
        chosen.reserveCapacity(wanted)
        func consider(_ index: Int) {
            let id = id(at: index)
            guard id != own, isEligible(id, state(at: index)), !chosen.contains(index) else {
                return
            }
            chosen.append(index)
        }
        // Dice first; in a table full of tombstones, a walk from a random place.
        for _ in 0..<(wanted * 4) where chosen.count < wanted { consider(random.below(count)) }
        if chosen.count < wanted {
            let start = random.below(count)
            for offset in 0..<count where chosen.count < wanted {
                consider((start + offset) % count)
            }
        }
        return chosen.map { entry(at: $0).record }
    }
}
