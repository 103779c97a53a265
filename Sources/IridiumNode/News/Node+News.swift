package import IridiumShell
import Membership
import Synchronization
import SystemPackage

/// News that a node reports to its listeners without a request.
package enum NodeNews: Sendable {
    /// A member changed.
    case change(ChangeOfMember)
    /// A member sent a message to all.
    case message(MessageOfMember)
    /// A fault. The node keeps running; after `identityInUse` and `clusterStopped` without a
    /// cluster.
    case warning(IridiumError)
    /// The same, if the answer to a join under way reports it too.
    case answered(IridiumError)
    /// A note for people.
    case note(String)
}

/// Listeners, the latest events, and the warnings already given.
struct News: Sendable {
    /// Event lines kept for `!cluster_events`.
    static let keptLines = 200
    /// A warning about one member is not repeated within this time.
    static let quiet = Duration.seconds(60)
    /// Number of subjects remembered for that; more than there are seeds and silent members.
    static let keptSubjects = 1_024

    var listeners: [Int: @Sendable (NodeNews) -> Void] = [:]
    var nextListener = 0
    var lines: [EventLine] = []
    /// While a join is under way, its answer names the members; the joins are not reported one by
    /// one.
    var isJoining = false
    var crowd = Crowd()
    /// A warning that came during a join. The answer may contain the same one.
    var withheld: IridiumError?
    private var said: [String: (text: String, at: ContinuousClock.Instant)] = [:]

    mutating func keep(_ line: EventLine) {
        if lines.count >= Self.keptLines { lines.removeFirst() }
        lines.append(line)
    }

    /// Whether `text` about `subject` is news: another text than last time, or the same after
    /// `quiet`.
    mutating func isNew(_ text: String, about subject: String, mayRepeat: Bool) -> Bool {
        let now = ContinuousClock.now
        if let last = said[subject], last.text.utf8.elementsEqual(text.utf8) {
            guard mayRepeat, now - last.at >= Self.quiet else { return false }
        }
        if said.count >= Self.keptSubjects { said.removeAll() }
        said[subject] = (text, now)
        return true
    }
}

extension Node {
    /// Reports all future news to `listener`, in order. It must not block for long: the node waits.
    @discardableResult
    package func listen(_ listener: @escaping @Sendable (NodeNews) -> Void) -> Int {
        let number = news.nextListener
        news.nextListener += 1
        news.listeners[number] = listener
        return number
    }

    func endNews() { news.listeners = [:] }

    /// Follows a cluster until it has stopped. `events` were subscribed to before its start: a seed
    /// that refuses our join does so within a millisecond, and once.
    func watch(_ cluster: Cluster, _ events: ClusterEvents.Iterator) -> Task<Void, Never> {
        let members = FollowedCluster()
        followed.withLock { $0 = members }
        return Task {
            while let event = await events.next(isolation: self) {
                let (changes, message) = members.take(event)
                for change in changes { tell(change) }
                if let message {
                    news.keep(message.eventLine)
                    tell(.message(message))
                }
                news.crowd.heard(of: members.count)
                if case .notice(let notice) = event { tell(notice, of: cluster) }
            }
            news.crowd.heard(of: .max)
            await noteEnd(of: cluster)
        }
    }

    /// A cluster has stopped. If nothing requested that, a warning says so. The node then has no
    /// cluster, and can start or join another.
    private func noteEnd(of cluster: Cluster) async {
        // Its sockets and its directory are free again before it counts as gone.
        await cluster.abandon()
        guard self.cluster?.cluster === cluster else { return }
        self.cluster = nil
        guard !news.isJoining else { return news.withheld = .clusterStopped }
        tell(.warning(.clusterStopped))
    }

    private func tell(_ change: ChangeOfMember) {
        // States at the start, including the arrival of this node, are not news.
        guard !change.isSnapshot, !(change.member.isSelf && change.kind == .joined) else { return }
        let line = change.eventLine
        news.keep(line)
        guard !(news.isJoining && change.kind == .joined) else { return }
        tell(.change(change))
    }

