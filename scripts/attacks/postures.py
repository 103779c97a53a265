"""The postures of mallory: a holder of the key, a holder with an identity, a member."""

import os
import socket
import threading
import time
from typing import Callable, Dict, List, Optional, Tuple

from wire.core import Core
from wire.datagrams import Datagram
from wire.frames import CLUSTER_SUITE, PAIR_SUITE, Gate, Header
from wire.items import Full, Item, Refresh, View
from wire.keys import Boot, ClusterSecrets, Identity, boot_id, statement_text
from wire.refused import Refused
from wire.streams import (
    Framer, Hello, Rejected, Stream, StreamMessage, parse_handshake_items)

from .target import HOST, Target

JOIN, SYNC, KEYS = 1, 2, 3


def send(target: Target, name: str, data: bytes, source: Optional[socket.socket] = None) -> None:
    """A datagram to a node, from nowhere in particular."""
    if source is not None:
        source.sendto(data, target.address(name))
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(data, target.address(name))


class KeyHolder:
    """Has the cluster key, its own boot, and no identity that a member knows."""

    def __init__(self, target: Target, secrets: Optional[ClusterSecrets] = None):
        self.target = target
        self.secrets = secrets or target.secrets
        self.boot = Boot.random()
        self.identity = Identity(os.urandom(32))
        self.sequence = 0
        self.gate = Gate([self.secrets], self.boot)
        # Records from handshakes, by node name.
        self.records: Dict[str, Full] = {}

    def record_of(self, name: str) -> Full:
        """A node shows its record to any holder of the key."""
        if name not in self.records:
            stream = Connection(self, name)
            try:
                self.records[name] = stream.hello(JOIN)[0]
            finally:
                stream.close()
            self.gate.know(self.records[name].core.boot_key)
        return self.records[name]

    def bid_of(self, name: str) -> bytes:
        return boot_id(self.record_of(name).core.boot_key)

    def seal(
        self, name: str, plaintext: bytes, suite: int, sequence: Optional[int] = None
    ) -> bytes:
        """A frame from our own boot."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        return self.gate.seal(plaintext, self.bid_of(name), sequence, os.urandom(8), suite)

    def say(self, name: str, datagram: Datagram, suite: Optional[int] = None) -> int:
        """Sends it and gives back its sequence."""
        send(self.target, name, self.seal(name, datagram.encode(), suite or datagram.suite))
        return self.sequence


class Connection:
    """A stream to a node."""

    def __init__(
        self, caller: KeyHolder, name: str, secrets: Optional[ClusterSecrets] = None,
        made: Optional[socket.socket] = None,
    ):
        """Over a connection that was made already, or a new one."""
        self._caller = caller
        self._stream = Stream(secrets or caller.secrets, caller.boot, True)
        self._framer = Framer(may_be_rejected=True)
        self.socket = made or socket.create_connection(caller.target.address(name), timeout=5)
        self.socket.settimeout(5)

    def close(self) -> None:
        self.socket.close()

    def hello(self, purpose: int, protocol: Tuple[int, int] = (1, 1)) -> Tuple[Full, View]:
        """HELLO, and the record and view that come back."""
        hello = Hello(purpose, self._caller.identity.nid, protocol)
        self.socket.sendall(self._stream.start(hello.encode()))
        payload = self._stream.read(self._next())
        full, view = parse_handshake_items(payload, (Full, View))
        return full, view

    def join(self, record: Full) -> None:
        self.socket.sendall(self._stream.write(record.bytes))
        self._stream.finish()
        self._framer.longest = 65535

    def enter(self, record: Full) -> None:
        """Like a newcomer that knows only itself: then the other side sends its whole list."""
        self.join(record)
        self.say(StreamMessage("PEERS", [record], total=1))
        self.say(StreamMessage("STREAM_END", code=0))

    def say(self, message: StreamMessage) -> None:
        self.socket.sendall(self._stream.seal(message.encode()))

    def say_raw(self, record: bytes) -> None:
        self.socket.sendall(self._stream.seal(record))

    def hear(self) -> StreamMessage:
        return StreamMessage.parse(self._stream.open(self._next()))

    def _next(self) -> bytes:
        while (message := self._framer.next()) is None:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed")
            self._framer.append(data)
        return message


class Known(KeyHolder):
    """Has an identity, and states its own records; no process answers at its address."""

    def __init__(
        self, target: Target, alias: str, host: str = HOST, port: int = 0,
        secrets: Optional[ClusterSecrets] = None, **core,
    ):
        super().__init__(target, secrets)
        self.alias = alias
        self.port = port or target.free_port()
        self._core = {
            "identity_key": self.identity.public, "boot_key": self.boot.public,
            "address": socket.inet_aton(host), "port": self.port, "alias": alias.encode(), **core,
        }
        self.incarnation = 1

    def core(self, **changes) -> Core:
        return Core(**{**self._core, **changes})

    def full(self, incarnation: Optional[int] = None, standing: int = 0, **changes) -> Full:
        core = self.core(**changes)
        number = self.incarnation if incarnation is None else incarnation
        text = statement_text(self.secrets.cid, core.hash, number, standing)
        return Full(core, number, standing, self.identity.sign(text))

    def refresh(self, incarnation: int, standing: int = 0) -> Refresh:
        full = self.full(incarnation, standing)
        return Refresh(
            self.identity.nid, full.core.hash[:8], incarnation, standing, full.signature)

    def restate(self, **changes) -> Full:
        """The next incarnation, in which something about it has changed: its address, say."""
        self._core.update(changes)
        self.incarnation += 1
        return self.full()


class Member(Known):
    """Joins, answers heartbeats, and otherwise does what the attack says."""

    def __init__(self, target: Target, alias: str, host: str = HOST, port: int = 0, **core):
        super().__init__(target, alias, host, port, **core)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST, self.port))
        self.socket.settimeout(0.1)
        self.view: View = View(0, 0, 0)
        self.peers: Dict[bytes, Full] = {}
        self.heard: List[Tuple[Header, Datagram, tuple]] = []
        # Its reaction to a datagram beside the acks of heartbeats; True: there is nothing else to do.
        self.on_datagram: Callable[[Header, Datagram], bool] = lambda header, datagram: False
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def reboot(self, to: List[str], **changes) -> None:
        """Tells these nodes that it goes on under another boot key, and does."""
        boot = Boot.random()
        self.gossip(self.restate(boot_key=boot.public, **changes), to=to)
        with self._lock:
            self.boot, self.sequence = boot, 0
            known = [full.core.boot_key for full in self.peers.values()]
            self.gate = Gate([self.secrets], boot)
            for boot_key in known:
                self.gate.know(boot_key)

    # --- coming and going -------------------------------------------------------------------------

    def join(self, seed: str = "n1", record: Optional[Full] = None) -> StreamMessage:
        """The whole conversation; gives back the end that the seed said."""
        connection = Connection(self, seed)
        try:
            full, self.view = connection.hello(JOIN)
            self.records[seed] = full
            self.gate.know(full.core.boot_key)
            connection.enter(record or self.full())
            while True:
                message = connection.hear()
                if message.name == "STREAM_END":
                    return message
                for item in message.items:
                    self._learn(item)
        finally:
            connection.close()

    def _learn(self, item: Item) -> None:
        if isinstance(item, Full):
            self.gate.know(item.core.boot_key)
            self.peers[item.core.boot_key] = item
            name = item.core.alias.decode()
            # Others may call themselves like a node; its record is the one with its port.
            if self.target.ports.get(name, item.core.port) == item.core.port:
                self.records[name] = item

    def is_in(self) -> bool:
        """Whether all nodes hold it alive."""
        return self.target.all_say(self.alias, "alive")

    def enter(self, seed: str = "n1") -> "Member":
        self.join(seed)
        if not self.target.wait(self.is_in, 20):
            # A member that answers heartbeats and nothing else would hold up what comes later.
            self.leave()
            raise ConnectionError(f"{self.alias} did not become a member")
        return self

    def leave(self) -> None:
        """Says goodbye, so that the next attack finds the cluster as it was."""
        farewell = Datagram("GOODBYE", {"code": 1}, [self.refresh(self.incarnation, 1)])
        for name in self.target.running():
            if name in self.records:
                self.say(name, farewell)
        self.close()

    def close(self) -> None:
        self._ends.set()
        self._thread.join(2)
        self.socket.close()

    def gossip(self, *items: Item, to: Optional[List[str]] = None) -> None:
        """Sends to all almost at once: seals everything first, then sends."""
        plaintext = Datagram("GOSSIP", {}, list(items)).encode()
        with self._lock:
            frames = [(name, self.seal(name, plaintext, PAIR_SUITE))
                      for name in to or self.target.running() if name in self.records]
            for name, frame in frames:
                self.socket.sendto(frame, self.target.address(name))

    def say(self, name: str, datagram: Datagram, suite: Optional[int] = None) -> int:
        with self._lock:
            frame = self.seal(name, datagram.encode(), suite or datagram.suite)
            self.socket.sendto(frame, self.target.address(name))
            return self.sequence

    def until_read(self, *names: str) -> None:
        """Returns when these nodes, or all, have read what was sent to them before. A node reads its datagrams
        in the order in which they came: so its ack to a heartbeat says that it has read those before."""
        waiting = {(self.bid_of(name), self.say(name, Datagram("HEARTBEAT", {}, [self.view])))
                   for name in names or self.target.running()}
        if not self.target.wait(lambda: not waiting - self._acknowledged(), 20):
            raise OSError(f"{len(waiting - self._acknowledged())} nodes do not acknowledge a heartbeat")

    def _acknowledged(self) -> set:
        return {(header.sender, datagram.fields["echo"]) for header, datagram, _ in list(self.heard)
                if datagram.name == "HEARTBEAT_ACK"}

    # --- what it answers --------------------------------------------------------------------------

    def _answer(self) -> None:
        while not self._ends.is_set():
            try:
                data, source = self.socket.recvfrom(2048)
                header, plaintext = self.gate.open(data)
                datagram = Datagram.parse(plaintext)
            except (OSError, Refused):
                continue
            self.heard.append((header, datagram, source))
            for item in datagram.items:
                self._learn(item)
                if isinstance(item, View):
                    self.view = item
            if not self.on_datagram(header, datagram) and datagram.name == "HEARTBEAT":
                self.acknowledge(header, source)

    def acknowledge(self, header: Header, source: tuple) -> None:
        """With the asker's own view: mallory does not want to be noticed."""
        ack = Datagram("HEARTBEAT_ACK", {"echo": header.sequence, "health": 0}, [self.view])
        if header.sender not in self.gate.peers:
            return
        with self._lock:
            self.sequence += 1
            frame = self.gate.seal(ack.encode(), header.sender, self.sequence, os.urandom(8))
            try:
                self.socket.sendto(frame, source)
            except OSError:
                pass


__all__ = [
    "CLUSTER_SUITE", "Connection", "JOIN", "KEYS", "KeyHolder", "Known", "Member", "Rejected", "SYNC",
    "send",
]
