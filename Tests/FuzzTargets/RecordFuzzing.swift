/// What describes a member: its core, its name, its address.
import MembershipWire

enum RecordFuzzing {
    private static let prefix: [UInt8] =
        [1, 0, 1, 1] + Array(repeating: 0x1D, count: 32) + Array(repeating: 0xB0, count: 32)

    static func run(_ input: [UInt8]) {
        core(input)
        // Behind a good beginning, so that the fuzzer need not find 64 bytes of keys.
        core(prefix + input)
        let text = String(decoding: input, as: UTF8.self)
        if let alias = try? NodeAlias(parsing: text) {
            precondition(alias.description == text)
        }
        if let endpoint = Endpoint(text) {
            precondition(Endpoint("\(endpoint)") == endpoint)
        }
        if let address = IPAddress(text) {
            precondition(IPAddress("\(address)") == address)
        }
    }

    private static func core(_ bytes: [UInt8]) {
        guard let core = try? MemberCore(parsing: bytes) else { return }
        precondition(core.bytes == bytes)
        precondition((81...923).contains(bytes.count))
        precondition(core.endpoint.isAdvertisable)
        precondition(core.metadata.count <= Bounds.metadataBytes)
    }
}
