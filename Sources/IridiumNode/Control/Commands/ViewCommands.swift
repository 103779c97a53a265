import IridiumJSON
import IridiumShell
import Membership

/// Requests that need the answers of other members.
extension ControlRequest {
    /// The entries that all members hold about all members.
    package static let views = ControlRequest("views")

    /// A member by its name or id; nil: all that are dead or have left. `everywhere`: by all agents.
    package static func forget(_ member: String?, everywhere: Bool = false) -> ControlRequest {
        ControlRequest(
            "forget",
            [
                .init("member", JSON(member)), .init("all_dead", .bool(member == nil)),
                .init("everywhere", .bool(everywhere)),
            ])
    }
}

extension ControlCommand {
    static let viewCommands = [
        ControlCommand("views") { (node, reply) async throws(IridiumError) in
            guard let survey = await node.survey() else {
                throw .clusterOff(command: "iridium reachability")
            }
            await reply.send(survey)
        },
        ControlCommand("forget") { request throws(ControlRequest.Malformed) in
            let isAll = request["all_dead"]?.boolean ?? false
            let member = isAll ? nil : try member(in: request)
            let isEverywhere = request["everywhere"]?.boolean ?? false
            return { (node, reply) async throws(IridiumError) in
                await reply.send(try await node.forget(member, everywhere: isEverywhere))
            }
        },
    ]
}

extension Node {
    /// `iridium.forget/1`.
    func forget(
        _ name: String?, everywhere: Bool, command: String = "iridium forget"
    ) async throws(IridiumError) -> JSON {
        let cluster = try clusterOrOff(command)
        let gone = try gone(name, in: cluster, for: command)
        var forgotten: [Member] = []
        for member in gone where await cluster.forget(member.id) { forgotten.append(member) }
        guard !forgotten.isEmpty || everywhere || name == nil else {
            throw .noSuchMember(name ?? "", suggestion: nil)
        }
        let others =
            everywhere && !gone.isEmpty
            ? await forgetEverywhere(gone.map(\.id), cluster) : (done: [], failed: [])
        return [
            "schema": "iridium.forget/1", "node": .string(self.name), "member": JSON(name),
            "id": JSON(name == nil ? nil : gone.first?.id.description),
            "forgotten": .array(
                forgotten.map {
                    [
                        "member": .string($0.name.text), "id": .string($0.id.description),
                        "state": .string($0.state.rawValue),
                    ]
                }),
            "everywhere": .bool(everywhere),
            "confirmed_by": .array(others.done.map { .string($0) }),
            "not_confirmed_by": .array(
                others.failed.map {
                    ["member": .string($0.member), "reason": .string($0.reason)]
                }),
        ]
    }

    /// The dead and left members that a request means. If several members have one name, it means those
    /// that are gone.
    private func gone(
        _ name: String?, in cluster: Cluster, for command: String
    ) throws(IridiumError) -> [Member] {
        let gone = cluster.members.filter { !$0.isLiving }
        guard let name else { return Array(gone.prefix(AgentQuestion.mostForgotten)) }
        let isMeant = { (member: Member) in
            member.name.text.utf8.elementsEqual(name.utf8) || member.id.description == name
        }
        if let member = gone.first(where: isMeant) { return [member] }
        guard let living = cluster.members.first(where: isMeant) else {
            throw .noSuchMember(name, suggestion: nil)
        }
        throw .badArguments(
            command: "\(command) \(name)",
            problem: "is not possible: \(name) is \(living.state.rawValue)",
            usage: "\(command) NAME, of a member that is dead or has left", example: nil)
    }
}
