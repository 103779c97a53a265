package import IridiumVM

/// Background programs, in words: the table of `!ps` and the report at the end.
package enum ProgramText {
    /// The table of `!ps`, with a line end.
    static func table(_ rows: [ProgramRow]) -> String {
        guard !rows.isEmpty else { return "No background programs.\n" }
        let cells = rows.map { row in
            [
                "\(row.number)", status(row.status), "\(row.instructions)",
                DurationText.elapsed(row.age), Layout.printable(row.path),
            ]
        }
        let head = ["N", "STATE", "INSTRUCTIONS", "FOR", "PATH"]
        let lines = Layout.table([head] + cells, rightAligned: [0, 2, 3])
        return lines.joined(separator: "\n") + "\n"
    }

    /// The text above the prompt when a program has ended: its output, then its events in the
    /// layout of the documents, then a sentence if it crashed. With a line end.
    ///
    /// - Parameter events: each with its time, as the owner writes times.
    package static func report(
        output: String, events: [(event: Event, time: String)], applicationID: String
    ) -> String {
        var text = output
        if let last = output.last, last != "\n" { text += "\n" }
        text += "VM Events\n--------------------------\n"
        for (event, time) in events {
            text += event.listing(at: time, applicationID: applicationID) + "\n"
        }
        if case .crash(let crash) = events.last?.event,
            let sentence = StopText.sentence(.crashed(crash))
        {
            text += sentence + "\n"
        }
        return text
    }

    private static func status(_ status: ProgramRow.Status) -> String {
        switch status {
        case .waiting: "waiting"
        case .running: "running"
        case .stopped(let code): "stopped \(code)"
        case .crashed(let code): "crashed \(code)"
        case .killed: "killed"
        }
    }
}
