"""Attacks without a key: by anyone who can send packets, and perhaps listen on the path."""

import os
import socket
import time
from typing import List, Tuple

from wire.frames import Header
from wire.keys import ClusterKey, ClusterSecrets, node_id
from wire.streams import make_preamble

from .attack import OUTSIDE, Outcome, attack
from .listener import Listener, content
from .postures import KeyHolder, Member, send
from .target import Target

_GATE = ("length", "magic", "version", "unsupported-suite", "unknown-key", "mac", "own-boot",
         "zero-sequence", "replay", "tag", "unknown-peer", "introduction-rate")


def heard_on_the_path(target: Target, each: int = 2) -> List[Tuple[str, str, bytes]]:
    with Listener(target) as listener:
        return listener.frames(each)


def refusals(
    target: Target, name: str, sends: List[bytes], reasons: Tuple[str, ...], expected: int = 0,
) -> int:
    """How many of these the node came to refuse for these reasons: all, or as many as are expected."""
    before = target.refused(name, *reasons)
    for index, data in enumerate(sends):
        send(target, name, data)
        if index % 64 == 63:
            time.sleep(0.01)
    target.wait(lambda: target.refused(name, *reasons) - before >= (expected or len(sends)), 10)
    return target.refused(name, *reasons) - before


def all_refused(target: Target, names: List[str], *reasons: str) -> int:
    return sum(target.refused(name, *reasons) for name in names)


def judged(target: Target, name: str, sends: List[bytes], *reasons: str) -> Outcome:
    """Held if every one was refused, by a counter."""
    count = refusals(target, name, sends, reasons or _GATE)
    held = count >= len(sends) > 0
    return Outcome(held, f"{count} of {len(sends)} refused ({', '.join(reasons) or 'at the gate'})")


@attack("forgery", OUTSIDE, "frames made without the key")
def forgery(target: Target) -> Outcome:
    stranger = KeyHolder(target, ClusterSecrets(ClusterKey(os.urandom(32)), target.secrets.cid))
    header = bytes([0x49, 0x12]) + target.secrets.kid
    sends = [header + os.urandom(28) + os.urandom(80) for _ in range(500)]
    sends += [os.urandom(112) for _ in range(100)]
    sends.append(b"\x49\x12" + stranger.secrets.kid + os.urandom(108))
    return judged(target, "n1", sends)


@attack("bit-flips", OUTSIDE, "a recorded frame with each of its bits changed")
def bit_flips(target: Target) -> Outcome:
    _, to, frame = heard_on_the_path(target)[0]
    sends = []
    for bit in range(8 * len(frame)):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        sends.append(bytes(damaged))
    return judged(target, to, sends)


@attack("truncation", OUTSIDE, "a recorded frame cut at every length")
def truncation(target: Target) -> Outcome:
    _, to, frame = heard_on_the_path(target)[0]
    return judged(target, to, [frame[:length] for length in range(1, len(frame))])


@attack("replay", OUTSIDE, "recorded frames once more, at once")
def replay(target: Target) -> Outcome:
    heard = heard_on_the_path(target)
    to = heard[0][1]
    return judged(target, to, [frame for _, name, frame in heard if name == to], "replay")


@attack("replay-after-restart", OUTSIDE, "recorded frames after either end was started again")
def replay_after_restart(target: Target) -> Outcome:
    heard = [one for one in heard_on_the_path(target, 4) if "n5" in one[:2]]
    target.restart("n5")
    if not target.wait(target.is_whole, 20):
        return Outcome(False, "n5 did not come back")
    to_new = [frame for _, to, frame in heard if to == "n5"]
    count = refusals(target, "n5", to_new, _GATE)
    from_old = [(to, frame) for sender, to, frame in heard if sender == "n5"]
    others = [name for name in target.names if name != "n5"]
    before = all_refused(target, others, *_GATE)
    for to, frame in from_old:
        send(target, to, frame)
    target.wait(lambda: all_refused(target, others, *_GATE) - before >= len(from_old), 5)
    more = all_refused(target, others, *_GATE) - before
    held = count >= len(to_new) > 0 and more >= len(from_old) > 0
    return Outcome(held, f"{count} of {len(to_new)} to the new boot and {more} of {len(from_old)} of"
                         " the old one refused")


