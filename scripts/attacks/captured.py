"""The output of tools for captured traffic: `scripts/wire/decode` with the key file, Wireshark without."""

import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List, Tuple

from wire.capture import Packet, read_pcap, write_pcap
from wire.datagrams import Datagram
from wire.frames import CLUSTER_SUITE, PAIR_SUITE, Header
from wire.items import View

from .attack import OUTSIDE, Outcome, attack
from .listener import Listener, content
from .postures import KeyHolder
from .target import HOST, Target

_DISSECTOR = Path(__file__).resolve().parents[1] / "wire" / "iridium.lua"
_ENOUGH_PACKETS, _TRIES = 60, 10
_FIELDS = ("suite", "kid", "mac1", "sender", "sequence", "hedge")


@attack("captured-traffic", OUTSIDE, "a capture of the nodes, read by decode and by Wireshark")
def captured_traffic(target: Target) -> Outcome:
    """While a node comes back, a message is sent and a stranger is asked WHO it is. The dissector must say
    of every frame what its header is, so that it can be trusted; the key file must open first contact,
    and nothing else."""
    with tempfile.TemporaryDirectory(prefix="iridium-") as folder:
        path = Path(folder) / "nodes.pcap"
        write_pcap(path, _capture(target))
        packets = list(read_pcap(path))
        headers = [Header.parse(one.data) for one in packets if one.kind == "udp"]
        preambles = sum(_is_preamble(one) for one in packets)
        decoded, of_decode = _by_decode(target, path, headers, preambles)
        dissected, of_wireshark = _by_wireshark(path, headers, preambles)
    there = len(headers) > 20 and preambles > 0
    return Outcome(there and decoded and dissected,
                   f"{len(headers)} frames and {preambles} preambles; {of_decode}; {of_wireshark}",
                   "clear headers are legible, and first contact to who has the cluster key")


def _capture(target: Target) -> List[Tuple[float, bytes]]:
    """Holds all that the tools are asked about, whatever a join and its gossip happened to need."""
    with Listener(target) as listener:
        listener.raw(0)
        target.restart("n5")
        target.wait(target.is_whole, 20)
        target.run("send", "hello", "--agent", "n1", "--data-root-dir", str(target.data))
        heard = listener.until(lambda packets: len(packets) > _ENOUGH_PACKETS, 30)
        return heard + _first_contact(target, listener)


def _first_contact(target: Target, listener: Listener) -> List[Tuple[float, bytes]]:
    """An unknown boot speaks to n1 under a key of the pair, until n1 asks WHO it is."""
    heard: List[Tuple[float, bytes]] = []
    stranger = KeyHolder(target)
    beat = Datagram("HEARTBEAT", {}, [View(0, 0, 0)]).encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind((HOST, 0))

        def is_asked(packets: List[Packet]) -> bool:
            return any(one.target == own.getsockname() and _is_first_contact(one) for one in packets)

        for _ in range(_TRIES):
            own.sendto(stranger.seal("n1", beat, PAIR_SUITE), target.address("n1"))
            # One source is asked once a second.
            fresh = listener.until(is_asked, 1.2)
            heard += fresh
            if is_asked(content(fresh)):
                return heard
    raise OSError(f"n1 did not ask a stranger WHO it is, {_TRIES} times")


def _is_first_contact(packet: Packet) -> bool:
    return packet.kind == "udp" and Header.parse(packet.data).suite == CLUSTER_SUITE


def _is_preamble(packet: Packet) -> bool:
    return packet.kind == "tcp" and packet.data[:2] == b"\x49\x1a"


def _by_decode(target: Target, path: Path, headers: List[Header], preambles: int) -> Tuple[bool, str]:
    """The command itself, with the cluster's own key file."""
    done = subprocess.run(
        [sys.executable, "-m", "wire.decoding", str(path), "--key-file", str(target.key_file)],
        capture_output=True, text=True, timeout=60, check=False)
    lines = done.stdout.splitlines()
    kept_shut = sum("between two: the key file does not open it" in line for line in lines)
    opened = sum(" HEARTBEAT introduction=1" in line or "  WHO " in line for line in lines)
    shown = sum("preamble kid=" in line for line in lines)
    pairwise = sum(header.suite != CLUSTER_SUITE for header in headers)
    # A frame for a boot that has not spoken yet is passed over.
    early = sum("for a boot that was not heard yet" in line for line in lines)
    right = (
        done.returncode == 0 and opened > 0 and shown == preambles
        and pairwise - early <= kept_shut <= pairwise and opened + kept_shut + early == len(headers))
    return right, (f"decode opens {opened} of first contact and none of {kept_shut} between two, shows"
                   f" {shown} preambles" + (f", passes over {early}" if early else ""))


def _by_wireshark(path: Path, headers: List[Header], preambles: int) -> Tuple[bool, str]:
    if shutil.which("tshark") is None:
        return True, "the dissector was NOT tried: tshark is not installed"
    rows = _fields(path, "iridium.sequence", [f"iridium.{name}" for name in _FIELDS])
    expected = [[one.suite, int.from_bytes(one.kid, "big"), int.from_bytes(one.mac, "big"),
                 int.from_bytes(one.sender, "big"), one.sequence, int.from_bytes(one.hedge, "big")]
                for one in headers]
    streams = _fields(path, "iridium.stream.kid", ["iridium.stream.kid"])
    return rows == expected and len(streams) == preambles, (
        f"the dissector says of {len(rows)} frames what their headers are, shows {len(streams)}"
        " preambles" if rows == expected else f"the dissector DIFFERS: {len(rows)} frames")


def _fields(path: Path, wanted: str, fields: List[str]) -> List[List[int]]:
    """A row for each packet that has the wanted field."""
    arguments = [word for field in fields for word in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-X", f"lua_script:{_DISSECTOR}", "-r", str(path), "-Y", wanted, "-T", "fields",
         *arguments], capture_output=True, text=True, timeout=120, check=False)
    return [[int(word, 0) for word in line.split("\t")] for line in done.stdout.splitlines()]
