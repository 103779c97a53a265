import IridiumJSON
import IridiumNode
import IridiumShell
import SystemPackage

/// The destination of an agent's lines.
final class AgentOutput: Sendable {
    let lines: LineWriter
    let errors: LineWriter
    let isJSON: Bool

    init(isJSON: Bool, node: String?) {
        self.isJSON = isJSON
        let note: LineWriter.LossNote = { count, reason in
            let why = reason?.text ?? "no program read them"
            guard isJSON else {
                return
                    "iridium: \(Layout.count(count, "line was", "lines were")) lost here: \(why)\n"
            }
            let json: JSON = [
                "schema": "iridium.lost/1", "at": .string(WallClock.now.rfc3339),
                "node": JSON(node), "lines": JSON(count), "reason": .string(why),
            ]
            return json.line + "\n"
        }
        let errors = LineWriter(.standardError, lossNote: note) { _ in }
        self.errors = errors
        lines = LineWriter(.standardOutput, lossNote: note) { failure in
            let error = IridiumError.cannotWrite(
                path: "standard output", reason: failure.text,
                purpose: "lines are lost, and counted, until it can be written again",
                option: "make room there")
            errors.write(isJSON ? error.json + "\n" : error.text)
        }
    }

    func write(_ error: IridiumError) { errors.write(isJSON ? error.json + "\n" : error.text) }

    func write(note text: String) {
        let json: JSON = [
            "schema": "iridium.note/1", "at": .string(WallClock.now.rfc3339),
            "text": .string(text),
        ]
        errors.write(isJSON ? json.line + "\n" : "iridium: \(text)\n")
    }

    func finish() async {
        await lines.finish()
        await errors.finish()
    }
}
