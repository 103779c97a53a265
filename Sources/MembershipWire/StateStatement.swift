/// STATE: the small map of values that a member publishes about itself, or what has changed in it.
///
/// The member signs a version and the root of the whole map, and nothing else: a reader that applies the changes
/// compares the result with the root. So changes are not signed one by one, and a key that was removed needs no
/// tombstone. Specs/Wire.md, section 3.4.
package struct StateStatement: Equatable, Sendable {
    package var member: NodeID
    /// The process that states it: its first boot. A state is that of one process.
    package var process: BootID
    /// From 1; each change raises it.
    package var version: UInt64
    /// The hash of the whole map of that version.
    package var root: StateRoot
    package var signature: Signature
    /// The version that the changes begin from. 0: they are the whole map. `version`: there are none, and
    /// the statement only says that this version exists.
    package var since: UInt64
    /// Strictly ascending by key.
    package var changes: [StateEntry]

    package init(
        member: NodeID, process: BootID, version: UInt64, root: StateRoot, signature: Signature,
        since: UInt64, changes: [StateEntry]
    ) {
        self.member = member
        self.process = process
        self.version = version
        self.root = root
        self.signature = signature
        self.since = since
        self.changes = changes
    }

    /// The content of the signature.
    package var text: SignedText {
        .state(member: member, process: process, version: version, root)
    }
}

/// The hash of a whole map.
package struct StateRoot: Hashable, Comparable, Sendable {
    package let octets: Octets32
    package init(_ octets: Octets32) { self.octets = octets }
    package static func < (a: StateRoot, b: StateRoot) -> Bool { a.octets < b.octets }
}

/// One key of a map, with its value; nil where it was removed.
package struct StateEntry: Hashable, Sendable {
    package let key: StateKey
    package let value: [UInt8]?

    package init(key: StateKey, value: [UInt8]?) {
        self.key = key
        self.value = value
    }

    /// Bytes on the wire, and in the text that the root is made of.
    package var byteCount: Int { Self.byteCount(key: key, value: value) }

    package static func byteCount(key: StateKey, value: [UInt8]?) -> Int {
        1 + key.text.utf8.count + 1 + (value.map { 2 + $0.count } ?? 0)
    }
}

/// The name of a value: 1 to 64 bytes of `[A-Za-z0-9._/:-]`. Compared as bytes.
package struct StateKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    /// Nil unless every byte is legal.
    package init?(bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty, bytes.count <= Bounds.stateKeyBytes,
            bytes.allSatisfy(Self.isLegal)
        else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
    }

    package init?(_ text: String) { self.init(bytes: Array(text.utf8)) }

    package static func < (a: StateKey, b: StateKey) -> Bool {
        a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }

    package var description: String { text }

    private static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

// MARK: Bytes

extension StateStatement {
    init(from value: inout ByteReader) throws(WireError) {
        self.init(
            member: NodeID(try value.read()), process: BootID(try value.read()),
            version: try value.read(), root: StateRoot(try value.read()),
            signature: Signature(try value.read()), since: try value.read(), changes: [])
        let count = Int(try value.read(UInt8.self))
        if let fault = fault(ofCount: count) { throw fault }
        guard value.remaining <= Bounds.stateBytes else { throw .stateTooLong }
        changes.reserveCapacity(count)
        for _ in 0..<count {
            let entry = try StateEntry(from: &value)
            if let last = changes.last, last.key >= entry.key { throw .unorderedKeys }
            guard entry.value != nil || since > 0 else { throw .unknownEntryKind }
            changes.append(entry)
        }
    }

    /// Throws unless a reader would take it.
    func check() throws(EncodingError) {
        if let fault = fault(ofCount: changes.count) { throw .refusable(fault) }
        guard zip(changes, changes.dropFirst()).allSatisfy({ $0.key < $1.key }) else {
            throw .refusable(.unorderedKeys)
        }
        guard changes.allSatisfy({ ($0.value?.count ?? 0) <= Bounds.stateValueBytes }) else {
            throw .refusable(.valueTooLong)
        }
        guard since > 0 || changes.allSatisfy({ $0.value != nil }) else {
            throw .refusable(.unknownEntryKind)
        }
        guard byteCount - Self.fixedBytes <= Bounds.stateBytes else {
            throw .refusable(.stateTooLong)
        }
    }

    private func fault(ofCount count: Int) -> WireError? {
        guard version > 0, version < Bounds.stateVersionLimit, since <= version,
            since < version || count == 0
        else { return .stateVersionOutOfRange }
        return count > Bounds.stateEntries ? .tooManyEntries : nil
    }

    static let fixedBytes = 8 + 8 + 8 + 32 + 64 + 8 + 1

    /// Of the value of its item.
    var byteCount: Int { changes.reduce(Self.fixedBytes) { $0 + $1.byteCount } }

    /// The text of the root: all entries of a map as they are in a whole statement, in order of their keys.
    package static func rootText(of entries: [StateEntry]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(entries.reduce(0) { $0 + $1.byteCount })
        for entry in entries {
            text.append(UInt8(truncatingIfNeeded: entry.key.text.utf8.count))
            text += entry.key.text.utf8
            guard let value = entry.value else {
                text.append(StateEntry.removed)
                continue
            }
            text.append(StateEntry.present)
            text.append(bigEndian: UInt16(truncatingIfNeeded: value.count))
            text += value
        }
        return text
    }
}

extension StateEntry {
    fileprivate static let present: UInt8 = 0
    fileprivate static let removed: UInt8 = 1

    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        let keyCount = Int(try reader.read(UInt8.self))
        guard let key = StateKey(bytes: try reader.readBytes(keyCount)) else { throw .badStateKey }
        switch try reader.read(UInt8.self) {
        case Self.present:
            let count = Int(try reader.read(UInt16.self))
            guard count <= Bounds.stateValueBytes else { throw .valueTooLong }
            self.init(key: key, value: try reader.readBytes(count))
        case Self.removed: self.init(key: key, value: nil)
        default: throw .unknownEntryKind
        }
    }
}

extension ByteWriter {
    mutating func write(_ statement: StateStatement) {
        write(statement.member.value)
        write(statement.process.value)
        write(statement.version)
        write(statement.root.octets)
        write(statement.signature.octets)
        write(statement.since)
        write(UInt8(truncatingIfNeeded: statement.changes.count))
        write(StateStatement.rootText(of: statement.changes))
    }
}
