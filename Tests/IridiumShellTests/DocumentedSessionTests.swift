import Foundation
import IridiumJSON
import IridiumShell
import IridiumVM
import MembershipWire
import Testing

/// The sessions of Specs/vm-cases/shell.json, read as data and played against a session.
///
/// Where a session shows behaviour that was repaired (`quirk`), the repaired output stands here.
@Suite struct DocumentedSessionTests {
    struct Cases: Decodable {
        let sessions: [Session]
    }

    struct Session: Decodable, Sendable, CustomTestStringConvertible {
        struct Step: Decodable, Sendable {
            let input: String?
            let output: String?
        }

        let name: String
        let quirk: Bool
        let files: [String: String]
        let steps: [Step]

        var testDescription: String { name }
    }

    static let sessions: [Session] = {
        let file = repository.appending(path: "Specs/vm-cases/shell.json")
        guard let data = try? Data(contentsOf: file),
            let cases = try? JSONDecoder().decode(Cases.self, from: data)
        else { return [] }
        return cases.sessions
    }()

    /// What the repaired behaviour prints instead, by session and step.
    static let repaired: [String: [Int: String]] = [
        "blank_line": [1: ""],
        "unknown_mnemonic": [
            1: """
            prompt:1:1: error: An non-opcode was found in an opcode field [NonOpcodeInOpcodeField]
                frobnicate
                ^~~~~~~~~~
                help: 'frobnicate' is no instruction

            """
        ],
        "hlt_then_more": [3: registers([1: 2])],
        "label_not_recorded": [
            2: """
            Listing symbols table:
            [
                Symbol {
                    name: "x",
                    offset: Some(
                        0,
                    ),
                    symbol_type: Label,
                },
            ]
            End of Symbols Listing

            """
        ],
        "division_by_zero": [
            1: "Crashed with code 4 at address 0: cannot divide ",
            2: registers([:]),
        ],
    ]

    @Test func `there are sessions to play`() {
        #expect(Self.sessions.count >= 12)
        #expect(Set(Self.repaired.keys) == Set(Self.sessions.filter(\.quirk).map(\.name)))
    }

    @Test(arguments: sessions)
    func `a documented session goes as documented`(_ documented: Session) {
        var player = SessionPlayer(files: documented.files)
        for (number, step) in documented.steps.enumerated() {
            guard let input = step.input else {
                // The greeting is the command line's; the prompt is ours.
                #expect(step.output == "Welcome to Iridium! Let's be productive!\n>>> \n")
                #expect(ShellSession.prompt == ">>> ")
                continue
            }

            let output = player.type(input)
            let repaired = Self.repaired[documented.name]?[number]
            let expected = repaired ?? step.output ?? ""
            switch documented.name {
            // What is added stands after the documents' text.
            case "join_refused" where number == 1:
                #expect(output.hasPrefix(expected))
                #expect(output.contains("[IR-04]"))
            // The sentence is the machine's.
            case "division_by_zero" where number == 1: #expect(output.hasPrefix(expected))
            // The second half is the system's wording.
            case "load_file_missing" where number == 2:
                #expect(firstHalf(output) == firstHalf(expected))
            default: #expect(normal(output) == normal(expected))
            }
        }
        #expect(player.hasQuit == (documented.steps.last?.input == "!quit"))
    }

    /// Without the comma after the last element of a list, which builds of the reference differ in.
    private func normal(_ text: String) -> String {
        text.replacing(#/,(\n *[\]})])/#) { $0.output.1 }
    }

    private func firstHalf(_ text: String) -> Substring {
        text.prefix(while: { $0 != ":" })
    }

    static func registers(_ values: [Int: Int]) -> String {
        let lines = (0..<32).map { "    \(values[$0] ?? 0),\n" }.joined()
        return "Listing registers and all contents:\n[\n\(lines)]\nEnd of Register Listing\n"
    }
}

/// The top of the package, from where this file lies in it.
let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The owner of a session, as small as it can be: files in memory, nobody to join, and background
/// programs that run to their end at once.
struct SessionPlayer {
    var session: ShellSession
    var files: [String: String]
    var hasQuit = false
    /// What was asked for, oldest first.
    var requests: [ShellRequest] = []
    /// Slices a running program is given before it is interrupted.
    var patience = 1_000

    init(files: [String: String] = [:], options: ShellOptions = .local) {
        session = ShellSession(machine: Machine(id: "{UUID}"), options: options)
        self.files = files
    }

    /// Types a line and returns all that is printed.
    mutating func type(_ line: String) -> String {
        perform(session.submit(line))
    }

    mutating func perform(_ effects: [ShellEffect]) -> String {
        var printed = ""
        var waiting = effects[...]
        var slices = 0
        while let effect = waiting.popFirst() {
            switch effect {
            case .print(let text): printed += text
            case .quit: hasQuit = true
            case .run:
                slices += 1
                waiting += session.resume(with: slices > patience ? .interrupted : .goOn)
            case .ask(let request):
                requests.append(request)
                let (answer, report) = answer(request)
                if let answer { waiting += session.resume(with: answer) }
                printed += report
            }
        }
        return printed
    }

    private func answer(_ request: ShellRequest) -> (ShellAnswer?, String) {
        switch request {
        case .readFile(let path, _, _):
            guard let text = files[path] else {
                let reason = "No such file or directory"
                return (.fileFailed(FileFailure(step: .opening, reason: reason)), "")
            }
            return (.file(Array(text.utf8)), "")
        case .joinCluster(let address):
            let error = IridiumError.unreachable(
                "\(address)", tries: 3, after: .seconds(6), cause: .refused)
            return (.failed(error), "")
        case .spawn(let image, _):
            var machine = Machine(id: "{UUID}", image: image)
            _ = machine.run(atMost: 1_000_000)
            let report = ProgramText.report(
                output: machine.takeOutput(), events: machine.events.map { ($0, "{TIME}") },
                applicationID: machine.id)
            return (.programSpawned(0), report)
        case .demo: return (.failed(.noDemo), "")
        case .listMembers, .listStates, .listEvents, .leaveCluster, .send: return (.clusterOff, "")
        case .status: return (.status(["node": "n1", "pid": JSON(7), "version": "1"]), "")
        case .forget(let name):
            let gone: JSON = ["member": .string(name), "id": "0123456789abcdef"]
            return (.forgotten(["forgotten": [gone]]), "")
        case .listPrograms: return (.programs([]), "")
        case .killProgram(let number): return (.noSuchProgram(number), "")
        case .startCluster, .check: return (nil, "")
        }
    }
}
