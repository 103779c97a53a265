import LibC

/// The service manager that started this process. The node reports to it that it is ready, its
/// status, and that it is still alive (systemd's sd_notify(3), one datagram to the socket named by
/// `NOTIFY_SOCKET`).
///
/// No call here can fail for the node: a manager that is gone or slow misses a message.
package struct ServiceManager: Sendable {
    /// The content of `sun_path`; an abstract name begins with a zero byte.
    private let path: [UInt8]
    /// The interval at which the manager expects a sign of life: half of its patience.
    package let watchdog: Duration?

    /// nil if no manager expects reports, or it expects them from another process.
    ///
    /// - Parameter value: the value of an environment variable.
    package init?(value: (String) -> String? = SystemCall.environment) {
        guard let text = value("NOTIFY_SOCKET"), text.hasPrefix("/") || text.hasPrefix("@") else {
            return nil
        }
        var path = Array(text.utf8)
        guard path.count > 1, path.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
            return nil
        }
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        self.path = path
        let isForUs = value("WATCHDOG_PID").map { $0 == "\(SystemCall.processID)" } ?? true
        let microseconds = value("WATCHDOG_USEC").flatMap { Int64($0) }
        watchdog =
            if isForUs, let microseconds, microseconds > 0 {
                .microseconds(max(microseconds / 2, 1_000))
            } else {
                nil
            }
    }

    /// The node is a member; `status` is for people.
    package func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }

    /// The status of the node, in one line.
    package func tell(_ status: String) { send("STATUS=\(status)") }

    /// The node still works. It must be sent by the part that has to work, at the interval of
    /// `watchdog`.
    package func isAlive() { send("WATCHDOG=1") }

    /// The node reads its settings again.
    package func reloading() {
        var time = timespec()
        guard clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return }
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
        send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)")
    }

    /// The node has read its settings.
    package func reloaded() { send("READY=1") }

    /// The node says goodbye and ends.
    package func stopping() { send("STOPPING=1\nSTATUS=leaving") }

    private func send(_ text: String) {
        let descriptor = socket(AF_UNIX, SystemCall.datagramSocket, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        // An abstract name ends by its length, a path by its zero byte.
        let head = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
        let length = socklen_t(head + path.count)
        let bytes = Array(text.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { system in
                sendto(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), system, length)
            }
        }
    }
}
