package import MembershipWire

/// Everything that can happen to a node. The only way in.
package enum Input: Sendable {
    /// The sockets are bound and the clock runs.
    case start
    /// The time by the wall clock, in nanoseconds since 1970: now and then, and after it was set.
    /// It decides only which member is probed when; a wrong time costs evenness, not correctness.
    case clock(unixNanoseconds: Int64)
    /// A frame passed the gate and its plaintext the codec.
    case received(Datagram, sequence: UInt64, from: BootID, source: Endpoint)
    /// A frame for us from a boot that we have not heard of: it cannot be opened. Its maker holds
    /// the cluster key, or repeats a frame of a node that holds it; nothing else is known.
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
    /// New bytes for our own record; at most `Bounds.metadataBytes`, checked by the caller.
    case setMetadata([UInt8])
    /// Change our own state: ascending by key, nil removes. Within the bounds, checked by the caller.
    case writeState([StateEntry])
    /// Send to all members; at most `Bounds.userPayloadBytes`, checked by the caller.
    case broadcast(type: UInt16, payload: [UInt8])
    /// Send to one member; at most `Bounds.userPayloadBytes`, checked by the caller.
    case send(type: UInt16, payload: [UInt8], to: NodeID)
    /// A message by stream, which the shell reads and writes itself.
    case talk(TalkInput)
    /// The part of the last life's view that was kept, signatures unchecked: right after the start.
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
    /// The network of a caller, directly before its HELLO; a caller without it counts for a network that
    /// is not known.
    case comes(from: Network)
    /// HELLO, under a key that we have retired: whatever it asks for, it is for keys only.
    case calledUnderRetiredKey(StreamMessage.Hello)
    /// KEYS arrived, in good form. The shell holds it. It reads nothing further on this stream
    /// until it receives `Effect.takeKeys` and has answered that.
    case receivedKeys
    /// The result of taking these keys.
    case tookKeys(KeysOutcome)
    /// The stream is over before its `.end` came.
    case failed(StreamFailure)
    /// The shell has cut it, because it took too much or too long.
    case cut
}

/// The shell's requests about messages by stream.
package enum TalkInput: Sendable {
    /// Opens a stream to a member; ends with `TalkNews.began` or `.failed`.
    case call(NodeID, attempt: UInt64)
    /// The caller of this stream has its answer, or is turned away.
    case answer(StreamID, StreamEndCode)
    /// The caller of this attempt waits no longer.
    case drop(attempt: UInt64)
}

/// The result of taking a keyset that was given to us.
package enum KeysOutcome: Hashable, Sendable {
    /// It is what we hold: now, or we did before.
    case same(inMemoryOnly: Bool)
    /// We hold a newer one.
    case older(inMemoryOnly: Bool)
    /// It is newer than ours and could not be stored, so we go on with ours.
    case cannotKeep
    /// It has no signature, or is for another cluster, or too far ahead, or has no key of ours in it.
    case refused
}

/// News of the shell about keys. Secrets stay with it.
package enum KeysInput: Sendable {
    /// From now on we hold another keyset. Members receive its hash, and this authenticator answers
    /// relays under its keys.
    case changed(hash: UInt32, any StatementAuthenticator)
    /// Our own rotation begins or ends. While it goes on, another keyring hash is no reason to call
    /// a member: the rotation calls all members.
    case rotating(Bool)
    /// Give our keyset to a member; ends with `Notice.keysGiven`.
    case give(to: NodeID, attempt: UInt64)
    /// A frame for us under a key that we have retired. The maker of the frame holds that key;
    /// nothing shows whether it is the boot that the frame names.
    case behind(BootID, KeyID)
}

/// Why a stream could not be used.
package enum StreamFailure: Hashable, Sendable {
    case refused
    case timedOut
    case unreachable(errno: Int32)
    /// A refusal in clear, before the handshake: nothing proves that the other side sent it.
    case rejected(StreamEndCode)
    /// Cut, or the bytes made no sense.
    case broken
}
