"""Captured packets: classic pcap files, read and written; what is in their UDP and TCP."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

from .refused import Refused

# Link type: bytes before the IP header. Ethernet, Linux "cooked" of both versions, raw IP.
_LINK_BYTES = {1: 14, 113: 16, 276: 20, 101: 0, 0: 4}


@dataclass(frozen=True)
class Packet:
    """One datagram, or the bytes of one TCP segment."""

    seconds: float
    kind: str
    source: Tuple[str, int]
    target: Tuple[str, int]
    data: bytes


def read_pcap(path: Path) -> Iterator[Packet]:
    """The UDP and TCP content of a capture, in order. Other packets are passed over."""
    content = path.read_bytes()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">",
             b"\xa1\xb2\x3c\x4d": ">"}.get(content[:4])
    if order is None or len(content) < 24:
        raise Refused("not-a-pcap")
    fraction = 1e-9 if content[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e-6
    link = struct.unpack(order + "I", content[20:24])[0]
    if link not in _LINK_BYTES:
        raise Refused("unknown-link-type")
    at = 24
    while at + 16 <= len(content):
        seconds, part, length, _ = struct.unpack(order + "IIII", content[at : at + 16])
        packet = content[at + 16 : at + 16 + length]
        at += 16 + length
        one = inside(packet[_LINK_BYTES[link] :], seconds + part * fraction)
        if one is not None:
            yield one


def inside(packet: bytes, seconds: float) -> Optional[Packet]:
    """The UDP or TCP content of an IP packet; None if it is something else."""
    if not packet:
        return None
    if packet[0] >> 4 == 4 and len(packet) >= 20:
        start, protocol, end = 4 * (packet[0] & 15), packet[9], int.from_bytes(packet[2:4], "big")
        names = [".".join(map(str, packet[at : at + 4])) for at in (12, 16)]
    elif packet[0] >> 4 == 6 and len(packet) >= 40:
        start, protocol, end = 40, packet[6], 40 + int.from_bytes(packet[4:6], "big")
        names = [packet[at : at + 16].hex(":", 2) for at in (8, 24)]
    else:
        return None
    inner = packet[start:end] if end else packet[start:]
    if len(inner) < 8:
        return None
    source, target = (
        (name, int.from_bytes(inner[at : at + 2], "big")) for name, at in zip(names, (0, 2)))
    if protocol == 17:
        return Packet(seconds, "udp", source, target, inner[8:])
    if protocol == 6 and len(inner) >= 20:
        return Packet(seconds, "tcp", source, target, inner[4 * (inner[12] >> 4) :])
    return None


def write_pcap(path: Path, packets: List[Tuple[float, bytes]], link: int = 1) -> None:
    """Packets with their link layer, as they were heard."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link))
        for seconds, packet in packets:
            whole = int(seconds)
            file.write(struct.pack(
                "<IIII", whole, int((seconds - whole) * 1e6), len(packet), len(packet)))
            file.write(packet)
