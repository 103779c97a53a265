"""Attacks on the places of conversations, and on the memory of streams: after JOIN, where callers have shown an
identity, which costs nothing."""

import os
import socket
import threading
import time
from typing import Callable, Dict, List, Optional

from wire.items import Full, View
from wire.keys import Identity, statement_text
from wire.refused import Refused
from wire.streams import Framer, Hello, Stream, StreamMessage

from .attack import KEY, MEMBER, Outcome, attack
from .doors import TRIES, Door, converse, has_ended
from .postures import JOIN, KEYS, SYNC, Connection, Known, Member, Rejected
from .space import HONEST, connect, stranger
from .target import HOST, Target


@attack("held-conversations", KEY, "16 syncs and 64 joins, each by another identity, held open after JOIN, from one address",
        undefended="0 of 25 honest syncs, and 5 of 25 joins, by 16 and by 64 held ones of one identity")
def held_conversations(target: Target) -> Outcome:
    """One that has ended is opened again. An honest conversation goes to its end."""
    with Door(target, 1) as door:

        def hold(number: int, purpose: int) -> Optional[Connection]:
            made = connect(door.target.address("n1"), stranger(0), 1)
            if made is None:
                return None
            holder = Known(door.target, f"holder{number}", stranger(0), port=9)
            connection = Connection(holder, "n1", made=made)
            try:
                connection.hello(purpose)
                connection.join(holder.full())
                return connection
            except (OSError, Rejected):
                connection.close()
                return None

        def siege(ends: threading.Event) -> int:
            held: Dict[int, List[Connection]] = {SYNC: [], JOIN: []}
            said = 0
            while not ends.is_set():
                for purpose, count in ((SYNC, 16), (JOIN, 64)):
                    held[purpose] = [one for one in held[purpose] if not has_ended(one.socket)]
                    # One of each at a time, or one purpose would take all connections of a second.
                    if len(held[purpose]) < count and (made := hold(said, purpose)) is not None:
                        held[purpose].append(made)
                        said += 1
                ends.wait(0.02)
            for one in (*held[SYNC], *held[JOIN]):
                one.close()
            return said

        found = door.besieged(siege, [JOIN, SYNC, KEYS], is_whole=True)
    joins, syncs, talks = (found[f"purpose {purpose}"] for purpose in (JOIN, SYNC, KEYS))
    return Outcome(min(joins, syncs, talks) >= 0.9 * TRIES and found["siege"] >= 60,
                   f"{found['siege']} held in turn; of {TRIES} honest conversations each {joins} joins, {syncs} syncs"
                   f" and {talks} for keys ended well",
                   "with as many addresses as there are places, one keeps others out while it opens several a second")


@attack("squatted-memory", KEY, "a sync of 48 MiB less 800 bytes from an address that an invented member states, held",
        undefended="8 of 8 honest joins closed")
def squatted_memory(target: Target) -> Outcome:
    """The bytes are items of a type that no node knows."""
    with Door(target, 1) as door:
        node = door.target

        def fill() -> Connection:
            squatter = Known(node, "squatter", stranger(0), port=9)
            if converse(squatter, SYNC, _connected(node, stranger(0))) != 0:
                raise OSError("the node does not take in the invented member")
            node.wait(lambda: node.state("n1", "squatter") == "alive", 5)
            connection = Connection(squatter, "n1", made=_connected(node, stranger(0)))
            connection.hello(SYNC)
            connection.join(squatter.full())
            connection.socket.settimeout(20)
            left = (48 << 20) - 800
            while left > 100:
                length = min(16_000, left - 100)
                connection.say_raw(b"\x14\x7f" + length.to_bytes(2, "big") + bytes(length))
                left -= length + 22
            # The node reads the last of them.
            time.sleep(1)
            return connection

        def siege() -> List[int]:
            filled = fill()
            try:
                return [converse(Known(node, f"newcomer{number}", HONEST, port=9, metadata=bytes(512)), JOIN, _connected(node, HONEST))
                        for number in range(8)]
            finally:
                filled.close()

        codes = door.run(siege)
        refused = node.refused("n1", "stream-memory")
    return Outcome(codes.count(0) == 8 and refused > 0,
                   f"{codes.count(0)} of 8 honest joins ended well; {refused} streams ended for their memory")


