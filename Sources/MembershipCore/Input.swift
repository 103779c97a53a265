package import MembershipWire

/// Everything that can happen to a node. The only way in.
package enum Input: Sendable {
    /// The sockets are bound and the clock runs.
    case start
    /// What time it is by the wall, in nanoseconds since 1970: now and then, and after it was set.
    /// It decides only whom to probe when; a wrong one costs evenness, not correctness.
    case clock(unixNanoseconds: Int64)
    /// A frame passed the gate and its plaintext the codec.
    case received(Datagram, sequence: UInt64, from: BootID, source: Endpoint)
    /// A frame for us from a boot that nobody told us of: it cannot be opened. Its maker holds the
    /// cluster key, or repeats one who does; nothing else is known.
    case stranger(BootID, sequence: UInt64, source: Endpoint)
    /// `agenda.next` has come.
    case deadlineReached
    /// Something happened on a stream.
    case stream(StreamID, StreamInput)
    /// A machine's answer to a knock.
    case knocked(KnockID, KnockAnswer)
    /// Ask this address for the peer list. `attempt` comes back in the answer.
    case join(Endpoint, attempt: UInt64)
    /// Say goodbye; ends with `Notice.leaveCompleted`.
    case leave
    /// New bytes for the own record; at most `Bounds.metadataBytes`, checked by the caller.
    case setMetadata([UInt8])
    /// Change the own state: ascending by key, nil removes. Within the bounds, checked by the caller.
    case writeState([StateEntry])
    /// Send to all members; at most `Bounds.userPayloadBytes`, checked by the caller.
    case broadcast(type: UInt16, payload: [UInt8])
    /// Send to one member; at most `Bounds.userPayloadBytes`, checked by the caller.
    case send(type: UInt16, payload: [UInt8], to: NodeID)
    /// A message by stream, which the shell reads and writes itself.
    case talk(TalkInput)
    /// What was kept of the view of the last life, signatures unchecked: right after the start.
    case remember([Item])
    /// Drop a tombstone.
    case forget(NodeID)
    /// Something about the keys of the cluster, of which the core knows no more than a hash.
    case keys(KeysInput)
    /// The boot key is used up: from now on we are this boot, and this is how it signs and proves.
    case renewBoot(BootKey, any StatementAuthenticator)
}

/// One stream of this node. Even: opened by us; odd: accepted.
package struct StreamID: Hashable, Comparable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
    package var isOurs: Bool { number & 1 == 0 }
    package static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}

package enum StreamInput: Sendable {
    /// A message arrived. `remoteBoot` is the static key the handshake proved; nil only with
    /// `.hello`, which comes before any proof.
    case received(StreamMessage, remoteBoot: BootKey?)
    /// HELLO, under a key that we have retired: whatever it asks for, it is for keys only.
    case calledUnderRetiredKey(StreamMessage.Hello)
    /// KEYS arrived, in good form. The shell holds it and reads nothing further on this stream until it
    /// is told `Effect.takeKeys`, and has answered that.
    case receivedKeys
    /// What became of it.
    case tookKeys(KeysOutcome)
    /// The stream is over before its `.end` came.
    case failed(StreamFailure)
    /// The shell has cut it, because it took too much or too long.
    case cut
}

/// The shell's wishes for messages by stream.
package enum TalkInput: Sendable {
    /// Opens a stream to a member; ends with `TalkNews.began` or `.failed`.
    case call(NodeID, attempt: UInt64)
    /// The caller of this stream has its answer, or is turned away.
    case answer(StreamID, StreamEndCode)
    /// The caller of this attempt waits no longer.
    case drop(attempt: UInt64)
}

/// What became of a keyset that was given to us.
package enum KeysOutcome: Hashable, Sendable {
    /// It is what we hold: now, or we did before.
    case same(inMemoryOnly: Bool)
    /// We hold a newer one.
    case older(inMemoryOnly: Bool)
    /// It is newer than ours and could not be stored, so we go on with ours.
    case cannotKeep
    /// It is signed by nobody, or for another cluster, or too far ahead, or has no key of ours in it.
    case refused
}

/// News of the shell about keys. Secrets stay with it.
package enum KeysInput: Sendable {
    /// From now on we hold another keyset: this is what members are told of it, and this is how
    /// relays are answered under its keys.
    case changed(hash: UInt32, any StatementAuthenticator)
    /// A rotation of our own begins or ends. While it goes on nobody is called because it shows
    /// another keyring hash: the rotation calls everybody.
    case rotating(Bool)
    /// Give our keyset to a member; ends with `Notice.keysGiven`.
    case give(to: NodeID, attempt: UInt64)
    /// A frame for us under a key that we have retired. Who made it holds that key; whether it is the
    /// boot it names, nothing shows.
    case behind(BootID, KeyID)
}

/// Why a stream could not be used.
package enum StreamFailure: Hashable, Sendable {
    case refused
    case timedOut
    case unreachable(errno: Int32)
    /// The other side said so in clear, before the handshake: nobody vouches for it.
    case rejected(StreamEndCode)
    /// Cut, or the bytes made no sense.
    case broken
}
