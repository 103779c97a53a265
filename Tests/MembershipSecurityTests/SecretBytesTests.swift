import MembershipWire
import Testing

@testable import MembershipSecurity

struct SecretBytesTests {
    /// Everything Swift can print of a value.
    private static func printed(_ value: Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return "\(value) " + String(reflecting: value) + dumped
    }

    @Test func `secrets are never printed, whatever holds them`() {
        let secret = SecretBytes(copying: [UInt8](repeating: 0xA7, count: 32))
        #expect("\(secret)" == "<32 secret bytes>")
        let holders: [Any] = [
            secret, [secret], Golden.key, Keyring(Golden.key), Golden.secrets, Golden.a.identity,
            Golden.a.boot, Golden.a.authenticator, Golden.makePair(0xA7),
            Golden.makeKey([UInt8](repeating: 0xA7, count: 32)),
        ]
        for holder in holders {
            let text = Self.printed(holder)
            // 0xA7 is 167; the golden key counts up from 0; A's secrets are 0x01 and 0x11.
            for leak in [
                "167, 167", "167\n", "a7a7", "A7A7", "0, 1, 2, 3", "00010203", "17, 17", "1, 1, 1",
            ] {
                #expect(!text.contains(leak), "\(leak) in \(text)")
            }
            #expect(!text.contains("0x00007"), "an address of key memory in \(text)")
        }
    }

    @Test func `secrets compare by content`() {
        let one = SecretBytes(copying: [1, 2, 3])
        #expect(one == SecretBytes(copying: [1, 2, 3]))
        #expect(one != SecretBytes(copying: [1, 2, 4]))
        #expect(one != SecretBytes(copying: [1, 2]))
    }

    @Test func `secret memory begins as zeros`() {
        let memory = SecretMemory(count: 100)
        #expect(memory.withBytes { $0.allSatisfy { $0 == 0 } })
    }

    @Test func `no two random secrets are the same`() {
        #expect(SecretBytes.random(count: 32) != SecretBytes.random(count: 32))
    }
}
