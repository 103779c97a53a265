"""Attacks on tables and on memory: as much as a node takes in, and what it costs afterwards."""

import os
import socket
import threading
import time
from typing import List

from wire.core import Core
from wire.datagrams import Datagram
from wire.frames import PAIR_SUITE, make_header, seal
from wire.items import Dead, Full
from wire.keys import Boot, Identity, agree, statement_text
from wire.streams import StreamMessage

from .attack import KEY, MEMBER, Outcome, attack
from .invented import invent
from .load import Sealer
from .measuring import Paced, in_words, seconds_until, status_seconds
from .postures import JOIN, Connection, Known, Member, Rejected
from .target import HOST, Target

_TOMBSTONES = (32_000, 32_000, 14_000)
_STREAMS, _STREAM_BYTES, _ENOUGH_BYTES = 60, 60 << 20, 1 << 30
_BOOTS = 80_000


# --- tombstones -----------------------------------------------------------------------------------


@attack("full-tombstone-table", KEY, "78,000 members that do not exist and have left, with the longest records: 73 MiB",
        quick=False, undefended="a newcomer has not joined after 70 s; a status takes 2.7 to 5.5 s; 430 MiB resident")
def full_tombstone_table(target: Target) -> Outcome:
    """All by joins to n1, which is the newcomer's only seed."""
    with Target(target.binary, 3) as own:
        # Of members that answer, n1 takes in more than 64 at once.
        bringer = Member(own, "bringer").enter()
        before = own.resident_bytes("n1")
        taken = 0
        for count in _TOMBSTONES:
            taken += _bring(bringer, _the_left(own, count))
        bringer.leave()
        answered = status_seconds(own, "n1")
        left = own.status("n1")["members"]["left"]
        grown = (own.resident_bytes("n1") - before) >> 20
        own.ports["late"] = own.free_port()
        own.start_one("late")
        own.names.append("late")
        joined = seconds_until(lambda: own.log("late").exists() and all(
            own.state("late", name) == "alive" for name in ("n1", "n2", "n3")), 60)
        living = own.status("late")["members"]["alive"] if joined is not None else 0
        cut = own.refused("n1", "stream-bounds")
    held = None not in (joined, answered) and joined <= 3 and answered <= 0.3
    return Outcome(held, f"{taken} lists of 3 were sent whole, {left} tombstones at n1, {grown} MiB more; a status takes"
                         f" {in_words(answered, 30)}; a newcomer sees {living} members after {in_words(joined, 60)}; {cut} streams"
                         " cut for their size")


def _the_left(target: Target, count: int) -> List[bytes]:
    """FULL items of invented members."""
    cid = target.secrets.cid
    items = []
    for number in range(count):
        identity = Identity(os.urandom(32))
        core = Core(identity.public, os.urandom(32), socket.inet_aton(HOST), 1 + number % 60_000,
                    f"left{number}".encode().ljust(63, b"x"), bytes(512), b"\x30\x00\xfd" + bytes(253))
        items.append(Full(core, 1, 1, identity.sign(statement_text(cid, core.hash, 1, 1))).bytes)
    return items


def _bring(caller: Member, items: List[bytes]) -> bool:
    """One join with this list; whether all of it was sent."""
    connection = Connection(caller, "n1")
    connection.socket.settimeout(40)
    try:
        connection.hello(JOIN)
        connection.join(caller.full())
        # The node's own list is as long, and has to be read.
        reader = threading.Thread(target=_read_to_the_end, args=(connection.socket,), daemon=True)
        reader.start()
        for index, start in enumerate(range(0, len(items), 16)):
            chunk = items[start : start + 16]
            connection.say_raw(b"\x10" + len(items).to_bytes(4, "big") + index.to_bytes(4, "big")
                               + len(chunk).to_bytes(2, "big") + b"".join(chunk))
        connection.say(StreamMessage("STREAM_END", code=0))
        connection.socket.shutdown(socket.SHUT_WR)
        reader.join(40)
        return not reader.is_alive()
    except (OSError, Rejected):
        return False
    finally:
        connection.close()


def _read_to_the_end(one: socket.socket) -> None:
    try:
        while one.recv(1 << 20):
            pass
    except OSError:
        pass


# --- streams --------------------------------------------------------------------------------------


@attack("hostile-streams", KEY, "60 joins at once, each with 60 MiB of verdicts about ids that no member has",
        quick=False, undefended="4,140 MiB resident, 3,506 MiB of them after all streams were closed")
def hostile_streams(target: Target) -> Outcome:
    """No stream is ended. The attack stops when the node has grown by a gigabyte."""
    before = target.resident_bytes("n1")
    enough = threading.Event()
    sent: List[int] = []
    connections: List[Connection] = []

    def pour(connection: Connection, number: int) -> None:
        verdicts, total = _Verdicts(number + 1), 0
        try:
            while total < _STREAM_BYTES and not enough.is_set():
                chunk = verdicts.chunk()
                connection.say_raw(chunk)
                total += len(chunk)
        except OSError:
            pass
        sent.append(total)

    for _ in range(_STREAMS):
        caller = Known(target, "pourer", port=1)
        try:
            connection = Connection(caller, "n1")
            connection.hello(JOIN)
            connection.join(caller.full())
        except (OSError, Rejected):
            continue
        connections.append(connection)
    threads = [threading.Thread(target=pour, args=(one, number), daemon=True)
               for number, one in enumerate(connections)]
    for one in threads:
        one.start()
    most, began = 0, time.monotonic()
    while any(one.is_alive() for one in threads) and time.monotonic() - began < 60:
        most = max(most, target.resident_bytes("n1") - before)
        if most > _ENOUGH_BYTES:
            enough.set()
        time.sleep(0.05)
    enough.set()
    for one in connections:
        one.close()
    for one in threads:
        one.join(10)
    back = seconds_until(lambda: target.resident_bytes("n1") - before <= 20 << 20, 20)
    left = (target.resident_bytes("n1") - before) >> 20
    poured = sum(sent)
    return Outcome(most <= 150 << 20 and back is not None and len(connections) > 0,
                   f"{len(connections)} streams, {poured >> 20} MiB: {most >> 20} MiB more at most"
                   + (", then the attack stopped" if most > _ENOUGH_BYTES else "")
                   + f"; {left} MiB more afterwards")


