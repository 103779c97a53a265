"""Attacks on the way in: connections that show nothing, hellos and introductions said again."""

import os
import socket
import struct
import threading
import time
from typing import Callable, Dict, List

from wire.datagrams import Datagram
from wire.frames import CLUSTER_SUITE, HEADER_BYTES, make_header, seal
from wire.items import View
from wire.streams import Hello, Stream, StreamMessage

from .attack import KEY, MEMBER, OUTSIDE, Outcome, attack
from .invented import enter_all, invent, refute_all
from .measuring import Paced
from .postures import JOIN, KEYS, SYNC, Connection, KeyHolder, Known, Member, Rejected, send
from .space import HONEST, NODE, Space, connect, stranger
from .target import HOST, Target

TRIES = 25


class Door:
    """A node in a space, and how many honest callers it answers while a stranger is at work."""

    def __init__(self, target: Target, strangers: int):
        self._space = Space(strangers)
        self._binary = target.binary

    def __enter__(self) -> "Door":
        self._space.__enter__()
        try:
            self.target = Target(self._binary, 1, NODE, self._space.wrapper).__enter__()
        except BaseException:
            self._space.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.target.close()
        self._space.__exit__()

    def run(self, what: Callable[[], object]) -> object:
        """Inside."""
        return self._space.run(what)

    def besieged(
        self, siege: Callable[[threading.Event], int], purposes: List[int], is_whole: bool = False,
    ) -> Dict[str, int]:
        """While that goes on, inside: what came of honest handshakes, or of whole conversations, and what the
        siege counted."""
        is_answered = self._is_ended_well if is_whole else self._is_answered
        ends = threading.Event()
        counted: List[int] = []
        besieger = threading.Thread(
            target=lambda: counted.append(self._space.run(lambda: siege(ends))), daemon=True)
        besieger.start()
        try:
            time.sleep(1.5)
            results = self._space.run(lambda: [is_answered(purpose) for _ in range(TRIES)
                                               for purpose in purposes])
        finally:
            ends.set()
            besieger.join(20)
        answered = {f"purpose {purpose}": sum(results[index :: len(purposes)])
                    for index, purpose in enumerate(purposes)}
        return {**answered, "siege": counted[0] if counted else 0}

    def _is_answered(self, purpose: int) -> bool:
        time.sleep(0.15)
        made = connect(self.target.address("n1"), HONEST)
        if made is None:
            return False
        connection = Connection(KeyHolder(self.target), "n1", made=made)
        try:
            connection.hello(purpose)
            return True
        except (OSError, Rejected):
            return False
        finally:
            connection.close()


    def _is_ended_well(self, purpose: int) -> bool:
        """A conversation in which the caller brings only itself."""
        time.sleep(0.15)
        made = connect(self.target.address("n1"), HONEST)
        return made is not None and converse(
            Known(self.target, f"honest{os.urandom(4).hex()}", HONEST, port=9), purpose, made) == 0


def converse(caller: Known, purpose: int, made: socket.socket) -> int:
    """From HELLO to the end; the code of it, or -1 if none came."""
    connection = Connection(caller, "n1", made=made)
    try:
        connection.hello(purpose)
        connection.join(caller.full())
        connection.say(StreamMessage("STREAM_END", code=0))
        while (message := connection.hear()).name != "STREAM_END":
            pass
        return message.code
    except (OSError, Rejected):
        return -1
    finally:
        connection.close()


@attack("silent-connections", OUTSIDE, "64 connections that say nothing, four from each of 16 networks",
        undefended="0 of 25 honest handshakes answered")
def silent_connections(target: Target) -> Outcome:
    """A stranger connects again when the node has closed the connection."""
    with Door(target, 16) as door:

        def siege(ends: threading.Event) -> int:
            held: Dict[str, List[socket.socket]] = {stranger(number): [] for number in range(16)}
            opened = 0
            while not ends.is_set():
                for source, connections in held.items():
                    connections[:] = [one for one in connections if not has_ended(one)]
                    while len(connections) < 4 and not ends.is_set():
                        one = connect(door.target.address("n1"), source, 1)
                        if one is None:
                            break
                        opened += 1
                        connections.append(one)
                ends.wait(0.02)
            for connections in held.values():
                for one in connections:
                    one.close()
            return opened

        found = door.besieged(siege, [JOIN])
    return Outcome(found["purpose 1"] >= 0.9 * TRIES and found["siege"] >= 64,
                   f"{found['siege']} silent connections; {found['purpose 1']} of {TRIES} honest handshakes answered")


