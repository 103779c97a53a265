import IridiumJSON
import IridiumShell
import Logging
import Membership
import TestRandom
import Testing

@testable import IridiumNode

@Suite(.serialized, .timeLimit(.minutes(10))) struct ViewSurveyTests {
    private let folder = TemporaryFolder()

    private func node(_ name: String) throws -> Node {
        var settings = NodeSettings(directory: DataDirectory(option: folder.path))
        settings.name = try NodeAlias(parsing: name)
        settings.bind = Endpoint(.v4(0x7F00_0001), port: 0)
        settings.isPortGiven = true
        settings.profile = .local
        return Node(settings: settings, logger: Cluster.silentLogger)
    }

    /// Nodes that form one cluster.
    private func cluster(of names: [String]) async throws -> [Node] {
        let nodes = try names.map { try node($0) }
        let address = try await nodes[0].startCluster().address
        let seed = HostAndPort(host: "127.0.0.1", port: address.port)
        for node in nodes.dropFirst() { _ = try await node.joinCluster(seed) }
        return nodes
    }

    @Test func `every member is asked, and none is wrong about a healthy cluster`() async throws {
        let nodes = try await cluster(of: ["n1", "n2", "n3"])
        let running = try #require(await nodes[0].runningCluster)
        _ = try await running.waitUntil(within: .seconds(60)) {
            $0.isAgreed && $0.living.count == 3
        }
        var survey = try #require(await nodes[0].survey())
        // An agent begins to answer just after it has started.
        while survey["answered"]?.integer != 3 {
            survey = try #require(await nodes[0].survey())
        }
        #expect(survey["wrong"]?.integer == 0)
        let observers = try #require(survey["observers"]?.elements)
        #expect(observers.compactMap { $0["member"]?.text } == ["n1", "n2", "n3"])
        #expect(observers.allSatisfy { $0["hears"]?.integer == 3 && $0["agrees"]?.boolean == true })
        #expect(
            observers.compactMap { $0["version"]?.text }
                == [String](repeating: IridiumVersion.text, count: 3))
        #expect(observers.dropFirst().allSatisfy { $0["took_ms"]?.double ?? 0 > 0 })
        for node in nodes { await node.stop() }
    }

    @Test func `a member that is no agent does not answer, and is named`() async throws {
        let nodes = try await cluster(of: ["n1"])
        let address = try #require(await nodes[0].runningCluster).localMember.endpoint
        var configuration = ClusterConfiguration(
            name: try NodeAlias(parsing: "service"), bind: Endpoint(.v4(0x7F00_0001), port: 0),
            key: .file(folder.path + "/cluster.key"))
        configuration.profile = .local
        let service = Cluster(configuration: configuration)
        try await service.start()
        let events = service.events.makeAsyncIterator()
        _ = try await service.join([HostAndPort(host: "127.0.0.1", port: address.port)])
        let survey = try #require(await nodes[0].survey())
        let last = try #require(survey["observers"]?.elements?.last)
        #expect(last["member"]?.text == "service" && last["answered"]?.boolean == false)
        #expect(last["problem"]?.text?.hasPrefix("it is no agent") == true)
        // It sees nothing of the question: the first message is the one after it.
        let asker = try #require(await nodes[0].runningCluster)
        try await asker.deliver([1], type: 7, to: service.localMember.id)
        while let event = await events.next() {
            guard case .message(_, let type, _) = event else { continue }
            #expect(type == 7)
            break
        }
        await service.leave()
        await nodes[0].stop()
    }

    @Test func `a member that has left is forgotten everywhere`() async throws {
        let nodes = try await cluster(of: ["n1", "n2", "n3"])
        _ = await nodes[2].leaveCluster()
        let clusters = try await [
            #require(nodes[0].runningCluster), #require(nodes[1].runningCluster),
        ]
        for one in clusters {
            _ = try await one.waitUntil(within: .seconds(60)) { view in
                view.members.contains { $0.name.text == "n3" && $0.state == .left }
            }
        }
        let id = try #require(clusters[0].members.first { $0.name.text == "n3" }).id
        let (done, failed) = await nodes[0].forgetEverywhere([id], clusters[0])
        #expect(done == ["n2"] && failed.isEmpty)
        #expect(!(await clusters[1].freshMembers()).contains { $0.id == id })
        #expect((await clusters[0].freshMembers()).contains { $0.id == id }, "it asks others only")
        for node in nodes { await node.stop() }
    }

    // MARK: Cells

    private func view(_ name: String, _ states: [(UInt64, MemberState)]) throws -> MemberView {
        let rows: [JSON] = states.map { id, state in
            [
                "id": .string("\(NodeID(id))"), "name": .string("n\(id)"),
                "state": .string(state.rawValue), "incarnation": .integer(1),
                "for_ms": .integer(5), "rtt_us": .integer(310),
            ]
        }
        return try #require(
            MemberView([
                "schema": "iridium.view/1", "node": .string(name), "version": "0",
                "view": "0123456789abcdef", "health": .integer(0), "left_off": .integer(0),
                "members": .array(rows),
            ]))
    }

    private func survey(_ views: [MemberView?]) -> ViewSurvey {
        ViewSurvey(
            node: "n1", begun: WallClock(seconds: 0, milliseconds: 0), took: .milliseconds(2),
            digest: "0123456789abcdef",
            observers: views.enumerated().map { index, view in
                ViewSurvey.Observer(
                    id: NodeID(UInt64(index + 1)), name: "n\(index + 1)", state: .alive,
                    outcome: view.map { .answered($0, after: .milliseconds(1)) }
                        ?? .silent("no answer in time"))
            },
            notAsked: 0)
    }

    @Test func `a member that answers is alive, whatever the others hold`() throws {
        let all: [(UInt64, MemberState)] = [(1, .alive), (2, .dead), (3, .alive)]
        let survey = survey([
            try view("n1", all), try view("n2", [(1, .alive), (2, .alive), (3, .alive)]),
            try view("n3", all),
        ])
        #expect(survey.cells.subjects.first?.name == "n2")
        #expect(survey.cells.subjects.first?.expected == .alive)
        #expect(survey.cells.wrong == 2)
        #expect(survey.json["wrong"]?.integer == 2)
    }

    @Test func `of a silent member the state counts that most hold`() throws {
        let survey = survey([
            try view("n1", [(1, .alive), (2, .alive), (3, .dead)]),
            try view("n2", [(1, .alive), (2, .alive), (3, .dead)]), nil,
        ])
        #expect(survey.cells.wrong == 0)
        #expect(survey.cells.subjects.first { $0.name == "n3" }?.expected == .dead)
        let silent = try #require(survey.json["observers"]?.elements?.last)
        #expect(silent["answered"]?.boolean == false)
        #expect(silent["problem"]?.text == "no answer in time")
        #expect(silent["rows"]?.elements?.isEmpty == true)
    }

    @Test func `an observer that does not know a living member is wrong, a lost tombstone is not`()
        throws
    {
        let survey = survey([
            try view("n1", [(1, .alive), (2, .alive), (9, .left)]),
            try view("n2", [(2, .alive)]),
        ])
        #expect(survey.cells.wrong == 1)
        let second = try #require(survey.json["observers"]?.elements?.last)
        #expect(second["unknown"]?.elements?.compactMap(\.text) == ["n1"])
    }

    // MARK: Bytes of others

    @Test(arguments: [
        "{}", "[]", #"{"schema":"iridium.view/1"}"#,
        #"{"schema":"iridium.view/1","view":"short","members":[]}"#,
        #"{"schema":"iridium.view/2","view":"0123456789abcdef","members":[]}"#,
    ])
    func `what is no view is refused`(_ text: String) throws {
        #expect(MemberView(try JSONReader.parse(text.utf8)) == nil)
    }

    @Test func `rows that make no sense are left out`() throws {
        let text = """
            {"schema":"iridium.view/1","node":7,"version":null,"view":"0123456789abcdef","health":9e99,\
            "left_off":-5,"members":[{},{"id":"zz","state":"alive","incarnation":1},\
            {"id":"00000000000000ff","state":"well","incarnation":1},\
            {"id":"00000000000000ff","state":"alive","incarnation":-1},\
            {"id":"00000000000000ff","state":"alive","incarnation":1,"for_ms":-9,"rtt_us":-1,\
            "name":"\(String(repeating: "x", count: 9_000))"}]}
            """
        let view = try #require(MemberView(try JSONReader.parse(text.utf8)))
        #expect(view.rows.count == 1)
        #expect(view.rows[0].roundTripTime == nil && view.rows[0].timeInState == .zero)
        #expect(view.rows[0].name.utf8.count == 128 && view.leftOff == 4)
    }

    @Test func `random changes of an answer never trap`() throws {
        var random = ReplayableRandom()
        let whole = Array(try view("n1", [(1, .alive), (2, .dead)]).json.line.utf8)
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0...Int.random(in: 0...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                    in: 0x20...0x7E, using: &random)
            }
            guard let json = try? JSONReader.parse(bytes), let view = MemberView(json) else {
                continue
            }
            _ = survey([view]).json.line
        }
    }

    @Test func `ids in a question are read back, and nothing else is`() {
        let ids = [NodeID(0), NodeID(.max), NodeID(0x0123_4567_89AB_CDEF)]
        #expect(AgentQuestion.ids(in: AgentQuestion.bytes(of: ids)) == ids)
        #expect(AgentQuestion.ids(in: []) == nil)
        #expect(AgentQuestion.ids(in: [1, 2, 3]) == nil)
        let most = Array(repeating: UInt8(7), count: 8 * (AgentQuestion.mostForgotten + 1))
        #expect(AgentQuestion.ids(in: most) == nil)
    }

    @Test func `the longest answer fits into a message`() throws {
        let name = String(repeating: "n", count: 63)
        let rows = (0..<MemberView.mostRows).map { index -> JSON in
            [
                "id": .string("\(NodeID(UInt64(index) << 50))"), "name": .string(name),
                "state": "suspect", "incarnation": .integer(.max), "for_ms": .integer(86_400_000),
                "rtt_us": .integer(9_999_999),
            ]
        }
        let answer: JSON = ["schema": "iridium.view/1", "members": .array(rows)]
        #expect(answer.line.utf8.count < 1 << 20)
    }
}