@attack("reflection", OUTSIDE, "a node's own frames sent back to it")
def reflection(target: Target) -> Outcome:
    heard = heard_on_the_path(target)
    sender = heard[0][0]
    return judged(target, sender, [frame for name, _, frame in heard if name == sender])


@attack("third-node", OUTSIDE, "recorded frames delivered to another member")
def third_node(target: Target) -> Outcome:
    heard = heard_on_the_path(target)
    sends = [frame for sender, to, frame in heard if "n4" not in (sender, to)]
    return judged(target, "n4", sends, "mac")


@attack("other-cluster", OUTSIDE, "frames of one cluster into another of the same key")
def other_cluster(target: Target) -> Outcome:
    heard = heard_on_the_path(target)
    port = target.free_port()
    target.ports["other"] = port
    target.start_one("other", options=["--cluster", "elsewhere"])
    try:
        if not target.wait(lambda: "ready" in target.log("other").read_text(), 10):
            return Outcome(False, "the other cluster did not start")
        sends = [frame for _, _, frame in heard][:50]
        outcome = judged(target, "other", sends, "mac")
        alone = target.status("other")["members"]["alive"] == 1
        return Outcome(outcome.held and alone, outcome.happened + ", and both stay apart")
    finally:
        target.kill("other")
        del target.processes["other"], target.ports["other"]


@attack("spoofed-source", OUTSIDE, "a recorded frame from another address, and answers counted")
def spoofed_source(target: Target) -> Outcome:
    heard = heard_on_the_path(target)
    before = all_refused(target, target.names, "replay")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
        victim.bind(("127.0.0.1", 0))
        victim.settimeout(0.3)
        sends = [(to, frame) for _, to, frame in heard][:50]
        for to, frame in sends:
            send(target, to, frame, victim)
        target.wait(lambda: all_refused(target, target.names, "replay") - before >= len(sends), 5)
        refused = all_refused(target, target.names, "replay") - before
        answers = 0
        try:
            while victim.recvfrom(2048):
                answers += 1
        except OSError:
            pass
    return Outcome(answers == 0 and refused >= len(sends),
                   f"{len(sends)} sent, {refused} refused, {answers} answered to that address")


@attack("metadata", OUTSIDE, "names, addresses, metadata, messages and keys read off the wire")
def metadata(target: Target) -> Outcome:
    """While a node comes back, one with a telling name and telling metadata joins, moves and leaves, and
    a message is sent: whatever of all that is legible in a datagram or a stream."""
    with Listener(target) as listener:
        listener.raw(0)
        target.restart("n5")
        member = Member(target, "conspicuous-name", metadata=b"conspicuous-metadata")
        try:
            member.enter()
            member.gossip(member.restate(metadata=b"conspicuous-change"))
            sent = target.run("send", "conspicuous-message", "--agent", "n1", "--data-root-dir",
                              str(target.data))
            arrived = target.wait(lambda: "conspicuous-message" in target.log("n2").read_text(), 5)
            # The search must find these, or it proves nothing.
            packets = content(listener.until(
                lambda heard: any(member.boot.bid in one.data for one in heard), 20))
        finally:
            member.leave()
        packets += listener.packets(0.5)
    datagrams = b"".join(one.data for one in packets if one.kind == "udp")
    streams = b"".join(one.data for one in packets if one.kind == "tcp")
    found = [what for what, word in _tell_tales(target, member) if word in datagrams + streams]
    # The same search finds what is known to be legible: the boot id in the header of a frame.
    searched = member.boot.bid in datagrams and len(streams) > 2_000
    held = not found and searched and sent.returncode == 0 and arrived
    return Outcome(held, f"{len(datagrams)} bytes of datagrams and {len(streams)} of streams, "
                   + (f"legible: {', '.join(found)}" if found else "nothing legible")
                   + ("" if searched else "; but the search found no boot id either"),
                   "boot ids, sequences, sizes and times are visible")


