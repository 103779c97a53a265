import Foundation
import MembershipWire
import Testing

/// Values as text: in source code and in JSON.
struct WireValueTests {
    @Test func `literals are what parsing makes of them`() throws {
        #expect(("n1" as NodeAlias) == (try NodeAlias(parsing: "n1")))
        #expect(("n1:7" as HostAndPort) == HostAndPort(host: "n1", port: 7))
        #expect(("192.0.2.1:7" as Endpoint) == Endpoint(.v4(0xC000_0201), port: 7))
        #expect(("[::1]:0" as Endpoint) == Endpoint(.v6(0, 1), port: 0))
    }

    @Test func `ids are read as they are written`() {
        for id in [NodeID(0), NodeID(.max), NodeID(0x0102_0304_0506_0708)] {
            #expect(NodeID(id.description) == id)
        }
        for text in ["", "0", "00000000000000000", "+000000000000000", "000000000000000g"] {
            #expect(NodeID(text) == nil, "\(text)")
        }
    }

    private struct All: Codable, Equatable {
        var id = NodeID(255)
        var name: NodeAlias = "n1"
        var endpoint: Endpoint = "[::1]:7"
        var seed: HostAndPort = "app.internal:7"
        var incarnation = Incarnation.first
        var state = MemberState.suspect
    }

    @Test func `values are text in JSON, and what is none of them is refused`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(All())
        #expect(
            String(decoding: data, as: UTF8.self)
                == #"{"endpoint":"[::1]:7","id":"00000000000000ff","incarnation":1,"name":"n1","#
                + #""seed":"app.internal:7","state":"suspect"}"#)
        #expect(try JSONDecoder().decode(All.self, from: data) == All())
        func refuses<Value: Decodable>(_ type: Value.Type, _ text: String) {
            #expect(throws: DecodingError.self, "\(text)") {
                try JSONDecoder().decode([Value].self, from: Data("[\(text)]".utf8))
            }
        }
        refuses(NodeAlias.self, #""two words""#)
        refuses(NodeID.self, #""12""#)
        refuses(Endpoint.self, #""n1:7""#)
        refuses(HostAndPort.self, #""::1:7""#)
        refuses(Incarnation.self, "9223372036854775808")
        refuses(MemberState.self, #""gone""#)
    }
}
