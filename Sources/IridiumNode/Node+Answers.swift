package import IridiumShell
import IridiumVM
package import Membership
import MembershipWire
import SystemPackage

/// Answers the requests of a session.
extension Node {
    /// Carries out a request and returns the result. Cancellation stops the wait, not the work.
    ///
    /// `programs` receives the output of spawned programs and their ends.
    package func answer(
        _ request: ShellRequest, programs: @escaping ProgramScheduler.Owner
    ) async -> ShellAnswer {
        switch request {
        case .readFile(let path, let maximumBytes, _):
            return Self.readFile(path, maximumBytes: maximumBytes)
        case .startCluster:
            return await answer { () async throws(IridiumError) in
                .clusterStarted(try await self.startCluster())
            }
        case .joinCluster(let seed):
            return await answer { () async throws(IridiumError) in
                .clusterJoined(try await self.joinCluster(seed))
            }
        case .leaveCluster:
            return await leaveCluster().map { .clusterLeft(told: $0) } ?? .clusterOff
        case .listMembers: return await memberListing().map { .members($0) } ?? .clusterOff
        case .listStates(let member):
            guard runningCluster != nil else { return .clusterOff }
            return await answer { () async throws(IridiumError) in
                .states(try await self.stateListing(of: member))
            }
        case .listEvents: return cluster == nil ? .clusterOff : .events(news.lines)
        case .send(let text):
            guard cluster != nil else { return .clusterOff }
            return await answer { () async throws(IridiumError) in
                .messageSent(members: try await self.send(Array(text.utf8), type: 0))
            }
        case .check(let target):
            return await answer { () async throws(IridiumError) in
                .reachability(try await self.check(target))
            }
        case .status: return .status(await statusJSON())
        case .forget(let member):
            return await answer { () async throws(IridiumError) in
                .forgotten(
                    try await self.forget(member, everywhere: false, command: "!forget"))
            }
        case .demo(let order):
            return await answer { () async throws(IridiumError) in
                guard let demo = self.settings.demo else { throw .noDemo }
                return .demo(
                    try await demo.carryOut(order, session: self.runningCluster))
            }
        case .spawn(let image, let path):
            let machine = Machine(id: machineID, alias: settings.name?.text, image: image)
            guard let number = scheduler.spawn(machine, path: path, owner: programs) else {
                return .failed(.tooManyPrograms(limit: ProgramScheduler.mostPrograms))
            }
            return .programSpawned(number)
        case .listPrograms: return .programs(scheduler.rows)
        case .killProgram(let number):
            return scheduler.kill(number) ? .programKilled(number) : .noSuchProgram(number)
        }
    }

    private func answer(
        _ body: () async throws(IridiumError) -> ShellAnswer
    ) async -> ShellAnswer {
        do throws(IridiumError) {
            return try await body()
        } catch {
            return .failed(error)
        }
    }

    private static func readFile(_ path: String, maximumBytes: Int) -> ShellAnswer {
        guard !SystemCall.isDirectory(path) else {
            return .fileFailed(FileFailure(step: .reading, reason: "is a directory"))
        }
        do throws(Errno) {
            let bytes = try SystemCall.read(path, limit: maximumBytes)
            // A session quotes a file that it cannot read as a program.
            guard !SecretContent.isLikely(bytes) else { return .failed(.holdsSecret(path: path)) }
            return .file(bytes)
        } catch {
            let step: FileFailure.Step =
                [.fileTooLarge, .ioError, .isDirectory].contains(error) ? .reading : .opening
            return .fileFailed(FileFailure(step: step, reason: error.text))
        }
    }

    /// All members and their agreement; nil while the cluster is off.
    package func memberListing() async -> MemberListing? {
        guard let cluster = runningCluster else { return nil }
        let members = await cluster.freshMembers()
        let status = await cluster.status()
        return MemberListing(
            rows: members.map { MemberRow($0) },
            view: ViewAgreement(status: status, members: members))
    }

    func check(_ target: CheckTarget) async throws(IridiumError) -> ReachabilityReport {
        let members = await runningCluster?.freshMembers()
        switch target {
        case .address(let address): return await Reachability.check(address, known: members ?? [])
        case .member(let name):
            guard let members else { throw .clusterOff(command: "!cluster_check") }
            guard let member = members.first(where: { $0.name.text.utf8.elementsEqual(name.utf8) })
            else { throw .noSuchMember(name, suggestion: nil) }
            let address = HostAndPort(
                host: "\(member.endpoint.address)", port: member.endpoint.port)
            return await Reachability.check(address, known: [member])
        }
    }
}

extension MemberRow {
    /// A member as a row of the table.
    package init(_ member: Member) {
        self.init(
            name: member.name.text,
            statedName: member.statedName == member.name ? nil : member.statedName.text,
            id: member.id.description, boot: hexadecimal(member.boot, digits: 16),
            protocols: member.protocolVersions, state: member.state, address: member.endpoint,
            isSelf: member.isSelf, roundTripTime: member.roundTripTime,
            incarnation: member.incarnation.number, timeInState: member.timeInState,
            metadata: member.metadata, reason: member.reason?.text,
            accusers: member.reason?.accusers.map(\.text) ?? [], deadIn: member.reason?.deadIn,
            isProcessGone: member.reason?.isProcessGone ?? false)
    }
}

extension ViewAgreement {
    /// This node, the members heard from, and the suspects that were not heard from.
    init(status: ClusterStatus, members: [Member]) {
        let suspects = members.filter { $0.state == .suspect }
        let alive = members.count { $0.state == .alive }
        let total = min(status.heardFrom + 1, alive) + suspects.count
        self.init(
            digest: status.viewHash, agreeing: min(status.agreeing + 1, total), total: total,
            silent: suspects.map { Silent(name: $0.name.text, since: $0.timeInState) })
    }
}
