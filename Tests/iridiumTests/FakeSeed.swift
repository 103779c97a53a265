import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A TCP port on loopback that says the same few bytes to every caller once it has heard something,
/// and hangs up.
final class FakeSeed: Sendable {
    let port: UInt16
    private let listener: Int32

    init(saying bytes: [UInt8]) throws {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let listener = socket(AF_INET, kind, 0)
        try #require(listener >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { system in
                bind(listener, system, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, system, &length) == 0
            }
        }
        try #require(isBound)
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread {
            while true {
                let caller = accept(listener, nil, nil)
                guard caller >= 0 else { return }
                var heard = [UInt8](repeating: 0, count: 4_096)
                if recv(caller, &heard, heard.count, 0) > 0 {
                    _ = bytes.withUnsafeBytes { send(caller, $0.baseAddress, $0.count, 0) }
                }
                // What is still unread would turn the hanging up into a reset.
                shutdown(caller, Int32(SHUT_WR))
                while recv(caller, &heard, heard.count, 0) > 0 {}
                close(caller)
            }
        }.start()
    }

    deinit {
        // Wakes the thread that accepts.
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
