import Testing

/// Addresses that no other node can have, or that are a second spelling of another one.
@Suite(.timeLimit(.minutes(10))) struct AddressOptionTests {
    @Test(arguments: [
        "0.0.0.0:3311", "[::]:3311", "224.0.0.1:1", "255.255.255.255:1", "0.1.2.3:1", "[ff02::1]:1",
        "[::ffff:0.0.0.0]:1", "dns:0.0.0.0:1", "srv:", "srv:x:1", "srv:10.0.0.1", "srv:a b",
    ])
    func `no seed is at such an address`(_ seed: String) async throws {
        let result = try await Program.run(["config", "--seed", seed])
        #expect(result.status == 64 && result.errors.contains("[IR-31]"), "\(result.errors)")
        if !seed.hasPrefix("srv"), !seed.hasPrefix("dns") {
            let joined = try await Program.run(["join", seed])
            #expect(joined.status == 64, "\(joined.errors)")
        }
    }

    @Test func `an IPv4 seed may be written as IPv6`() async throws {
        let result = try await Program.run(["config", "--seed", "[::ffff:127.0.0.1]:3311"])
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test(arguments: ["--bind", "--advertise"])
    func `a node has one spelling of its address`(_ option: String) async throws {
        let result = try await Program.run(["config", option, "[::ffff:127.0.0.1]:3311"])
        #expect(result.status == 64 && result.errors.contains("as 127.0.0.1"), "\(result.errors)")
    }

    @Test(arguments: [
        ["--bind", "0.0.0.0:2254"], ["--bind", "[::]:2254"], ["--advertise", "0.1.2.3:2254"],
        ["--advertise", "224.0.0.1:1"],
    ])
    func `a node needs an address that others can call`(_ options: [String]) async throws {
        let result = try await Program.run(["config"] + options)
        #expect(result.status == 78 && result.errors.contains("[IR-05]"), "\(result.errors)")
    }
}
