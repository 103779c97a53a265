import IridiumVM

/// A name and its address or offset.
public struct Symbol: Equatable, Sendable {
    /// The section in which the name was declared.
    public enum Kind: Equatable, Sendable {
        /// Before an instruction: `offset` is its address in the image.
        case code
        /// Before a constant: `offset` counts from the start of the read-only data.
        case data
    }

    /// The name, as declared. Letters and digits; upper and lower case differ.
    public let name: String
    /// An address, or an offset into the data.
    public let offset: Int
    /// Code or data.
    public let kind: Kind

    /// A symbol.
    public init(name: String, offset: Int, kind: Kind) {
        self.name = name
        self.offset = offset
        self.kind = kind
    }
}

/// The symbols of a program, in the order of their declaration.
///
/// Names are compared as bytes: two spellings of a letter that Unicode calls equivalent are two
/// names.
public struct SymbolTable: Equatable, Sendable {
    /// The symbols, in the order of their declaration.
    public private(set) var symbols: [Symbol] = []
    private var indexByName: [[UInt8]: Int] = [:]

    /// An empty table.
    public init() {}

    /// The symbol of that name.
    public subscript(name: String) -> Symbol? {
        indexByName[Array(name.utf8)].map { symbols[$0] }
    }

    /// Adds a symbol. Returns false, with nothing changed, if the name is taken.
    @discardableResult
    public mutating func declare(_ symbol: Symbol) -> Bool {
        let key = Array(symbol.name.utf8)
        guard indexByName[key] == nil else { return false }
        indexByName[key] = symbols.count
        symbols.append(symbol)
        return true
    }

    /// All symbols of both; if both have a name, `newer` wins.
    public func merged(with newer: SymbolTable) -> SymbolTable {
        var all = self
        for symbol in newer.symbols {
            if let index = all.indexByName[Array(symbol.name.utf8)] {
                all.symbols[index] = symbol
            } else {
                all.declare(symbol)
            }
        }
        return all
    }

    /// The table as `!symbols` prints it, without the lines around it.
    public var listing: String {
        DebugListing.list(
            symbols.map { symbol in
                DebugListing.structure(
                    "Symbol",
                    [
                        ("name", DebugListing.quoted(symbol.name)),
                        ("offset", DebugListing.some("\(symbol.offset)")),
                        ("symbol_type", "Label"),
                    ])
            })
    }
}
