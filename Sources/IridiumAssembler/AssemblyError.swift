/// The faults of a source: the error classes of the documents, with their texts.
public enum AssemblyError: Error, Equatable, Sendable {
    /// A label precedes every section. `instruction` is the item's number, from 0.
    case noSegmentDeclarationFound(instruction: Int)
    /// A constant has no label, so nothing could refer to it.
    case stringConstantDeclaredWithoutLabel(instruction: Int)
    /// A name was declared twice. Code and data share one name space.
    case symbolAlreadyDeclared
    /// `@name` names nothing.
    case symbolNotFound(name: String)
    /// No such directive. Names are lower case.
    case unknownDirectiveFound(directive: String)
    /// No such instruction.
    case nonOpcodeInOpcodeField
    /// A program has exactly one `.data` and one `.code`.
    case insufficientSections
    /// The text is not in the language; `text` says what was expected and what was found.
    case parseError(text: String)

    /// The name of the class: stable, for programs.
    public var className: String {
        switch self {
        case .noSegmentDeclarationFound: "NoSegmentDeclarationFound"
        case .stringConstantDeclaredWithoutLabel: "StringConstantDeclaredWithoutLabel"
        case .symbolAlreadyDeclared: "SymbolAlreadyDeclared"
        case .symbolNotFound: "SymbolNotFound"
        case .unknownDirectiveFound: "UnknownDirectiveFound"
        case .nonOpcodeInOpcodeField: "NonOpcodeInOpcodeField"
        case .insufficientSections: "InsufficientSections"
        case .parseError: "ParseError"
        }
    }

    /// The documents' text.
    public var message: String {
        switch self {
        case .noSegmentDeclarationFound(let instruction):
            "No segment declaration (e.g., .code, .data) prior to finding an opcode or other "
                + "directive. Instruction # was \(instruction):"
        case .stringConstantDeclaredWithoutLabel(let instruction):
            "Found a string constant without a corresponding label. Instruction # was "
                + "\(instruction): "
        case .symbolAlreadyDeclared: "This symbol was previously declared."
        case .symbolNotFound(let name): "This symbol was never declared: \(name)"
        case .unknownDirectiveFound(let directive):
            "Invalid or unknown directive found. Directive name was: \(directive)"
        case .nonOpcodeInOpcodeField: "An non-opcode was found in an opcode field"
        case .insufficientSections: "Less than two sections/segments were found in the code"
        case .parseError(let text): "There was an error parsing the code: \(text)"
        }
    }
}
