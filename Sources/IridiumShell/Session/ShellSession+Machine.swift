internal import IridiumAssembler
package import IridiumVM

/// The machine of the prompt: listings, code lines, and programs that run until they are done.
extension ShellSession {
    // MARK: Listings, in the documents' words

    var historyListing: String {
        DebugListing.list(history.map { DebugListing.quoted($0 + "\n") }) + "\n"
    }

    /// All registers in the documents' layout, or some with their names.
    func registerListing(_ range: RegisterRange?) -> String {
        guard let range else {
            return
                "Listing registers and all contents:\n\(machine.registerListing)\nEnd of Register Listing\n"
        }
        return range.table(of: machine.registers)
    }

    var programListing: String {
        // The documents have the blank at the end of the first line.
        "Listing instructions currently in VM's program vector: \n"
            + "\(machine.programListing)\nEnd of Program Listing\n"
    }

    var symbolListing: String {
        "Listing symbols table:\n\(symbols.listing)\nEnd of Symbols Listing\n"
    }

    mutating func clearProgram() {
        machine.clearProgram()
        symbols = SymbolTable()
    }

    // MARK: Code

    /// Assembles a line, appends it to the program and runs all of it. A fault changes nothing that
    /// it did not reach, and the next line always starts after this one.
    mutating func runLine(_ line: String, into effects: inout [ShellEffect]) {
        let fragment: Fragment
        do throws(AssemblyFailure) {
            fragment = try Assembler.assembleLine(
                line, at: machine.program.count, symbols: symbols)
        } catch {
            let hint = commandMeant(by: line).map {
                IridiumError.unknownCommand(
                    "instruction of that name", suggestion: $0, help: "!help"
                ).text
            }
            effects.append(.print(hint ?? error.rendered(file: "prompt")))
            return
        }
        for warning in fragment.warnings {
            effects.append(.print(warning.rendered(file: "prompt") + "\n"))
        }
        let names = symbols.merged(with: fragment.symbols)
        guard names.symbols.count <= options.mostSymbols else {
            effects.append(
                .print(
                    "The symbols table is full (\(options.mostSymbols) labels); "
                        + "!clear_program makes room.\n"))
            return
        }
        guard let address = machine.append(words: fragment.words) else {
            effects.append(
                .print(
                    "The program is full (\(machine.bounds.programBytes) bytes); "
                        + "!clear_program makes room.\n"))
            return
        }
        symbols = names
        guard !fragment.words.isEmpty else { return }
        machine.programCounter = address
        run(Run(isImage: false, remaining: options.lineInstructions), into: &effects)
    }

    /// The command whose name was typed without its exclamation mark, or a similar word of another
    /// program. It is searched for only if the line is not code.
    private func commandMeant(by line: String) -> String? {
        let word = line.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        switch word.lowercased() {
        case "?": return "!help"
        case "exit", "bye", "q": return "!quit"
        case "clear": return "Ctrl-L, or !clear_program"
        case let name:
            let command = ShellCommand(written: "!" + name)
            return command?.rawValue
        }
    }

    /// Runs one slice, then reports the result.
    mutating func run(_ current: Run, into effects: inout [ShellEffect]) {
        var run = current
        let budget = min(options.sliceInstructions, run.remaining ?? .max)
        let outcome =
            run.isImage ? machine.run(atMost: budget) : machine.resume(atMost: budget)
        run.remaining = run.remaining.map { $0 - outcome.instructions }
        let output = machine.takeOutput()
        if let last = output.last {
            effects.append(.print(output))
            run.endsWithinLine = last != "\n"
        }
        switch outcome.reason {
        case .stopped(let stop):
            finish(run, saying: StopText.sentence(stop), into: &effects)
        case .outOfBudget, .outputFull:
            if let remaining = run.remaining, remaining <= 0 {
                finish(
                    run,
                    saying:
                        "Stopped: a line may run \(options.lineInstructions ?? 0) instructions.",
                    into: &effects)
            } else {
                activity = .running(run)
                effects.append(.run)
            }
        }
    }

    /// Ends a run, and adds a line end to its output if that lacks one.
    mutating func finish(_ run: Run, saying sentence: String?, into effects: inout [ShellEffect]) {
        activity = .idle
        let text = (run.endsWithinLine ? "\n" : "") + (sentence.map { $0 + "\n" } ?? "")
        if !text.isEmpty { effects.append(.print(text)) }
    }
}

/// How a program ended, in a sentence.
package enum StopText {
    /// nil if there is nothing to say: a HLT, or the end of the typed code.
    package static func sentence(_ stop: Stop) -> String? {
        switch stop {
        case .halted, .endOfProgram: nil
        case .illegalOpcode(let byte, let address):
            "Stopped with code 1: byte \(byte) at address \(address) is no instruction."
        case .leftProgram(let address):
            "Stopped with code 1: a jump led to address \(address), outside the program."
        case .crashed(let crash):
            "Crashed with code \(crash.code) at address \(crash.address): \(crash.message)."
        }
    }
}