def _tell_tales(target: Target, member: Member) -> List[Tuple[str, bytes]]:
    """Texts that must not be visible. Short names are searched for together with the bytes before them in a
    record, because chance would find them in any ciphertext."""
    key = target.secrets.key.secret
    tales = [("a name", b"conspicuous-name"), ("metadata", b"conspicuous-metadata"),
             ("changed metadata", b"conspicuous-change"), ("a message", b"conspicuous-message"),
             ("the cluster's name", b"default"), ("the key", key), ("the key", key.hex().encode())]
    for name, full in member.records.items():
        core = full.core
        endpoint = core.address + core.port.to_bytes(2, "big")
        tales += [
            (f"the name of {name}", core.port.to_bytes(2, "big") + bytes([len(core.alias)]) + core.alias),
            (f"the address of {name}", endpoint), (f"the identity of {name}", core.identity_key),
            (f"the node id of {name}", node_id(core.identity_key)),
            (f"the boot key of {name}", core.boot_key),
            (f"the address of {name} in words", f"127.0.0.1:{core.port}".encode()),
        ]
    return tales


@attack("nonces", OUTSIDE, "looking for a nonce used twice")
def nonces(target: Target) -> Outcome:
    heard = heard_on_the_path(target, 6)
    used = [frame[8:32] for _, _, frame in heard]
    hedges = {Header.parse(frame).hedge for _, _, frame in heard}
    pairs = {(frame[8:16], frame[16:24]) for _, _, frame in heard}
    held = len(set(used)) == len(used) == len(pairs) and len(hedges) == len(heard)
    return Outcome(held, f"{len(used)} frames, {len(set(used))} nonces, {len(hedges)} hedges",
                   "a fork is tried in the unit tests: the child draws its own hedges")


@attack("slow-loris", OUTSIDE, "connections that say nothing, or a byte now and then")
def slow_loris(target: Target) -> Outcome:
    opened = []
    try:
        for _ in range(80):
            one = socket.create_connection(target.address("n1"), timeout=1)
            one.setblocking(False)
            opened.append(one)
        began = time.monotonic()
        joined = _a_node_can_join(target)
        # The beginning of a preamble, byte by byte, and nothing after it.
        dripping = _until_closed(opened[:40], began, 8, b"\x49\x1a" + target.secrets.kid)
        silent = _until_closed(opened[40:], began, 8)
    finally:
        for one in opened:
            one.close()
    held = joined and dripping < 6 and silent < 6
    return Outcome(held, f"40 that drip were closed within {dripping:.1f} s, 40 silent ones within"
                         f" {silent:.1f} s; a node {'joined' if joined else 'could not join'} meanwhile")


def _a_node_can_join(target: Target) -> bool:
    """Through another seed: the one under attack is busy."""
    member = Member(target, "visitor")
    try:
        member.enter("n2")
        member.leave()
        return True
    except (OSError, ConnectionError):
        member.close()
        return False


def _until_closed(opened: list, began: float, longest: float, drips: bytes = b"") -> float:
    """Seconds from the beginning until the node has closed all of them."""
    waiting, said = list(opened), 0
    while waiting and time.monotonic() - began < longest:
        for one in list(waiting):
            try:
                one.send(drips[said : said + 1])
                if one.recv(64) == b"":
                    waiting.remove(one)
            except BlockingIOError:
                pass
            except OSError:
                waiting.remove(one)
        said += 1
        time.sleep(0.1)
    return time.monotonic() - began


