/// Messages in words, as `scripts/wire` says them too: a line for the message, a line for each item.
/// Two implementations that read the same words have read the same.
import MembershipWire

func words(_ datagram: Datagram) -> [String] {
    [words(datagram.body)] + datagram.items.map(words)
}

private func words(_ body: Datagram.Body) -> String {
    switch body {
    case .heartbeat(let isIntroduction): "HEARTBEAT introduction=\(isIntroduction ? 1 : 0)"
    case .heartbeatAck(let echoed, let health): "HEARTBEAT_ACK echo=\(echoed) health=\(health)"
    case .relayHeartbeat(let target, let token, let timeout):
        "RELAY_HEARTBEAT target=\(target) token=\(hex(token.octets.bytes)) timeout=\(timeout)"
    case .relayAck(let target, let echoed, let proof):
        "RELAY_ACK target=\(target) echo=\(echoed) proof=\(hex(proof.octets.bytes))"
    case .relayNack(let target, let echoed, let reason):
        "RELAY_NACK target=\(target) echo=\(echoed) reason=\(reason.rawValue)"
    case .gossip(let isFinalCheck): "GOSSIP final-check=\(isFinalCheck ? 1 : 0)"
    case .who(let boot, let echoed): "WHO boot=\(boot) echo=\(echoed)"
    case .goodbye(let code): "GOODBYE code=\(code)"
    case .message(let type, let payload): "MESSAGE type=\(type) payload=\(hex(payload))"
    }
}

func words(_ item: Item) -> String {
    switch item {
    case .full(let statement): words(statement)
    case .refresh(let one):
        "REFRESH nid=\(one.member) ch=\(hexadecimal(one.corePrefix, digits: 16))"
            + " incarnation=\(one.incarnation) standing=\(one.standing)"
            + " signature=\(hex(one.signature.octets.bytes))"
    case .suspect(let one):
        "SUSPECT target=\(one.target) ch=\(hexadecimal(one.corePrefix, digits: 16))"
            + " incarnation=\(one.incarnation) accuser=\(one.accuser)"
            + " signature=\(hex(one.signature.octets.bytes))"
    case .view(let view):
        "VIEW members=\(view.members) hash=\(hexadecimal(view.hash, digits: 16))"
            + " keyring=\(hexadecimal(UInt64(view.keyringHash), digits: 8))"
    case .dead(let one):
        "DEAD target=\(one.target) ch=\(hexadecimal(one.corePrefix, digits: 16))"
            + " incarnation=\(one.incarnation) accusers="
            + one.accusations.map { "\($0.accuser):\(hex($0.signature.octets.bytes))" }
            .joined(separator: ",")
    case .user(let one):
        "USER origin=\(one.origin) sequence=\(one.sequence) ttl=\(one.timeToLive)"
            + " type=\(one.applicationType) payload=\(hex(one.payload))"
            + " signature=\(hex(one.signature.octets.bytes))"
    case .relay(let requester, let token):
        "RELAY requester=\(requester) token=\(hex(token.octets.bytes))"
    case .proof(let requester, let proof):
        "PROOF requester=\(requester) proof=\(hex(proof.octets.bytes))"
    case .degraded(let one):
        "DEGRADED nid=\(one.member) incarnation=\(one.incarnation) counter=\(one.counter)"
            + " signature=\(hex(one.signature.octets.bytes))"
    case .heard(let origin, let sequence): "HEARD nid=\(origin) sequence=\(sequence)"
    case .gone(let one):
        "GONE target=\(one.target) ch=\(hexadecimal(one.corePrefix, digits: 16))"
            + " incarnation=\(one.incarnation) accuser=\(one.accuser)"
            + " signature=\(hex(one.signature.octets.bytes))"
    case .state(let one):
        "STATE nid=\(one.member) process=\(one.process) version=\(one.version)"
            + " root=\(hex(one.root.octets.bytes)) signature=\(hex(one.signature.octets.bytes))"
            + " since=\(one.since) entries="
            + one.changes.map { "\($0.key)" + ($0.value.map { "=\(hex($0))" } ?? "-") }
            .joined(separator: ",")
    case .stateView(let hash): "STATE_VIEW hash=\(hexadecimal(hash, digits: 16))"
    case .unknown(let type, let value):
        "UNKNOWN type=\(hexadecimal(UInt64(type), digits: 2)) value=\(hex(value))"
    }
}

func words(_ statement: FullStatement) -> String {
    "FULL incarnation=\(statement.incarnation) standing=\(statement.standing)"
        + " signature=\(hex(statement.signature.octets.bytes)) \(words(statement.core))"
}

func words(_ core: MemberCore) -> String {
    let address =
        switch core.endpoint.address {
        case .v4(let value): hexadecimal(UInt64(value), digits: 8)
        case .v6(let high, let low):
            hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16)
        }
    return "protocol=\(core.protocolVersions.lowerBound)-\(core.protocolVersions.upperBound)"
        + " identity=\(hex(core.identityKey.octets.bytes))"
        + " boot=\(hex(core.bootKey.octets.bytes)) address=\(address) port=\(core.endpoint.port)"
        + " alias=\(core.alias) metadata=\(hex(core.metadata)) extensions=\(hex(extensions(core)))"
        + (core.firstBoot.map { " first-boot=\($0)" } ?? "")
        + (core.holdsLifelines ? " lifelines" : "")
}

/// The core keeps them in its bytes alone: what stands behind the metadata and a length.
private func extensions(_ core: MemberCore) -> ArraySlice<UInt8> {
    let addressBytes =
        switch core.endpoint.address {
        case .v4: 4
        case .v6: 16
        }
    let start = 69 + addressBytes + 2 + 1 + core.alias.description.utf8.count
    return core.bytes.dropFirst(start + 2 + core.metadata.count + 2)
}

func words(_ message: StreamMessage) -> [String] {
    switch message {
    case .hello(let hello):
        [
            "HELLO purpose=\(hello.purpose)"
                + " protocol=\(hello.protocolVersions.lowerBound)"
                + "-\(hello.protocolVersions.upperBound) nid=\(hello.caller)"
        ]
    case .helloAck(let member, let view): ["HELLO_ACK", words(member), words(Item.view(view))]
    case .join(let member): ["JOIN", words(member)]
    case .peers(let chunk):
        ["PEERS total=\(chunk.total) index=\(chunk.index)"] + chunk.items.map(words)
    case .syncBuckets(let hashes):
        [
            "SYNC_BUCKETS hashes="
                + hashes.map { hexadecimal($0, digits: 16) }.joined(separator: ",")
        ]
    case .syncIDs(let rows):
        [
            "SYNC_IDS rows="
                + rows.map { "\($0.member):\(hexadecimal($0.recordHash, digits: 16))" }
                .joined(separator: ",")
        ]
    case .syncWant(let ids): ["SYNC_WANT nids=" + ids.map(\.description).joined(separator: ",")]
    case .syncDelta(let items): ["SYNC_DELTA"] + items.map(words)
    case .data(let part):
        [
            "DATA type=\(part.applicationType) total=\(part.total) offset=\(part.offset)"
                + " bytes=\(hex(part.bytes))"
        ]
    case .end(let code): ["STREAM_END code=\(code.rawValue)"]
    }
}