    private func tell(_ notice: ClusterNotice, of cluster: Cluster) {
        let me = cluster.localMember
        switch notice {
        case .noUDP(let name, let endpoint):
            let error = IridiumError.noUDP(
                to: name.text, endpoint, fault: settings.udpFault(to: endpoint))
            warn(error, about: "udp " + name.text, mayRepeat: true)
        case .onlyTCP(let name, let endpoint):
            let text =
                "\(name.text) (\(endpoint)) answers by TCP only: "
                + settings.udpFault(to: endpoint).reason(to: endpoint)
            guard news.isNew(text, about: "udp " + name.text, mayRepeat: true) else { return }
            tell(.note(text))
        case .contradiction(let name, let endpoint, _):
            let text =
                "\(name) (\(endpoint)) has signed two statements under one incarnation: it lies, or "
                + "two processes use its identity"
            guard news.isNew(text, about: "contradiction " + name.text, mayRepeat: false) else {
                return
            }
            tell(.note(text))
        case .nameContested(let name, let bearer, let place, let other, let otherPlace):
            let text =
                other == me.id
                ? "the name \(name) belongs to \(place) (\(bearer.short)), which had it first: this node is "
                    + "shown as \(other) until that member leaves; start it with another --node-alias"
                : "\(otherPlace) (\(other.short)) states the name \(name), which belongs to \(place) "
                    + "(\(bearer.short)): it is shown as \(other)"
            guard news.isNew(text, about: "name \(name)", mayRepeat: false) else { return }
            tell(.note(text))
        case .uncallable(let name, let endpoint):
            let text =
                "\(name) calls others but does not answer at \(endpoint), the address that it states: it stays "
                + "dead until it answers there"
            guard news.isNew(text, about: "call " + name.text, mayRepeat: false) else { return }
            tell(.note(text))
        case .ownAddressUncallable(let endpoint, let members):
            let who =
                members.isEmpty
                ? "the other members hold this node dead, because they get no answer from it at \(endpoint)"
                : "\(members.map(\.text).joined(separator: ", ")) got no answer from this node at \(endpoint)"
            let text =
                who
                + ", the address that it states. Try --advertise with an address that leads here, or "
                + "open its port \(endpoint.port) for UDP and TCP"
            guard news.isNew(text, about: "own address", mayRepeat: true) else { return }
            tell(.note(text))
        case .ownBootClaimed(let name, let endpoint):
            let text =
                "\(name) (\(endpoint)) states the boot key of this node as its own: it lies. This node "
                + "continues under a new boot key"
            guard news.isNew(text, about: "boot " + name.text, mayRepeat: false) else { return }
            tell(.note(text))
        case .forgotten(let file, let path, let reason):
            let subject =
                switch file {
                case .members: "the file of known members"
                case .incarnation: "the file of the last incarnation"
                case .entitled: "the file of members that may return with a retired key"
                }
            tell(.note("\(subject) is not used, and is kept as \(path): \(reason)"))
        case .identityInUse(let other):
            let error = IridiumError.identityInUse(
                name: name, at: other.address, upFor: nil, id: me.id.short)
            if self.cluster?.cluster === cluster { self.cluster = nil }
            guard !news.isJoining else { return news.withheld = error }
            warn(error, about: "identity", mayRepeat: true)
        case .stillAlone(let tried):
            let text =
                "still alone: tried \(tried.joined(separator: ", ")). "
                + "Waiting; others can also join us at \(me.endpoint)"
            guard news.isNew(text, about: "alone", mayRepeat: false) else { return }
            tell(.note(text))
        case .keysChanged(let version, let stage, let fingerprint, let author):
            let driver = author.map(cluster.members.nameOrShortForm)
            tell(
                .note(
                    "cluster keys: version \(version) (\(stage.rawValue)), key \(fingerprint) seals"
                        + (driver.map { "; rotated by \($0)" } ?? "")))
        case .keysNotKept(let path, let reason):
            let text =
                "new cluster keys cannot be written to \(path): \(reason). This node continues with the "
                + "old ones. Once they are retired, it loses the other members"
            guard news.isNew(text, about: "keys", mayRepeat: false) else { return }
            tell(.note(text))
        case .cannotSend(let name, let endpoint, let errno):
            let known = settings.udpFault(to: endpoint)
            let fault = known == .onTheWay ? .unsendable(Errno(rawValue: errno).text) : known
            let text =
                "no datagram can be sent to \(name) (\(endpoint)): \(fault.reason(to: endpoint))"
            guard news.isNew(text, about: "send \(name)", mayRepeat: false) else { return }
            tell(.note(text))
        case .tooManyFiles: warn(.tooManyFilesNow, about: "files", mayRepeat: true)
        case .seedsUnknown(let provider, let reason):
            guard news.isNew(reason, about: "provider " + provider, mayRepeat: false) else {
                return
            }
            tell(.note("no seeds from \(provider): \(reason). It will be asked again"))
        case .seedFailed(let seed, let failure):
            let context = ClusterErrorContext(
                settings: settings, ownName: name, ownID: me.id.short, ownEndpoint: me.endpoint,
                keyFingerprint: self.cluster?.keyFingerprint ?? "-", span: .zero)
            guard news.isNew(failure.brief, about: "seed " + seed, mayRepeat: false) else {
                return
            }
            tell(.warning(failure.words(seed: seed, in: context)))
            guard news.isNew("trying", about: "seeds", mayRepeat: false) else { return }
            tell(.note("not joined yet: this node keeps running and keeps trying its seeds"))
        }
    }

    private func warn(_ error: IridiumError, about subject: String, mayRepeat: Bool) {
        guard news.isNew(error.description, about: subject, mayRepeat: mayRepeat) else { return }
        tell(.warning(error))
    }

    /// The join is over, with this answer. News withheld meanwhile are reported now.
    func endJoining(_ answer: IridiumError?) {
        news.isJoining = false
        guard let error = news.withheld.take() else { return }
        guard error == answer else {
            return warn(error, about: "identity", mayRepeat: true)
        }
        tell(.answered(error))
    }

    func tell(_ item: NodeNews) {
        for (_, listener) in news.listeners.sorted(by: { $0.key < $1.key }) { listener(item) }
    }
}