class _Verdicts:
    """Chunks of a list of 262,144 verdicts, none about the same id twice, each with five made-up accusers."""

    _EACH = 40

    def __init__(self, stream: int):
        accusers = tuple((nid, os.urandom(64)) for nid in sorted(os.urandom(8) for _ in range(5)))
        one = Dead(bytes(8), os.urandom(8), 1, accusers)
        self._chunk = bytearray(StreamMessage("PEERS", [one] * self._EACH, total=262_144).encode())
        size = len(one.bytes)
        # An item's type and length are three bytes; then comes whom it is about.
        self._places = [len(self._chunk) - size * (self._EACH - number) + 3 for number in range(self._EACH)]
        self._next, self._index = stream << 32, 0

    def chunk(self) -> bytes:
        self._chunk[5:9] = self._index.to_bytes(4, "big")
        self._index += 1
        for place in self._places:
            self._chunk[place : place + 8] = self._next.to_bytes(8, "big")
            self._next += 1
        return bytes(self._chunk)


# --- boots ----------------------------------------------------------------------------------------


@attack("boot-churn", MEMBER, "80,000 boot keys of one member, each with the last sequence there is", quick=False,
        undefended="6 of 8 newcomers, and a restarted node, are not heard by datagrams for up to 24 h")
def boot_churn(target: Target) -> Outcome:
    """Each boot is stated, and says one empty datagram with sequence 2^64 - 1."""
    with Target(target.binary, 3) as own:
        churner = Member(own, "churner").enter()
        accomplice = Member(own, "accomplice").enter()
        n1 = churner.record_of("n1").core.boot_key
        n1_bid = churner.bid_of("n1")
        sealer = Sealer(accomplice, "n1")
        empty = Datagram("GOSSIP", {}, []).encode()
        began = time.monotonic()
        for number in range(_BOOTS):
            boot = Boot.random()
            sealer.send(Datagram("GOSSIP", {}, [churner.restate(boot_key=boot.public)]).encode())
            key = own.secrets.pair_key(agree(boot.secret, n1), boot.public, n1)
            header = make_header(own.secrets, PAIR_SUITE, boot.bid, n1_bid, (1 << 64) - 1, os.urandom(8))
            churner.socket.sendto(seal(header, empty, key), own.address("n1"))
            # A node on a busy machine must not lose what is sent to it.
            if number % 200 == 199:
                accomplice.until_read("n1")
        took = time.monotonic() - began
        before = own.refused("n1", "replay")
        for number in range(8):
            name = f"new{number}"
            own.ports[name] = own.free_port()
            own.start_one(name)
            own.names.append(name)
        joined = own.wait(lambda: all(own.state("n1", name) == "alive" for name in own.names), 30)
        # A node probes one member a period, in turns.
        own.wait(lambda: _heard(own) == 8, 60)
        heard = _heard(own)
        replays = own.refused("n1", "replay") - before
        churner.close()
        accomplice.close()
    return Outcome(joined and heard == 8 and replays == 0,
                   f"{_BOOTS} boots in {took:.0f} s; of 8 newcomers {heard} have a round trip time with n1; {replays} of"
                   " their frames refused as replays")


def _heard(own: Target) -> int:
    """Newcomers of which n1 has heard an answer by datagram."""
    return sum(row["rtt_ms"] is not None for row in own.members("n1") if row["name"].startswith("new"))


# --- the cost of a change -------------------------------------------------------------------------


@attack("change-cost", MEMBER, "300 changes a second of one member in a table of 3,000", quick=False,
        undefended="175 % of a core, and a status takes 5.75 s")
def change_cost(target: Target) -> Outcome:
    """One node with a tolerance of five minutes, so that invented members stay in its table."""
    with Target(target.binary, 1) as own:
        own.kill("n1")
        own.start_one("n1", options=["--tolerance", "5m"])
        own.wait(own.is_whole, 20)
        member = Member(own, "changer").enter()
        _bring(member, [one.full().bytes for one in invent(own, 3_000, "crowd")])
        if status_seconds(own, "n1") is None:
            return Outcome(False, "a status takes more than 30 s before any change")
        size = own.status("n1")["members"]["alive"]
        sealer = Sealer(member, "n1")

        def change(_: int) -> None:
            item = member.restate(metadata=os.urandom(8))
            sealer.send(Datagram("GOSSIP", {}, [item]).encode())

        with Paced(change, 300) as changing:
            time.sleep(2)
            used, began = own.processor_seconds("n1"), time.monotonic()
            time.sleep(8)
            share = (own.processor_seconds("n1") - used) / (time.monotonic() - began)
            answered = status_seconds(own, "n1")
        member.close()
    return Outcome(share <= 0.05 and answered is not None and answered <= 0.3 and size >= 1_000,
                   f"{size} members, {changing.rate:.0f} changes a second: {share:.0%} of a core; a status takes"
                   f" {in_words(answered, 30)}")