@attack("oversize", OUTSIDE, "the largest datagrams, and streams that announce 65,535 bytes")
def oversize(target: Target) -> Outcome:
    # Two are counted; the two largest are no datagram to a node.
    sends = [bytes(65507), b"\x49" * 9000, bytes(1329), b"\x49"]
    count = refusals(target, "n1", sends, ("length",), expected=2)
    closed = 0
    for _ in range(4):
        with socket.create_connection(target.address("n1"), timeout=2) as one:
            one.settimeout(5)
            one.sendall(make_preamble(target.secrets, bytes(32)) + b"\xff\xff" + bytes(5000))
            try:
                while one.recv(4096):
                    pass
                closed += 1
            except OSError:
                closed += 1
    return Outcome(closed == 4 and count >= 2 and target.wait(target.is_whole, 20),
                   f"{count} datagrams refused for their length; {closed} of 4 streams closed")


@attack("garbage-streams", OUTSIDE, "random bytes to the stream port")
def garbage_streams(target: Target) -> Outcome:
    before = target.refused("n1", "stream-garbage")
    for size in (1, 7, 8, 9, 42, 100, 5000):
        for _ in range(3):
            with socket.create_connection(target.address("n1"), timeout=2) as one:
                try:
                    # The first byte is not ours: a stream that begins like one of ours is another attack.
                    one.sendall(b"\x00" + os.urandom(size - 1))
                except OSError:
                    pass
    # Shorter ones are no preamble yet, and are cut off by the time.
    target.wait(lambda: target.refused("n1", "stream-garbage") - before >= 15, 10)
    count = target.refused("n1", "stream-garbage") - before
    joined = _a_node_can_join(target)
    return Outcome(count >= 15 and joined and target.is_whole(),
                   f"21 connections, {count} refused as no preamble; a node"
                   f" {'joined' if joined else 'could not join'} after them")


@attack("flood", OUTSIDE, "50,000 datagrams of a stranger")
def flood(target: Target) -> Outcome:
    before, counted = target.resident_bytes("n1"), target.refused("n1", "mac")
    doubts = target.doubts()
    frame = b"\x49\x12" + target.secrets.kid + os.urandom(108)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for index in range(50_000):
            one.sendto(frame, target.address("n1"))
            if index % 500 == 499:
                time.sleep(0.005)
    whole = target.wait(target.is_whole, 5)
    grown = (target.resident_bytes("n1") - before) / (1 << 20)
    count = target.refused("n1", "mac") - counted
    # On a busy machine a node under a flood is late, and refutes.
    suspected, failed = (after - was for after, was in zip(target.doubts(), doubts))
    # The system may drop what is more than the socket holds.
    held = whole and grown < 16 and count > 1_000 and failed == 0
    return Outcome(held, f"{count} refused and counted; {grown:.1f} MiB more memory; {suspected} times"
                         f" suspected, {failed} declared failed", "the network's own limits")


@attack("downgrade", OUTSIDE, "recorded frames relabelled as another suite or version")
def downgrade(target: Target) -> Outcome:
    heard = heard_on_the_path(target)
    to = heard[0][1]
    sends = []
    for _, name, frame in heard:
        if name == to:
            sends += [frame[:1] + bytes([second]) + frame[2:]
                      for second in (0x10, 0x11, 0x13, 0x02, 0x22)]
    return judged(target, to, sends)


@attack("equal-kid", OUTSIDE, "frames under a key whose id equals the cluster's")
def equal_kid(target: Target) -> Outcome:
    for number in range(1_000_000):
        key = ClusterKey(number.to_bytes(32, "big"))
        if key.kid == target.secrets.kid:
            break
    stranger = KeyHolder(target, ClusterSecrets(key, target.secrets.cid))
    honest = KeyHolder(target)
    stranger.records["n1"] = honest.record_of("n1")
    stranger.gate.know(stranger.records["n1"].core.boot_key)
    sends = [stranger.seal("n1", bytes([6]) + bytes(63), suite) for suite in (1, 2)]
    outcome = judged(target, "n1", sends, "mac")
    return Outcome(outcome.held, f"found one after {number + 1} tries; {outcome.happened}",
                   "two keys of one id cannot be in one keyring (unit test)")
