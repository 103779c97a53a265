#if os(Linux)
    import Glibc
    import Testing

    @testable import MembershipSecurity

    @Suite struct `The lock of a file` {
        @Test func `is gone with its owner, though a child still has a copy of the descriptor`()
            throws
        {
            let folder = TemporaryFolder()
            let path = folder.path + "/lock"
            var lock: FileLock? = try FileLock.take(path)
            let copy = try #require(Self.copyOfDescriptor(of: path))
            defer { close(copy) }
            #expect(throws: FileLock.Failure.self) { try FileLock.take(path) }
            lock = nil
            #expect(throws: Never.self) { _ = try FileLock.take(path) }
            _ = lock
        }

        /// What a forked child inherits: another descriptor of the same open file.
        private static func copyOfDescriptor(of path: String) -> CInt? {
            var target = [CChar](repeating: 0, count: Int(PATH_MAX))
            for descriptor in 3..<CInt(1_024) {
                let count = readlink("/proc/self/fd/\(descriptor)", &target, target.count)
                guard count > 0 else { continue }
                let bytes = target.prefix(count).map { UInt8(bitPattern: $0) }
                if String(decoding: bytes, as: UTF8.self) == path { return dup(descriptor) }
            }
            return nil
        }
    }
#endif
