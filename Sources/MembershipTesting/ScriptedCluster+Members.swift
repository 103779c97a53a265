public import Membership
internal import MembershipCore
import Synchronization

/// The steps of a script that are about members. Each returns the member after the step.
extension ScriptedCluster {
    /// A member is new, or comes back after it was dead or had left.
    ///
    /// - Parameters:
    ///   - name: its name, from which its id follows.
    ///   - endpoint: its address; nil: the one that it had, or 10.0.0.2:2254, 10.0.0.3:2254 and so on.
    ///   - tags: its metadata.
    @discardableResult
    public func join(
        _ name: NodeAlias, at endpoint: Endpoint? = nil, tags: Tags = [:]
    ) -> Member {
        join(name, at: endpoint, metadata: tags.metadata)
    }

    /// The same with metadata that is not in the form of tags, at most 512 bytes.
    @discardableResult
    public func join(
        _ name: NodeAlias, at endpoint: Endpoint? = nil, metadata: [UInt8]
    ) -> Member {
        precondition(metadata.count <= Bounds.metadataBytes, "the metadata of \(name) is too long")
        return step(name) { script, old in
            guard let old else {
                let new = script.newMember(name, at: endpoint, metadata: metadata)
                return (new, .joined(new))
            }
            precondition(!old.isLiving, "\(name) cannot join: it is \(old.state.rawValue)")
            let new = old.changed(
                .alive, incarnation: old.incarnation.next, endpoint: endpoint, metadata: metadata,
                boot: old.boot + 1)
            return (new, .joined(new))
        }
    }

    /// An alive member does not answer.
    @discardableResult
    public func suspect(_ name: NodeAlias) -> Member {
        step(name, .suspect, from: [.alive], as: ClusterEvent.suspected)
    }

    /// A suspect answers.
    @discardableResult
    public func recover(_ name: NodeAlias) -> Member {
        step(name, .alive, from: [.suspect], as: ClusterEvent.recovered)
    }

    /// A living member is declared dead. Its published values are gone.
    @discardableResult
    public func fail(_ name: NodeAlias) -> Member {
        step(name, .dead, from: [.alive, .suspect], as: ClusterEvent.failed)
    }

    /// A living member says goodbye. Its published values are gone.
    @discardableResult
    public func leave(_ name: NodeAlias) -> Member {
        step(name, .left, from: [.alive, .suspect], as: ClusterEvent.left)
    }

    /// A living member has restarted before it was declared dead. Its published values are gone.
    @discardableResult
    public func restart(_ name: NodeAlias) -> Member {
        step(name) { _, old in
            let old = Self.other(name, old, .alive, from: [.alive, .suspect])
            let new = old.changed(
                .alive, incarnation: old.incarnation.next, boot: old.boot + 1)
            return (new, .restarted(new))
        }
    }

    /// A living member changes its address or its metadata; nil: that stays. It may be this node.
    @discardableResult
    public func update(
        _ name: NodeAlias, at endpoint: Endpoint? = nil, tags: Tags? = nil
    ) -> Member {
        update(name, at: endpoint, metadata: tags?.metadata)
    }

    /// The same with metadata that is not in the form of tags, at most 512 bytes.
    @discardableResult
    public func update(
        _ name: NodeAlias, at endpoint: Endpoint? = nil, metadata: [UInt8]?
    ) -> Member {
        step(name) { _, old in
            guard let old, old.isLiving else {
                preconditionFailure("\(name) cannot change its statement: \(Self.words(old))")
            }
            let new = old.changed(
                old.state, incarnation: old.incarnation.next, endpoint: endpoint,
                metadata: metadata)
            return (new, .updated(new, was: old))
        }
    }

    /// A dead or left member is no longer listed.
    public func remove(_ name: NodeAlias) {
        step(name) { script, old in
            let old = Self.other(name, old, .dead, from: [.dead, .left])
            script.members[old.id] = nil
            return (old, .removed(old))
        }
    }

    /// A notice for people, such as `.tooManyFiles`.
    public func notice(_ notice: ClusterNotice) { publish([]) { _ in .notice(notice) } }

