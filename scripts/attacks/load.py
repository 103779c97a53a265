"""Attacks by work: signatures to check, changes to tell, relays to try, lines to log."""

import fcntl
import os
import struct
import termios
import time
from typing import List

from wire.datagrams import Datagram
from wire.frames import PAIR_SUITE, make_header, seal
from wire.items import Dead, Refresh, Suspect, User
from wire.keys import node_id

from .attack import MEMBER, Outcome, attack
from .invented import invent
from .keyed import target_nid
from .measuring import Paced, death_noticed, in_words, seconds_until, slowest
from .postures import Member
from .target import Target

# Of fcntl, Linux.
_SET_PIPE_SIZE = 1031
_PAGE = 4096
# Of a log, about: what fits no more makes the pipe full.
_LONGEST_LINE = 600


class Sealer:
    """Frames from a member to one node, in quick succession: the key of the pair is made once."""

    def __init__(self, member: Member, name: str):
        self._member, self._bid = member, member.bid_of(name)
        self._key = member.gate.direction_key(member.secrets, PAIR_SUITE, self._bid, inbound=False)
        self._address = member.target.address(name)

    def send(self, plaintext: bytes) -> None:
        self._member.sequence += 1
        header = make_header(self._member.secrets, PAIR_SUITE, self._member.boot.bid, self._bid,
                             self._member.sequence, os.urandom(8))
        self._member.socket.sendto(seal(header, plaintext, self._key), self._address)


@attack("false-signatures", MEMBER, "2,000 frames a second, each with up to 15 signatures that do not hold",
        undefended="93 to 100 % of a core at n1; a death unnoticed by n1 after 22 s, 1.25 s without")
def false_signatures(target: Target) -> Outcome:
    """All to n1, which must notice a death meanwhile: messages, statements, accusations and verdicts in turns.
    In the end mallory says goodbye, and goes on: a member that has left can still be heard."""
    others = [name for name in target.names if name != "n4"]
    usual = slowest(death_noticed(target, "n4", others, 20))
    target.restart("n4")
    if usual is None or not target.wait(target.is_whole, 20):
        return Outcome(False, "a killed member was not noticed, or did not come back, without any attack")
    member = Member(target, "forger").enter()
    try:
        plaintexts = _false_statements(target, member)
        sealer = Sealer(member, "n1")
        before = target.refused("n1", "rule-badSignature")
        with Paced(lambda number: sealer.send(plaintexts[number % len(plaintexts)]), 2_000) as sending:
            share = _share_of_a_core(target, "n1", 3)
            found = death_noticed(target, "n4", others, 25)
            refused = target.refused("n1", "rule-badSignature") - before
            farewell = Datagram("GOODBYE", {"code": 1}, [member.refresh(member.incarnation + 1, 1)])
            member.say("n1", farewell)
            share_of_the_left = _share_of_a_core(target, "n1", 3)
    finally:
        member.leave()
        target.restart("n4")
    noticed = slowest(found)
    return Outcome(noticed is not None and noticed <= 2 * max(usual, 1.2) and max(share, share_of_the_left) <= 0.2
                   and refused > 0,
                   f"{sending.rate:.0f} frames a second ({sending.rate * 1_328 * 8 / 1e6:.0f} Mbit/s), {refused} false signatures counted;"
                   f" {share:.0%} of a core, {share_of_the_left:.0%} after its goodbye; a death is known to n1 after {in_words(found['n1'], 25)}, to all"
                   f" after {in_words(noticed, 25)}, {usual:.1f} s without")


def _false_statements(target: Target, member: Member) -> List[bytes]:
    """Full datagrams: messages in n2's name, statements of n2, accusations by n3, verdicts by five accusers."""
    n2 = member.record_of("n2")
    nid, part, number = target_nid(n2), n2.core.hash[:8], target.member("n1", "n2")["incarnation"]
    accusers = sorted(target_nid(member.record_of(name)) for name in target.names)
    kinds = [
        [User(nid, (1 << 40) + count, 5, 1, b"false", _false_signature()) for count in range(14)],
        [Refresh(nid, part, number + 1 + count, 0, _false_signature()) for count in range(13)],
        [Suspect(nid, part, number, accusers[count % 5], _false_signature()) for count in range(12)],
        [Dead(nid, part, number, tuple((one, _false_signature()) for one in accusers)) for _ in range(3)],
    ]
    return [Datagram("GOSSIP", {}, items).encode() for items in kinds]


