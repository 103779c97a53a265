/// What the tests made, for the other implementation to read: a line of JSON each, in the file that
/// IRIDIUM_WIRE_OUTPUT names. `scripts/wire/check --swift FILE` reads it.
import Foundation
import Synchronization

enum WrittenBySwift {
    /// nil where nobody asked for it.
    private static let file: Mutex<FileHandle?> = {
        guard let path = ProcessInfo.processInfo.environment["IRIDIUM_WIRE_OUTPUT"],
            FileManager.default.createFile(atPath: path, contents: nil)
        else { return Mutex(nil) }
        return Mutex(FileHandle(forWritingAtPath: path))
    }()

    static var isAskedFor: Bool { file.withLock { $0 != nil } }

    /// What came out of the inputs of a fixture, by the fixture's own names.
    static func reproduced(
        _ name: String, _ id: String, _ texts: [(String, String)], words: [String]? = nil,
        flags: [Bool]? = nil, list: [String]? = nil, number: Int? = nil, cut: [String]? = nil,
        lists: [(String, [String])] = []
    ) {
        guard isAskedFor else { return }
        var output: [String: any Sendable] = [:]
        for (name, text) in texts { output[name] = text }
        for (name, list) in lists { output[name] = list }
        if let words { output["message"] = words }
        if let flags { output["admitted"] = flags }
        if let list { output["messages"] = list }
        if let number { output["changed"] = number }
        if let cut { output["cut"] = cut }
        write(["kind": "fixture", "id": "\(name)/\(id)", "output": output])
    }

    static func write(_ line: [String: any Sendable]) {
        guard isAskedFor,
            let data = try? JSONSerialization.data(withJSONObject: line, options: [.sortedKeys])
        else { return }
        file.withLock { $0?.write(data + Data([0x0A])) }
    }
}
