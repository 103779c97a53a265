"""A listener on the path: hears what the nodes say to each other, and can open none of it."""

import select
import socket
import time
from typing import Callable, List, Tuple

from wire.capture import Packet, inside

from .attack import Skipped
from .target import Target

_ETHERNET_BYTES = 14
# Linux's number; Python has no name for it.
_SO_RCVBUFFORCE = 33


class Listener:
    """Hears every packet on loopback, like an attacker on the path. Needs root on Linux."""

    # Room for what comes while mallory does something else.
    _BUFFER_BYTES = 16 << 20

    def __init__(self, target: Target):
        self._target = target
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(0x0003))
            self._socket.bind(("lo", 0))
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, self._BUFFER_BYTES)
        except (AttributeError, OSError):
            raise Skipped("listening on the path needs root on Linux") from None

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_) -> None:
        self._socket.close()

    def raw(self, seconds: float) -> List[Tuple[float, bytes]]:
        """When and what (Ethernet and all): every packet from or to a node that was heard since the
        final check, and in that time."""
        heard: List[Tuple[float, bytes]] = []
        ports = set(self._target.ports.values())
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 or self._has_more():
            if not select.select([self._socket], [], [], max(0.0, left))[0]:
                break
            whole, address = self._socket.recvfrom(65536)
            # Loopback shows every packet twice: as it leaves and as it comes.
            if address[2] == socket.PACKET_OUTGOING:
                continue
            packet = inside(whole[_ETHERNET_BYTES:], time.time())
            if packet is not None and ports & {packet.source[1], packet.target[1]}:
                heard.append((packet.seconds, whole))
        return heard

    def until(
        self, condition: Callable[[List[Packet]], bool], seconds: float
    ) -> List[Tuple[float, bytes]]:
        """The same, for as long as what was heard in this call does not meet the condition."""
        heard: List[Tuple[float, bytes]] = []
        packets: List[Packet] = []
        ends = time.monotonic() + seconds
        while not condition(packets) and time.monotonic() < ends:
            fresh = self.raw(0.1)
            heard += fresh
            packets += content(fresh)
        return heard

    def packets(self, seconds: float) -> List[Packet]:
        """The content of these packets."""
        return content(self.raw(seconds))

    def frames(self, each: int, seconds: float = 30) -> List[Tuple[str, str, bytes]]:
        """(from, to, frame) of what the nodes said to each other, until every one of them has sent and
        was sent so many: an attack with what was recorded must find something of every kind in it."""
        heard = self.until(lambda packets: self._least(packets) >= each, seconds)
        frames = self._between_nodes(content(heard))
        if self._least(content(heard)) < each:
            raise OSError(f"heard only {len(frames)} frames on the path in {seconds:g} s")
        return frames

    def _between_nodes(self, packets: List[Packet]) -> List[Tuple[str, str, bytes]]:
        names = {port: name for name, port in self._target.ports.items()}
        return [(names[one.source[1]], names[one.target[1]], one.data) for one in packets
                if one.kind == "udp" and one.source[1] in names and one.target[1] in names]

    def _least(self, packets: List[Packet]) -> int:
        """Frames of the node that was heard least, as a sender or as a receiver."""
        frames = self._between_nodes(packets)
        return min(sum(one[end] == name for one in frames)
                   for end in (0, 1) for name in self._target.running())

    def _has_more(self) -> bool:
        return bool(select.select([self._socket], [], [], 0)[0])


def content(heard: List[Tuple[float, bytes]]) -> List[Packet]:
    """The content of raw packets."""
    read = (inside(whole[_ETHERNET_BYTES:], at) for at, whole in heard)
    return [packet for packet in read if packet is not None]