def _share_of_a_core(target: Target, name: str, seconds: float) -> float:
    used, began = target.processor_seconds(name), time.monotonic()
    time.sleep(seconds)
    return (target.processor_seconds(name) - used) / (time.monotonic() - began)


def _false_signature() -> bytes:
    """Of a form that has to be checked to the end: S is below the order of the group."""
    return os.urandom(63) + b"\x0f"


@attack("metadata-flood", MEMBER, "its metadata changed 300 times a second",
        undefended="386 kB/s of events at n1, 103 kB/s at each of the others")
def metadata_flood(target: Target) -> Outcome:
    """All to n1 alone; the others hear of it by gossip."""
    member = Member(target, "changer").enter()
    try:
        sealer = Sealer(member, "n1")

        def change(_: int) -> None:
            item = member.restate(metadata=os.urandom(512))
            sealer.send(Datagram("GOSSIP", {}, [item]).encode())

        before = {name: target.log(name).stat().st_size for name in target.names}
        with Paced(change, 300) as changing:
            time.sleep(6)
        rates = {name: (target.log(name).stat().st_size - before[name]) / 6_000 for name in target.names}
        settled = seconds_until(
            lambda: all((target.member(name, "changer") or {}).get("incarnation", 0) >= member.incarnation
                        for name in target.names), 20)
    finally:
        member.leave()
    most = max(rates[name] for name in target.names[1:])
    return Outcome(most <= 25 and rates["n1"] > 0 and settled is not None,
                   f"{changing.rate:.0f} changes a second: {rates['n1']:.0f} kB/s of events at n1, {most:.0f} kB/s"
                   f" at the others; all hold the last statement {in_words(settled, 20)} after it")


@attack("rename-flood", MEMBER, "its name changed 200 times a second, each time to that of another member",
        undefended="108 kB/s of log at n1")
def rename_flood(target: Target) -> Outcome:
    member = Member(target, "renamer").enter()
    try:
        sealer = Sealer(member, "n1")

        def rename(number: int) -> None:
            item = member.restate(alias=target.names[number % 5].encode())
            sealer.send(Datagram("GOSSIP", {}, [item]).encode())

        before = target.log("n1").stat().st_size
        with Paced(rename, 200) as renaming:
            time.sleep(5)
        rate = (target.log("n1").stat().st_size - before) / 5_000
        member.gossip(member.restate(alias=b"renamer"))
    finally:
        member.leave()
    return Outcome(0 < rate <= 25, f"{renaming.rate:.0f} renames a second: {rate:.0f} kB/s of log and events at n1")


@attack("equivocation-flood", MEMBER, "80 invented members that contradict themselves in turns, again and again",
        undefended="199 proofs of 4.2 kB in 6 s: beyond 64 each is sent again")
def equivocation_flood(target: Target) -> Outcome:
    """A node reports each contradicting member once."""
    member = Member(target, "author").enter()
    try:
        liars = invent(target, 80, "janus")
        sealer = Sealer(member, "n1")
        pairs = [[one.full(2, metadata=word * 512) for word in (b"1", b"2")] for one in liars]
        before = _proofs(target)
        for _ in range(3):
            for pair in pairs:
                for item in pair:
                    sealer.send(Datagram("GOSSIP", {}, [item]).encode())
                time.sleep(0.02)
        member.until_read("n1")
        # The log is written a little later.
        target.wait(lambda: _proofs(target) - before > len(liars), 2)
        told = _proofs(target) - before
    finally:
        member.leave()
    return Outcome(0 < told <= len(liars), f"{len(liars)} members, three rounds: {told} proofs told by n1")


