#if os(Linux)
    import Testing

    @testable import MembershipSecurity

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// What a core dump of a process with keys holds: everything but the keys.
    struct CoreDumpTests {
        /// Ends a copy of this process by a signal that dumps core, in a folder of its own; nil if the
        /// system writes none there.
        private func dumpCore(in folder: TemporaryFolder) throws -> UnsafeRawBufferPointer? {
            typealias Fork = @convention(c) () -> pid_t
            let fork = unsafeBitCast(try #require(dlsym(nil, "fork")), to: Fork.self)
            let child = fork()
            if child == 0 {
                var limit = rlimit()
                _ = getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
                limit.rlim_cur = limit.rlim_max
                _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
                _ = folder.path.withCString(chdir)
                signal(SIGABRT, SIG_DFL)
                abort()
            }
            try #require(child > 0)
            var status: Int32 = 0
            #expect(waitpid(child, &status, 0) == child)
            guard let name = folder.names.first else { return nil }
            let file = open("\(folder.path)/\(name)", O_RDONLY | O_CLOEXEC)
            try #require(file >= 0)
            defer { close(file) }
            let size = Int(lseek(file, 0, SEEK_END))
            try #require(size > 0)
            let start = try #require(mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0))
            try #require(start != MAP_FAILED)
            return UnsafeRawBufferPointer(start: start, count: size)
        }

        private func contains(
            _ core: UnsafeRawBufferPointer, _ needle: UnsafeRawBufferPointer
        ) -> Bool {
            guard let start = core.baseAddress, let wanted = needle.baseAddress else {
                return false
            }
            let end = start + core.count - needle.count + 1
            var place = start
            while place < end, let found = memchr(place, Int32(needle[0]), end - place) {
                if memcmp(found, wanted, needle.count) == 0 { return true }
                place = UnsafeRawPointer(found) + 1
            }
            return false
        }

        @Test func `a core dump holds what is in ordinary memory, and no key`() throws {
            let folder = TemporaryFolder()
            let ordinary = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 16)
            defer { ordinary.deallocate() }
            Sodium.fillWithRandom(ordinary)
            let key = SecretBytes.random(count: 32)
            let identity = NodeIdentity.random()
            guard let core = try dumpCore(in: folder) else {
                try Test.cancel("this system writes no core file into the working directory")
            }
            defer { munmap(UnsafeMutableRawPointer(mutating: core.baseAddress), core.count) }
            #expect(
                contains(core, UnsafeRawBufferPointer(ordinary)), "the search finds what is there")
            #expect(key.withBytes { !contains(core, $0) })
            #expect(identity.seed.withBytes { !contains(core, $0) })
        }

        @Test func `the kernel is told to keep key memory out of dumps, and nothing else`() throws {
            let key = SecretBytes.random(count: 32)
            let ordinary = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 16)
            defer { ordinary.deallocate() }
            let address = try #require(
                key.withBytes { $0.baseAddress.map { UInt(bitPattern: $0) } })
            #expect(try flags(of: address).contains("dd"))
            let other = try #require(ordinary.baseAddress.map { UInt(bitPattern: $0) })
            #expect(try !flags(of: other).contains("dd"))
        }

        /// The flags of the mapping that holds an address, as proc(5) tells them: `dd` is "do not dump".
        private func flags(of address: UInt) throws -> [Substring] {
            let file = try #require(fopen("/proc/self/smaps", "r"))
            defer { fclose(file) }
            var isInside = false
            var line = [CChar](repeating: 0, count: 4_096)
            while fgets(&line, Int32(line.count), file) != nil {
                let bytes = line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
                let text = String(decoding: bytes, as: UTF8.self)
                let words = text.split { $0 == " " || $0 == "\n" }
                let ends =
                    words.first?.split(separator: "-").compactMap { UInt($0, radix: 16) } ?? []
                if ends.count == 2 { isInside = ends[0] <= address && address < ends[1] }
                if isInside, words.first == "VmFlags:" { return Array(words.dropFirst()) }
            }
            return []
        }
    }
#endif
