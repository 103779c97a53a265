import Foundation
import MembershipWire
import Synchronization
import Testing

@testable import Membership

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Stands between a node and its callers: a port of its own that passes everything on, datagrams and
/// streams, and keeps a copy of it.
final class Wiretap: Sendable {
    /// What others are told to call.
    let endpoint: Endpoint
    private let sockets: BoundSockets
    private let target = Mutex<Endpoint?>(nil)
    private let heard = Mutex<(datagrams: [UInt8], streams: [UInt8])>(([], []))

    init() throws {
        sockets = try BoundSockets.bind(.anyLoopbackPort)
        endpoint = sockets.endpoint
        onThread { $0.passDatagrams() }
        onThread { $0.acceptCallers() }
    }

    /// Passes on to `target` from now on; what comes before that is lost.
    func start(to target: Endpoint) { self.target.withLock { $0 = target } }

    /// All bytes so far.
    var record: (datagrams: [UInt8], streams: [UInt8]) { heard.withLock { $0 } }

    /// Wakes its threads, which then end.
    func stop() {
        start(to: endpoint)
        target.withLock { $0 = nil }
        shutdown(sockets.tcp, CInt(SHUT_RDWR))
        shutdown(sockets.udp, CInt(SHUT_RDWR))
    }

    private func onThread(_ body: @escaping @Sendable (Wiretap) -> Void) {
        Thread { body(self) }.start()
    }

    private func passDatagrams() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(sockets.udp, &buffer, buffer.count, 0)
            guard count > 0 else {
                close(sockets.udp)
                return
            }
            let bytes = Array(buffer.prefix(count))
            heard.withLock { $0.datagrams += bytes }
            guard let target = target.withLock({ $0 }) else { continue }
            // From a socket of its own: the answer goes to whoever's turn it is by its record.
            try? RawSocket(.udp, to: target).send(bytes)
        }
    }

    private func acceptCallers() {
        while true {
            let caller = accept(sockets.tcp, nil, nil)
            guard caller >= 0 else {
                close(sockets.tcp)
                return
            }
            guard let target = target.withLock({ $0 }),
                let callee = try? RawSocket(.tcp, to: target)
            else {
                close(caller)
                continue
            }
            let answered = DispatchSemaphore(value: 0)
            onThread { tap in
                callee.readEach { bytes in
                    tap.heard.withLock { $0.streams += bytes }
                    _ = bytes.withUnsafeBytes { write(caller, $0.baseAddress, $0.count) }
                }
                shutdown(caller, CInt(SHUT_WR))
                answered.signal()
            }
            onThread { tap in
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = recv(caller, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    let bytes = Array(buffer.prefix(count))
                    tap.heard.withLock { $0.streams += bytes }
                    callee.send(bytes)
                }
                callee.finishSending()
                answered.wait()
                close(caller)
            }
        }
    }
}