def _proofs(target: Target) -> int:
    return len(target.logged("n1", "proof"))


@attack("unread-log", MEMBER, "renames that a node warns of, while nothing reads its log",
        undefended="the node stands still and is dead to all until its log is read")
def unread_log(target: Target) -> Outcome:
    """The node's standard error is a pipe that holds one page and is read only in the end."""
    pipe = target.data / "unread.pipe"
    os.mkfifo(pipe)
    # Open at both ends: the node finds a reader, which never reads.
    end = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(end, _SET_PIPE_SIZE, _PAGE)
    target.ports["unread"] = target.free_port()
    target.start_one("unread", options=["--log-level", "trace"],
                     wrapper=["sh", "-c", 'exec "$@" 2>"$0"', str(pipe)])
    member = None
    try:
        if not target.wait(lambda: target.all_say("unread", "alive"), 20):
            return Outcome(False, "the node with an unread log did not join")
        member = Member(target, "renamer").enter()
        began, filled, dead = time.monotonic(), None, False
        for number in range(2_000):
            if time.monotonic() - began > 12 or dead:
                break
            item = member.restate(alias=target.names[number % 5].encode())
            member.gossip(item, to=["unread"])
            if filled is None and _waiting(end) >= _PAGE - _LONGEST_LINE:
                filled = time.monotonic() - began
            if number % 20 == 0:
                dead = "dead" in (target.state("n1", "unread"), target.state("n2", "unread"))
            time.sleep(0.005)
        # Long enough for a node that stands still to be declared dead.
        dead = dead or target.wait(lambda: target.state("n1", "unread") == "dead", 6)
        return Outcome(not dead and filled is not None,
                       f"the pipe was full after {in_words(filled, 12)}; the node is"
                       f" {'dead' if dead else 'alive'} to the others")
    finally:
        os.close(end)
        target.kill("unread")
        del target.processes["unread"], target.ports["unread"]
        if member:
            member.gossip(member.restate(alias=b"renamer"))
            member.leave()


def _waiting(end: int) -> int:
    """Bytes in the pipe."""
    return struct.unpack("i", fcntl.ioctl(end, termios.FIONREAD, struct.pack("i", 0)))[0]


@attack("busy-relays", MEMBER, "800 relay requests a second about an accomplice that ignores relayed heartbeats",
        undefended="20 of 40 requests of an honest member answered by \"busy\"")
def busy_relays(target: Target) -> Outcome:
    asker, silent, honest = (Member(target, name).enter() for name in ("asker", "silent", "honest"))
    silent.on_datagram = lambda header, datagram: any(item.kind == 0x08 for item in datagram.items)
    answers: List[Datagram] = []
    honest.on_datagram = lambda header, datagram: answers.append(datagram) or False
    try:
        sealer = Sealer(asker, "n1")

        def ask(_: int) -> None:
            sealer.send(Datagram("RELAY_HEARTBEAT", {
                "target": silent.identity.nid, "token": os.urandom(16), "timeout": 2_000}).encode())

        n2 = node_id(honest.record_of("n2").core.identity_key)
        with Paced(ask, 800) as asking:
            time.sleep(2)
            for _ in range(40):
                honest.say("n1", Datagram("RELAY_HEARTBEAT", {
                    "target": n2, "token": os.urandom(16), "timeout": 1_000}))
                time.sleep(0.1)
            target.wait(lambda: _relayed(answers) + _busy(answers) >= 40, 5)
    finally:
        for one in (asker, silent, honest):
            one.leave()
    relayed, busy = _relayed(answers), _busy(answers)
    return Outcome(relayed >= 38, f"{asking.rate:.0f} requests a second; of 40 of an honest member {relayed} were"
                                  f" relayed, {busy} answered by \"busy\"")


def _relayed(answers: List[Datagram]) -> int:
    return sum(one.name == "RELAY_ACK" for one in answers)


def _busy(answers: List[Datagram]) -> int:
    return sum(one.name == "RELAY_NACK" and one.fields["reason"] == 3 for one in answers)
