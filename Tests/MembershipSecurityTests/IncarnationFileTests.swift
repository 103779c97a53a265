import MembershipWire
import Testing

@testable import MembershipSecurity

struct IncarnationFileTests {
    static let numbers = [0, 1, 41, 1 << 32, (1 << 63) - 1] as [UInt64]

    private let folder = TemporaryFolder()
    private var path: String { folder.path + "/incarnation" }

    private func incarnation(_ number: UInt64) throws -> Incarnation {
        try #require(Incarnation(number))
    }

    @Test func `an incarnation is kept as one line that only its owner can read`() throws {
        #expect(try IncarnationFile.read(path) == nil)
        for number in Self.numbers {
            try IncarnationFile.replace(path, incarnation(number))
            #expect(try IncarnationFile.read(path) == incarnation(number))
        }
        try IncarnationFile.replace(path, incarnation(41))
        #expect(folder.read("incarnation") == "iridium-incarnation-2 41 01bd6c4c\n")
        #expect(folder.mode("incarnation") == 0o600)
        #expect(folder.names == ["incarnation"])
    }

    @Test(arguments: numbers)
    func `no bit of it can be changed, and nothing can be cut off or added`(number: UInt64) throws {
        let whole = IncarnationFile.encode(try incarnation(number))
        for bit in 0..<8 * whole.count {
            var damaged = whole
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: FileDamage.self, "bit \(bit)") { try IncarnationFile.decode(damaged) }
        }
        for length in 0..<whole.count {
            #expect(throws: FileDamage.self, "length \(length)") {
                try IncarnationFile.decode(Array(whole[..<length]))
            }
        }
        for byte in UInt8.min...UInt8.max {
            #expect(throws: FileDamage.self) { try IncarnationFile.decode(whole + [byte]) }
        }
    }

    @Test func `a number has one spelling, whatever its check`() throws {
        let check = "01bd6c4c"
        for bad in ["041", "+41", "-41", "", " 41", "41 ", "0x29", "9223372036854775808", "x"] {
            #expect(throws: FileDamage.malformed) {
                try IncarnationFile.decode(Array("iridium-incarnation-2 \(bad) \(check)\n".utf8))
            }
        }
        for bad in ["42 \(check)", "41 01BD6C4C", "41 00000000", "41\t\(check)"] {
            #expect(throws: FileDamage.checkMismatch) {
                try IncarnationFile.decode(Array("iridium-incarnation-2 \(bad)\n".utf8))
            }
        }
        #expect(throws: FileDamage.otherVersion(expected: "2")) {
            try IncarnationFile.decode(Array("iridium-incarnation-3 41 \(check)\n".utf8))
        }
        #expect(throws: FileDamage.otherKind(expected: "iridium-incarnation")) {
            try IncarnationFile.decode(Array("iridium-identity-2 41 \(check)\n".utf8))
        }
    }

    @Test func `a whole file of version 1 is read, and replaced by one with a check`() throws {
        let old = "iridium-incarnation-1 41\n"
        try folder.write("incarnation", old)
        #expect(try IncarnationFile.read(path) == incarnation(41))
        for cut in 1..<old.utf8.count {
            #expect(throws: FileDamage.self) {
                try IncarnationFile.decode(Array(old.utf8.prefix(cut)))
            }
        }
        try IncarnationFile.replace(path, incarnation(42))
        #expect(folder.read("incarnation").hasPrefix("iridium-incarnation-2 42 "))
    }
}
