#if os(Linux)
    import Foundation
    @testable import IridiumNode
    import Testing

    @Suite struct PortHolderTests {
        @Test func `the holder of a port is this process`() throws {
            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let port = try #require(
                withUnsafeMutablePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { system -> UInt16? in
                        guard bind(descriptor, system, length) == 0,
                            getsockname(descriptor, system, &length) == 0
                        else { return nil }
                        return UnsafeRawPointer(system).loadUnaligned(as: sockaddr_in.self).sin_port
                            .bigEndian
                    }
                })
            let holder = try #require(PortHolder.find(port: port, transport: "udp"))
            #expect(holder.processID == getpid())
            #expect(!holder.command.isEmpty)
        }

        @Test func `a node's name is read from its command line`() {
            let named = PortHolder(
                processID: 1, command: "iridium agent --name n1 --bind 127.0.0.1:0")
            #expect(named.nodeName == "n1")
            let joined = PortHolder(processID: 1, command: "iridium --node-alias=n2")
            #expect(joined.nodeName == "n2")
            #expect(joined.dataRoot == nil)
            let rooted = PortHolder(
                processID: 1, command: "iridium agent --data-root-dir /d --name n3")
            #expect(rooted.dataRoot == "/d")
            #expect(PortHolder(processID: 1, command: "nc --name n1").nodeName == nil)
        }
    }
#endif
