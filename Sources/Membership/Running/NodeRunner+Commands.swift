internal import Logging
internal import MembershipCore
internal import MembershipSecurity
import MembershipWire
import NIOCore
import NIOPosix

/// Commands of a cluster's owner, and the end of a node.
extension NodeRunner {
    /// Asks one address for its peer list. `answer` is called once, on the loop.
    func ask(_ endpoint: Endpoint, answer: @escaping (JoinAnswer) -> Void) -> UInt64? {
        guard lifecycle == .running else {
            answer(.stopped)
            return nil
        }
        let attempt = nextAttempt
        nextAttempt += 1
        joins[attempt] = answer
        feed(.join(endpoint, attempt: attempt))
        return attempt
    }

    /// The caller no longer waits for this answer. The attempt itself runs to its end.
    func forgetJoin(_ attempt: UInt64) { joins.removeValue(forKey: attempt)?(.stopped) }

    /// Says goodbye, then stops: when that was confirmed, or after `patience`.
    func leave(patience: TimeAmount) {
        guard lifecycle == .running else { return }
        lifecycle = .leaving
        let runner = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: patience) { runner.value.stop(.left) }
        feed(.leave)
    }

    /// Closes everything, at once and for good.
    func stop(_ reason: StopReason) {
        guard lifecycle != .stopped else { return }
        if case .identityTaken(let endpoint) = reason {
            logger.error(
                "another node uses our identity; this one stops",
                metadata: ["endpoint": "\(endpoint)"])
            tell(.notice(.identityInUse(by: endpoint)))
        }
        // This is the last burst: readers of events must not miss the last ones.
        publish()
        lifecycle = .stopped
        closeTimer()
        for stream in streams.values { stream.abandon() }
        streams = [:]
        let unanswered = joins
        joins = [:]
        for answer in unanswered.values { answer(.stopped) }
        let ungiven = keysGiven
        keysGiven = [:]
        for answer in ungiven.values { answer(.gone) }
        endTalks()
        closeChannels(reason)
    }

    private func closeChannels(_ reason: StopReason) {
        let channels = [datagrams, acceptor].compactMap(\.self)
        (datagrams, acceptor) = (nil, nil)
        for channel in channels { channel.close(promise: nil) }
        let (directory, report) = (settings.directory, diskReport)
        if case .closed = reason { keepMembers() }
        let hasLeft = if case .left = reason { true } else { false }
        let files = NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
            if hasLeft { directory?.forgetMembers() }
            directory?.close(report: report) ?? ()
        }
        let (events, messages, states) = (events, messages, states)
        let (published, stopped) = (published, stopped)
        EventLoopFuture.andAllComplete(channels.map(\.closeFuture) + [files], on: loop)
            .whenComplete { _ in
                events.finish()
                messages.finish()
                states.finish()
                published.end()
                stopped.succeed(reason)
            }
    }

    /// By reason, in the order of the checks; only reasons that occurred.
    var allRefusals: [ClusterStatus.Refusal] {
        var late: [(String, UInt64)] = []
        for reason in Refusal.allCases {
            late.append(("frame-\(reason.name)", gate.counters[reason]))
        }
        late += node.counters.all.map { ("rule-\($0.reason.rawValue)", $0.count) }
        return meter.refused
            + late.lazy.filter { $0.1 > 0 }.map { ClusterStatus.Refusal(reason: $0, count: $1) }
    }

    func makeStatus(at now: ClusterInstant) -> ClusterStatus {
        let list = published.list
        var counts: [MemberState: Int] = [:]
        for state in MemberState.allCases where list.count(state) > 0 {
            counts[state] = list.count(state)
        }
        let agreement = node.agreement
        return ClusterStatus(
            clusterName: settings.clusterName, localMember: published.local,
            uptime: now - startedAt, keyFingerprint: keyset.keyring.primary.fingerprint,
            viewHash: hexadecimal(node.viewDigest.hash, digits: 16), agreeing: agreement.agree,
            heardFrom: agreement.heardFrom, health: node.localHealth, counts: counts,
            traffic: meter.traffic, lifelines: lifelines, states: stateFigures,
            roundTrips: .init(node.roundTrips), recoveries: .init(node.stateTimes.recoveries),
            convictions: .init(node.stateTimes.convictions), deaths: .init(node.stateTimes.deaths),
            refused: allRefusals)
    }

    private var stateFigures: ClusterStatus.States {
        let agreement = node.stateAgreement
        return ClusterStatus.States(
            members: node.states.members.count, bytes: node.states.byteCount,
            withoutValues: node.states.membersWithoutValues, agreeing: agreement.agree,
            heardFrom: agreement.heardFrom)
    }

    var lifelines: ClusterStatus.Lifelines {
        let status = node.lifelineStatus
        return ClusterStatus.Lifelines(
            isOn: status.isOn, held: status.held, watchedBy: status.watchedBy,
            lost: status.counts.lost, falseAlarms: status.counts.falseAlarms,
            gone: status.counts.verdicts)
    }
}

extension ClusterStatus.Durations {
    fileprivate init(_ histogram: DurationHistogram) {
        self.init(bounds: histogram.bounds, counts: histogram.counts, sum: histogram.sum)
    }
}