def _connected(target: Target, source: str) -> socket.socket:
    made = connect(target.address("n1"), source)
    if made is None:
        raise OSError("the node does not let us in")
    return made


@attack("called-memory", MEMBER, "four members that show another view hash and answer each sync with 25 MiB of farewells of"
        " invented members", quick=False, undefended="19 MiB became 175 MiB, and stayed; 71,953 signatures checked in vain")
def called_memory(target: Target) -> Outcome:
    """No answer is ended. The farewells are signed, and the table has room for a part of them."""
    with Target(target.binary, 2) as own:
        chunks = _farewells(Known(own, "model", port=9), 40_000)
        members = [Member(own, f"host{number}").enter() for number in range(4)]
        for one in members:
            one.acknowledge = _with_another_view(one)
        before, most = own.resident_bytes("n1"), 0
        servers = [_Server(one, chunks) for one in members]
        try:
            began = time.monotonic()
            while time.monotonic() - began < 45:
                most = max(most, own.resident_bytes("n1"))
                time.sleep(0.2)
        finally:
            for server in servers:
                server.close()
        brought = sum(server.bytes for server in servers)
        time.sleep(5)
        after, full = own.resident_bytes("n1"), own.refused("n1", "rule-tableFull")
        for one in members:
            one.leave()
    return Outcome(most - before < 120 << 20 and after - before < 60 << 20 and brought > 48 << 20,
                   f"{brought >> 20} MiB brought; {before >> 20} MiB resident before, {most >> 20} MiB at most and"
                   f" {after >> 20} MiB after; {full} members for which the table has no room")


def _farewells(model: Known, count: int) -> List[bytes]:
    """The messages of a sync."""
    chunks: List[bytes] = []
    present: List[Full] = []
    for number in range(count):
        identity = Identity(os.urandom(32))
        core = model.core(identity_key=identity.public, boot_key=os.urandom(32), alias=f"gone{number}".encode(),
                          metadata=bytes(512))
        text = statement_text(model.secrets.cid, core.hash, 1, 1)
        present.append(Full(core, 1, 1, identity.sign(text)))
        if len(present) * 700 > 15_000:
            chunks.append(StreamMessage("SYNC_DELTA", present).encode())
            present = []
    return chunks


def _with_another_view(member: Member) -> Callable:
    """Its acks, under a hash that no node has."""
    acknowledge = member.acknowledge

    def changed(header, source) -> None:
        seen = member.view
        member.view = View(seen.members, 0x1234567, seen.keyring)
        acknowledge(header, source)
        member.view = seen

    return changed


class _Server:
    """Answers the calls to a member: a sync gets these messages, and no end."""

    def __init__(self, member: Member, chunks: List[bytes]):
        self._member, self._chunks = member, chunks
        self.bytes = 0
        self._ends = threading.Event()
        self._socket = socket.create_server((HOST, member.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._ends.set()
        self._socket.close()

    def _accept(self) -> None:
        while not self._ends.is_set():
            try:
                one = self._socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._answer, args=(one,), daemon=True).start()

    def _answer(self, one: socket.socket) -> None:
        one.settimeout(10)
        try:
            self._converse(one)
        except (OSError, ValueError, Refused):
            pass
        finally:
            one.close()

    def _converse(self, one: socket.socket) -> None:
        stream, framer = Stream(self._member.secrets, self._member.boot, False), Framer()

        def take(count: Optional[int] = None) -> bytes:
            while (message := framer.take(count) if count else framer.next()) is None:
                data = one.recv(1 << 16)
                if not data:
                    raise ConnectionError("closed")
                framer.append(data)
            return message

        preamble = take(8)
        if Hello.parse(stream.accept(preamble, take())).purpose != SYNC:
            return
        seen = self._member.view
        shown = View(seen.members, 0x1234567, seen.keyring)
        one.sendall(stream.write(self._member.full().bytes + shown.bytes))
        stream.read(take())
        stream.finish()
        framer.longest = 65535
        take()
        for chunk in self._chunks:
            one.sendall(stream.seal(chunk))
            self.bytes += len(chunk)
        while not self._ends.wait(1):
            one.sendall(stream.seal(StreamMessage("SYNC_DELTA", [self._member.full()]).encode()))
