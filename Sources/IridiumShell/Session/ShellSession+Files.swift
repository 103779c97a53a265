internal import IridiumAssembler
internal import IridiumVM

/// `!load_file` and `!spawn`: a path, a file, a program.
extension ShellSession {
    mutating func beginFile(
        _ purpose: ShellRequest.FilePurpose, path: String, into effects: inout [ShellEffect]
    ) {
        guard path.isEmpty else {
            readFile(path, for: purpose, into: &effects)
            return
        }
        activity = .awaitingPath(purpose)
        effects.append(.print("Please enter the path to the file you wish to load: \n"))
    }

    mutating func takePath(
        _ line: String, for purpose: ShellRequest.FilePurpose, into effects: inout [ShellEffect]
    ) {
        activity = .idle
        let path = Layout.trimmedEnd(String(line.drop(while: \.isWhitespace)))
        guard !path.isEmpty, path.utf8.count <= Self.longestLine else {
            effects.append(.print("No path given.\n"))
            return
        }
        readFile(path, for: purpose, into: &effects)
    }

    private mutating func readFile(
        _ path: String, for purpose: ShellRequest.FilePurpose, into effects: inout [ShellEffect]
    ) {
        effects.append(.print("Attempting to load program from file...\n"))
        ask(
            .readFile(
                path: path, maximumBytes: max(Assembler.longestSource, Limits.programBytes),
                for: purpose), into: &effects)
    }

    mutating func fileFailed(_ failure: FileFailure, into effects: inout [ShellEffect]) {
        let text =
            switch failure.step {
            case .opening: "There was an error opening that file: "
            case .reading: "there was an error reading that file: "
            }
        effects.append(.print("\(text)\(failure.reason)\n"))
    }

    /// The bytes are here. An image is used as it is; anything else is assembled.
    mutating func fileRead(
        _ bytes: [UInt8], for purpose: ShellRequest.FilePurpose, path: String,
        into effects: inout [ShellEffect]
    ) {
        guard !Image.isLikely(bytes) else {
            start(bytes, symbols: SymbolTable(), for: purpose, path: path, into: &effects)
            return
        }
        if case .spawn = purpose {
            let contents = DebugListing.quoted(String(decoding: bytes, as: UTF8.self))
            effects.append(.print("Loaded contents: \(DebugListing.some(contents))\n"))
        }
        do throws(AssemblyFailure) {
            let assembly = try Assembler.assemble(bytes: bytes)
            for warning in assembly.warnings {
                effects.append(.print(warning.rendered(file: Layout.printable(path)) + "\n"))
            }
            start(
                assembly.image, symbols: assembly.symbols, for: purpose, path: path,
                into: &effects)
        } catch {
            // The lines of the documents first, then the places.
            let lines = error.errors.map { "Unable to parse input: \($0.message)\n" }.joined()
            effects.append(.print(lines + error.rendered(file: Layout.printable(path))))
        }
    }

    private mutating func start(
        _ image: [UInt8], symbols loaded: SymbolTable, for purpose: ShellRequest.FilePurpose,
        path: String,
        into effects: inout [ShellEffect]
    ) {
        effects.append(.print("Sending assembled program to VM\n"))
        switch purpose {
        case .load:
            machine.load(image: image)
            symbols = loaded
            run(Run(isImage: true, remaining: options.lineInstructions), into: &effects)
        case .spawn:
            ask(.spawn(image: image, path: path), into: &effects)
        }
    }
}
