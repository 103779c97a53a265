/// Whether a process on this machine is stopped, according to /proc.
package enum ProcessState {
    /// Stopped by SIGSTOP, at a terminal, or by a debugger. False if that is not known.
    package static func isStopped(_ process: Int32, proc: String = "/proc") -> Bool {
        guard let bytes = try? SystemCall.read("\(proc)/\(process)/stat", limit: 4_096),
            // The name before the state may contain anything, blanks and brackets too.
            let end = bytes.lastIndex(of: UInt8(ascii: ")")), bytes.count > end + 2
        else { return false }
        return [UInt8(ascii: "T"), UInt8(ascii: "t")].contains(bytes[end + 2])
    }
}
