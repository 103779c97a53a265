/// Which process holds a port, as far as this user may know it.
///
/// Linux lists sockets with an inode in /proc/net, and each process names the inodes of its open
/// files in /proc/PID/fd: where the two meet is the holder. Another user's process hides its files
/// from us, and other systems have no /proc; then the answer is nil, and the message does without.
package struct PortHolder: Equatable, Sendable {
    package let processID: Int32
    /// As it was started, words parted by blanks, at most 4,096 characters.
    package let command: String

    /// What the node is called, where the holder is one and was given a name.
    package var nodeName: String? { value(of: ["--name", "--node-alias"]) }

    /// Whether it is a prompt, at which others can be let join.
    package var isPrompt: Bool {
        let words = command.split(separator: " ")
        return words.first == "iridium"
            && words.dropFirst().first.map { $0.hasPrefix("-") } != false
    }

    /// The data root that such a holder was given.
    package var dataRoot: String? { value(of: ["--data-root-dir"]) }

    private func value(of options: [String]) -> String? {
        let words = command.split(separator: " ").map(String.init)
        guard words.first == "iridium" else { return nil }
        for option in options {
            if let index = words.firstIndex(of: option), index + 1 < words.count {
                return words[index + 1]
            }
            if let word = words.first(where: { $0.hasPrefix(option + "=") }) {
                return String(word.dropFirst(option.count + 1))
            }
        }
        return nil
    }

    package static func find(port: UInt16, transport: String, proc: String = "/proc") -> PortHolder?
    {
        let wanted = Set(
            [transport, transport + "6"].flatMap { table in
                sockets(in: "\(proc)/net/\(table)", port: port, isTCP: transport == "tcp")
            })
        guard !wanted.isEmpty else { return nil }
        for name in SystemCall.list(proc) {
            guard let processID = Int32(name) else { continue }
            let descriptors = SystemCall.list("\(proc)/\(name)/fd", limit: 4_096)
            let holds = descriptors.contains { descriptor in
                let target = SystemCall.linkTarget("\(proc)/\(name)/fd/\(descriptor)")
                return target.map { wanted.contains($0) } ?? false
            }
            if holds {
                return PortHolder(processID: processID, command: command(of: name, proc: proc))
            }
        }
        return nil
    }

    /// Sockets bound to `port`, as /proc/PID/fd spells them; for TCP those that listen.
    private static func sockets(in path: String, port: UInt16, isTCP: Bool) -> [String] {
        guard let bytes = try? SystemCall.read(path, limit: 16 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().compactMap
        {
            let words = $0.split(separator: " ")
            guard words.count > 9, let colon = words[1].lastIndex(of: ":"),
                UInt16(words[1][words[1].index(after: colon)...], radix: 16) == port,
                !isTCP || words[3] == "0A"
            else { return nil }
            return "socket:[\(words[9])]"
        }
    }

    private static func command(of process: String, proc: String) -> String {
        guard let bytes = try? SystemCall.read("\(proc)/\(process)/cmdline", limit: 65_536) else {
            return "?"
        }
        let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        guard let program = words.first else { return "?" }
        let name = program.split(separator: "/").last.map(String.init) ?? program
        let line = ([name] + words.dropFirst()).joined(separator: " ")
        return String(line.filter { !$0.isNewline && $0 != "\u{1B}" }.prefix(4_096))
    }
}