def has_ended(one: socket.socket) -> bool:
    """Closed; what the other side says is read and ignored."""
    one.setblocking(False)
    try:
        closed = one.recv(1 << 16) == b""
    except BlockingIOError:
        return False
    except OSError:
        closed = True
    if closed:
        one.close()
    return closed


@attack("connect-reset", OUTSIDE, "connections that are reset at once, 1,000 a second from one address",
        undefended="8 of 60 honest handshakes answered")
def connect_reset(target: Target) -> Outcome:
    with Door(target, 1) as door:

        def siege(ends: threading.Event) -> int:
            began, count = time.monotonic(), 0
            # Some are open at any moment, or a busy node would find them gone before it accepts them.
            held: List[socket.socket] = []
            while not ends.is_set():
                while held and (len(held) > 50 or count > (time.monotonic() - began) * 1_000):
                    _reset(held.pop(0))
                    time.sleep(0.001)
                one = connect(door.target.address("n1"), stranger(0), 1)
                count += 1
                if one is not None:
                    held.append(one)
            for one in held:
                _reset(one)
            return int(count / (time.monotonic() - began))

        found = door.besieged(siege, [JOIN])
    return Outcome(found["purpose 1"] >= 0.9 * TRIES and found["siege"] >= 200,
                   f"{found['siege']} a second; {found['purpose 1']} of {TRIES} honest handshakes answered")


def _reset(one: socket.socket) -> None:
    """Closed without a goodbye."""
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()


@attack("replayed-hello", OUTSIDE, "recorded hellos of a sync, a join and a key talk, said again and held open",
        undefended="0 of 20 syncs answered, and 20 of 20 joins, while one of a sync was held 16 times")
def replayed_hello(target: Target) -> Outcome:
    """64 at once, from 16 addresses. A hello may have been said to any node."""
    with Door(target, 16) as door:
        caller = KeyHolder(door.target)
        recorded = [Stream(caller.secrets, caller.boot, True).start(Hello(purpose, caller.identity.nid).encode())
                    for purpose in (SYNC, JOIN, KEYS)]

        def siege(ends: threading.Event) -> int:
            held: List[socket.socket] = []
            said = 0
            while not ends.is_set():
                held[:] = [one for one in held if not _is_over(one)]
                while len(held) < 64 and not ends.is_set():
                    one = connect(door.target.address("n1"), stranger(said % 16), 1)
                    if one is None:
                        break
                    try:
                        one.sendall(recorded[said % 3])
                    except OSError:
                        one.close()
                    said += 1
                    held.append(one)
                ends.wait(0.05)
            for one in held:
                one.close()
            return said

        found = door.besieged(siege, [JOIN, SYNC, KEYS])
    joins, syncs, talks = (found[f"purpose {purpose}"] for purpose in (JOIN, SYNC, KEYS))
    return Outcome(min(joins, syncs, talks) >= 0.9 * TRIES and found["siege"] >= 16,
                   f"said {found['siege']} times; of {TRIES} honest handshakes each {joins} for a join, {syncs}"
                   f" for a sync and {talks} for keys answered")


def _is_over(one: socket.socket) -> bool:
    """Closed, or refused; an answer alone is no end."""
    one.setblocking(False)
    try:
        data = one.recv(4096)
    except BlockingIOError:
        return False
    except OSError:
        data = b""
    over = data[:2] in (b"", b"\x49\x1f")
    if over:
        one.close()
    return over


@attack("introduction-tokens", OUTSIDE, "the header of an introduction that never arrived, with any body, 250 at a time",
        undefended="0 of 15 honest introductions taken in")