    /// From now on the views of the other members differ from this one, until `agree`. A
    /// `waitUntil(living:)` then waits.
    public func disagree() {
        publish([]) { script in
            script.isAgreed = false
            return nil
        }
    }

    /// From now on the views of the other members are equal to this one. So it is at the start.
    public func agree() {
        publish([]) { script in
            script.isAgreed = true
            return nil
        }
    }
}

// MARK: Steps

extension ScriptedCluster {
    /// A step from one state to another, of a member other than this node.
    private func step(
        _ name: NodeAlias, _ state: MemberState, from states: Set<MemberState>,
        as event: (Member) -> ClusterEvent
    ) -> Member {
        step(name) { _, old in
            let old = Self.other(name, old, state, from: states)
            // A member answers a suspicion by its next incarnation.
            let new = old.changed(
                state, incarnation: state == .alive ? old.incarnation.next : old.incarnation,
                reason: state == .alive || state == .left ? nil : self.published.local)
            return (new, event(new))
        }
    }

    /// The member before the step; traps if it cannot take it.
    private static func other(
        _ name: NodeAlias, _ member: Member?, _ state: MemberState, from states: Set<MemberState>
    ) -> Member {
        guard let member, states.contains(member.state), !member.isSelf else {
            preconditionFailure(
                "\(name) cannot take the step to \(state.rawValue): \(words(member))")
        }
        return member
    }

    private static func words(_ member: Member?) -> String {
        guard let member else { return "there is no such member" }
        return member.isSelf ? "it is this node" : "it is \(member.state.rawValue)"
    }

    @discardableResult
    private func step(
        _ name: NodeAlias,
        _ change: (inout Script, Member?) -> (member: Member, event: ClusterEvent)
    ) -> Member {
        let id = Script.id(of: name)
        var result: Member?
        publish([id]) { script in
            let old = script.members[id]
            let (member, event) = change(&script, old)
            if case .removed = event {} else { script.members[id] = member }
            // Published values end with their process.
            if !member.isLiving || member.boot != old?.boot, script.maps[id] != nil {
                script.maps[id] = nil
                board.publish(nil, of: id)
            }
            result = member
            return event
        }
        guard let result else { preconditionFailure("a step has no member") }
        return result
    }

    /// Carries out a step, and publishes the view and then the event, as a node does. Steps of several
    /// threads come one after the other. A script that has ended publishes nothing.
    func publish(_ changed: [NodeID], _ step: (inout Script) -> ClusterEvent?) {
        script.withLock { script in
            let event = step(&script)
            guard !script.hasEnded else { return }
            for id in changed { script.index.noteChange(of: id) }
            script.index.update { id in
                // Not before any reader's clock: so every time in a state is zero.
                script.members[id].map {
                    MemberList.Row(member: $0, since: ClusterInstant(nanoseconds: .max))
                }
            }
            let list = script.index.list
            let others = list.count(.alive) + list.count(.suspect) - 1
            let local = changed.compactMap { script.members[$0] }.first(where: \.isSelf)
            published.publish(
                list, local: local,
                ReadAgreement(agreeing: script.isAgreed ? others : 0, heardFrom: others))
            broadcaster.publish(event.map { [$0] } ?? [], members: list)
        }
    }
}

extension Member {
    /// The member after a step; nil: that stays.
    fileprivate func changed(
        _ state: MemberState, incarnation: Incarnation, endpoint: Endpoint? = nil,
        metadata: [UInt8]? = nil, boot: UInt64? = nil, reason accuser: Member? = nil
    ) -> Member {
        Member(
            id: id, name: name, state: state, endpoint: endpoint ?? self.endpoint,
            incarnation: incarnation, metadata: metadata ?? self.metadata, isSelf: isSelf,
            roundTripTime: nil, timeInState: .zero,
            reason: accuser.map {
                Reason(accusers: [$0.name], text: "by \($0.name): as the script says", deadIn: nil)
            }, boot: boot ?? self.boot)
    }
}
