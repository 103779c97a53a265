import ArgumentParser
import IridiumNode
import IridiumShell
import Membership

/// `iridium members`.
struct Members: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the members as a node of this machine sees them.")

    @Flag(help: "Leave out those that have left.") var noLeft = false
    @OptionGroup var client: ClientOptions

    func run() throws {
        let (line, json) = try client.ask(.members)
        guard let listing = MemberListing(json) else {
            throw IridiumError.agentFailed("the agent's list of members cannot be read")
        }
        if client.output.json, !noLeft {
            try StandardOutput.write(line + "\n")
        } else if client.output.json {
            try StandardOutput.write(Self.withoutLeft(json).line + "\n")
        } else {
            var shown = listing
            if noLeft { shown.rows.removeAll { $0.state == .left } }
            try StandardOutput.write(client.output.color.painted(MemberTable.text(shown)))
        }
    }

    /// The same object with fewer members; the counts stay what they are.
    private static func withoutLeft(_ json: JSON) -> JSON {
        guard case .object(let fields) = json else { return json }
        return .object(
            fields.map { field in
                guard field.key == "members", let members = field.value.elements else {
                    return field
                }
                return JSON.Field(
                    field.key, .array(members.filter { $0["state"]?.text != "left" }))
            })
    }
}

extension MemberListing {
    /// From `iridium.members/1`; nil where something is missing.
    init?(_ json: JSON) {
        guard let members = json["members"]?.elements else { return nil }
        let rows = members.compactMap { MemberRow($0) }
        guard rows.count == members.count else { return nil }
        var view: ViewAgreement?
        if let digest = json["view"]?.text, let agreement = json["agreement"],
            let agreeing = agreement["agreeing"]?.integer, let total = agreement["of"]?.integer
        {
            let silent = (agreement["silent"]?.elements ?? []).compactMap { entry in
                entry["name"]?.text.map {
                    ViewAgreement.Silent(
                        name: $0, since: .milliseconds(entry["for_ms"]?.integer ?? 0))
                }
            }
            view = ViewAgreement(
                digest: digest, agreeing: Int(agreeing), total: Int(total), silent: silent)
        }
        self.init(rows: rows, view: view)
    }
}

extension MemberRow {
    init?(_ json: JSON) {
        guard let name = json["name"]?.text,
            let state = json["state"]?.text.flatMap(MemberState.init(rawValue:)),
            let address = json["address"]?.text.flatMap({ Endpoint($0) }),
            let incarnation = json["incarnation"]?.integer.flatMap({ UInt64(exactly: $0) }),
            let milliseconds = json["for_ms"]?.integer
        else { return nil }
        let stated = json["stated_name"]?.text
        self.init(
            name: name, statedName: stated == name ? nil : stated, state: state, address: address,
            isSelf: json["self"]?.boolean ?? false,
            roundTripTime: json["rtt_ms"]?.double.map { .microseconds(Int64($0 * 1_000)) },
            incarnation: incarnation, timeInState: .milliseconds(milliseconds),
            accusers: (json["why"]?["accusers"]?.elements ?? []).compactMap(\.text),
            deadIn: json["why"]?["dead_in_ms"]?.integer.map { .milliseconds($0) })
    }
}
