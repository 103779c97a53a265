/// The listings of a machine in the REPL, in the words of the documents.
extension Machine {
    /// The 32 integer registers: `[`, one a line, `]`. A file run prints them at its end.
    public var registerListing: String { DebugListing.list(registers.map(String.init)) }

    /// The program's bytes, one a line: the list of `!program`.
    public var programListing: String { DebugListing.list(program.map(String.init)) }
}

extension Event {
    /// The event as a spawned program reports it.
    ///
    /// - Parameters:
    ///   - time: When it happened, as the owner writes times.
    ///   - applicationID: The machine's identifier.
    public func listing(at time: String, applicationID: String) -> String {
        DebugListing.structure(
            "VMEvent",
            [
                ("event", variantListing),
                ("at", time),
                ("application_id", applicationID),
            ])
    }

    private var variantListing: String {
        switch self {
        case .start: "Start"
        case .gracefulStop(let code): DebugListing.structure("GracefulStop", [("code", "\(code)")])
        case .crash(let crash): DebugListing.structure("Crash", [("code", "\(crash.code)")])
        }
    }
}
