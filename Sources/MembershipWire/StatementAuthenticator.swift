/// Makes and checks hashes, signatures and relay proofs, for which keys are needed.
///
/// The core decides and must stay free of cryptography, so it receives one of these. The security
/// module has the real one (Ed25519, BLAKE2b); the simulator also has a plain one for large worlds.
/// Except for tokens, all answers are pure functions of the arguments and the keys, so that runs
/// replay.
package protocol StatementAuthenticator: Sendable {
    func nodeID(of key: IdentityKey) -> NodeID
    func bootID(of key: BootKey) -> BootID
    func hash(of coreBytes: [UInt8]) -> CoreHash
    /// Of a map of values: see `StateStatement.rootText`.
    func root(of stateText: [UInt8]) -> StateRoot

    /// By the identity key of this node.
    func sign(_ text: SignedText) -> Signature
    func isValid(_ signature: Signature, of text: SignedText, by key: IdentityKey) -> Bool

    /// A token that no other node can predict. If runs must replay, it is `draw`, which the core
    /// took from its own randomness; a real node draws from the system instead.
    func makeRelayToken(_ draw: RelayToken) -> RelayToken
    /// This node's MAC over a token, for the requester of a relayed heartbeat; nil if no secret can
    /// be shared with that key.
    func relayProof(of token: RelayToken, for requester: BootKey) -> RelayProof?
    /// Whether `target` itself made the proof for us.
    func isValid(_ proof: RelayProof, of token: RelayToken, by target: BootKey) -> Bool
}

/// The content of a signature, before the cluster id is added. The bytes: `SignedText+Bytes`.
package enum SignedText: Equatable, Sendable {
    case statement(CoreHash, Incarnation, Standing)
    case suspicion(target: NodeID, CoreHash, Incarnation, accuser: NodeID)
    case gone(target: NodeID, CoreHash, Incarnation, accuser: NodeID)
    case degraded(member: NodeID, Incarnation, counter: UInt32)
    case user(origin: NodeID, sequence: UInt64, applicationType: UInt16, payload: [UInt8])
    case state(member: NodeID, process: BootID, version: UInt64, StateRoot)
}

extension SignedText {
    /// The exact bytes that are signed: a 16-byte label, the cluster, then the fields in wire order.
    package func bytes(in cluster: ClusterID) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(128)
        text += Array(label.utf8)
        text += Array(repeating: 0, count: 16 - text.count)
        text += cluster.octets.bytes
        switch self {
        case .statement(let core, let incarnation, let standing):
            text += core.octets.bytes
            text.append(bigEndian: incarnation.number)
            text.append(standing.rawValue)
        case .suspicion(let target, let core, let incarnation, let accuser),
            .gone(let target, let core, let incarnation, let accuser):
            text.append(bigEndian: target.value)
            text += core.octets.bytes
            text.append(bigEndian: incarnation.number)
            text.append(bigEndian: accuser.value)
        case .degraded(let member, let incarnation, let counter):
            text.append(bigEndian: member.value)
            text.append(bigEndian: incarnation.number)
            text.append(bigEndian: counter)
        case .user(let origin, let sequence, let applicationType, let payload):
            text.append(bigEndian: origin.value)
            text.append(bigEndian: sequence)
            text.append(bigEndian: applicationType)
            text += payload
        case .state(let member, let process, let version, let root):
            text.append(bigEndian: member.value)
            text.append(bigEndian: process.value)
            text.append(bigEndian: version)
            text += root.octets.bytes
        }
        return text
    }

    private var label: String {
        switch self {
        case .statement: "IR1 statement"
        case .suspicion: "IR1 suspect"
        case .gone: "IR1 gone"
        case .degraded: "IR1 degraded"
        case .user: "IR1 user"
        case .state: "IR1 state"
        }
    }
}

extension [UInt8] {
    /// Appends a number in network order.
    package mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}
