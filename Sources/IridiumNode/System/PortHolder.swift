/// The process that holds a port, as far as this user may know it.
///
/// Linux lists sockets with an inode in /proc/net, and each process lists the inodes of its open
/// files in /proc/PID/fd. The process with a matching inode is the holder. Another user's process
/// hides its files from us, and other systems have no /proc. Then the answer is nil, and the
/// message omits it.
package struct PortHolder: Equatable, Sendable {
    package let processID: Int32
    /// Its command line, words separated by blanks, at most 4,096 characters.
    package let command: String

    /// The node's name, if the holder is a node and has a given name.
    package var nodeName: String? { value(of: ["--name", "--node-alias"]) }

    /// Whether it is a prompt, which other nodes can join.
    package var isPrompt: Bool {
        let words = command.split(separator: " ")
        return words.first == "iridium"
            && words.dropFirst().first.map { $0.hasPrefix("-") } != false
    }

    /// The data root of such a holder.
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

    /// Sockets bound to `port`, in the spelling of /proc/PID/fd; for TCP those that listen.
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
