import IridiumJSON

/// A machine's whole state as one line of JSON.
extension Machine {
    /// The state, schema `iridium.machine/1`. Keys are in a fixed order.
    ///
    /// After a crash the key `crash` says which instruction failed and why; otherwise it is null.
    ///
    /// - Parameter output: All text the program printed, as its owner collected it.
    public func stateJSON(output: String) -> String {
        let heap = JSONText.object([
            ("length", "\(heapLength)"),
            (
                "nonzero",
                JSONText.object(
                    nonzeroHeapBytes.map { (key: "\($0.address)", value: "\($0.byte)") })
            ),
        ])
        return JSONText.object([
            ("schema", JSONText.string("iridium.machine/1")),
            ("events", JSONText.array(events.map(\.json))),
            ("instructions", "\(instructionsExecuted)"),
            ("registers", JSONText.array(registers.map(String.init))),
            ("float_registers", JSONText.array(floatRegisters.map(JSONText.number))),
            ("equal_flag", "\(equalFlag)"),
            ("remainder", "\(remainder)"),
            ("loop_counter", "\(loopCounter)"),
            ("heap", heap),
            ("stack", JSONText.array(stack.map(String.init))),
            ("output", JSONText.string(output)),
            ("crash", lastCrash?.json ?? "null"),
        ])
    }

    /// The crash that ended the last run.
    private var lastCrash: Crash? {
        if case .crash(let crash)? = events.last { crash } else { nil }
    }
}

extension Event {
    var json: String {
        switch self {
        case .start: JSONText.object([("event", JSONText.string("Start"))])
        case .gracefulStop(let code):
            JSONText.object([("event", JSONText.string("GracefulStop")), ("code", "\(code)")])
        case .crash(let crash):
            JSONText.object([("event", JSONText.string("Crash")), ("code", "\(crash.code)")])
        }
    }
}

extension Crash {
    var json: String {
        JSONText.object([
            ("code", "\(code)"),
            ("address", "\(address)"),
            ("message", JSONText.string(message)),
        ])
    }
}