def introduction_tokens(target: Target) -> Outcome:
    """The header's MAC says nothing of the body."""
    lost = KeyHolder(target)
    frame = lost.seal("n1", bytes(64), CLUSTER_SUITE)
    before = target.refused("n1", "tag", "introduction-rate")

    def flood() -> None:
        """More than a node opens in a second."""
        time.sleep(0.2)
        for _ in range(250):
            send(target, "n1", frame[:HEADER_BYTES] + os.urandom(len(frame) - HEADER_BYTES))

    taken = _introduced(target, "newcomer", 15, flood)
    refused = target.refused("n1", "tag", "introduction-rate") - before
    return Outcome(taken >= 13 and refused >= 500,
                   f"{refused} refused; {taken} of 15 honest introductions taken in",
                   "a key holder can use up the 200 a second that a node opens")


@attack("introduction-churn", KEY, "30,000 introductions under as many boots, each with the last sequence there is",
        quick=False, undefended="8 of 15 honest introductions refused as replays, until the node renews its boot")
def introduction_churn(target: Target) -> Outcome:
    """As many a second as a node opens; the boots need not exist."""
    with Target(target.binary, 2) as own:
        holder = Known(own, "holder")
        to = holder.bid_of("n1")
        plaintext = Datagram("HEARTBEAT", {}, [holder.full(), View(0, 0, 0)], flag=True).encode()

        def introduce(_: int) -> None:
            sender = os.urandom(8)
            header = make_header(own.secrets, CLUSTER_SUITE, sender, to, (1 << 64) - 1, os.urandom(8))
            send(own, "n1", seal(header, plaintext, own.secrets.cluster_direction_key(sender, to)))

        with Paced(introduce, 195) as churning:
            while churning.count < 30_000:
                time.sleep(0.5)
        before = own.refused("n1", "replay")
        taken = _introduced(own, "late", 15, lambda: time.sleep(0.1))
        replays = own.refused("n1", "replay") - before
    return Outcome(taken >= 14 and replays == 0,
                   f"{churning.count} boots; {taken} of 15 honest introductions taken in, {replays} refused as replays")


def _introduced(target: Target, name: str, count: int, before_each: Callable[[], None]) -> int:
    """How many newcomers a node takes in by their introductions alone."""
    newcomers = [Known(target, f"{name}{number}") for number in range(count)]
    honest = [one.seal("n1", Datagram("HEARTBEAT", {}, [one.full(), View(0, 0, 0)], flag=True).encode(),
                       CLUSTER_SUITE) for one in newcomers]
    for introduction in honest:
        before_each()
        send(target, "n1", introduction)
    aliases = {one.alias for one in newcomers}
    target.wait(lambda: len(_known(target, aliases)) == count, 2)
    return len(_known(target, aliases))


def _known(target: Target, aliases: set) -> list:
    return [row["name"] for row in target.members("n1") if row["stated_name"] in aliases]


@attack("stream-knocks", MEMBER, "40 invented members at one foreign TCP port",
        undefended="0.7 connections a second from each node, beside the frames of an unproven address")
def stream_knocks(target: Target) -> Outcome:
    """Connections are counted in the measure of frames: eight, and then one a second from each node."""
    member = Member(target, "author").enter()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as victim, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as frames:
        victim.bind((HOST, 0))
        victim.listen(64)
        victim.setblocking(False)
        frames.bind(victim.getsockname())
        frames.setblocking(False)
        ghosts = invent(target, 40, "moved")
        for one in ghosts:
            one.restate(port=victim.getsockname()[1])
        began, counts = time.monotonic(), [0, 0]
        try:
            enter_all(member, ghosts)
            with refute_all(member, ghosts, 40, None):
                while time.monotonic() - began < 20:
                    counts[0] += _drained(lambda: victim.accept()[0].close())
                    counts[1] += _drained(lambda: frames.recv(2048))
                    time.sleep(0.05)
        finally:
            member.leave()
    took = time.monotonic() - began
    allowed = len(target.names) * (8 + int(took) + 1)
    return Outcome(0 < sum(counts) <= allowed,
                   f"{counts[0]} connections and {counts[1]} frames in {took:.0f} s; {len(target.names)} nodes may"
                   f" make {allowed} of both together")


def _drained(take: Callable[[], object]) -> int:
    count = 0
    try:
        while True:
            take()
            count += 1
    except BlockingIOError:
        return count
