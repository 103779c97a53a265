"""Shows captured traffic in words, given the key file.

  scripts/wire/decode CAPTURE --key-file FILE [--cluster NAME] [--boot-file FILE]

CAPTURE is a classic pcap file: `tcpdump -i lo -w CAPTURE udp port 2254 or tcp port 2254`, or of tshark
`-F pcap`. First contact (suite 1) is shown whole. Of frames between two members (suite 2) the clear
header is all that the key opens; a file of boot secrets (64 hexadecimal digits a line; only a test or
mallory has one) shows the frames of those boots. Streams show their preamble, or the refusal in clear.
"""

import argparse
import sys
from pathlib import Path
from typing import Dict, List, Tuple

from .capture import Packet, read_pcap
from .datagrams import Datagram
from .frames import CLUSTER_SUITE, Header, unseal
from .items import Full
from .keys import Boot, ClusterSecrets, agree, boot_id, cluster_id, read_key_file, short_mac
from .refused import Refused
from .streams import parse_reject


class Decoder:
    """Learns who is where as it reads."""

    def __init__(self, ring: List[ClusterSecrets], boots: List[Boot]):
        self._ring = {one.kid: one for one in ring}
        self._boots = {boot.bid: boot for boot in boots}
        # Boot keys by boot id, boot ids by address, names by boot id.
        self._keys: Dict[bytes, bytes] = {boot.bid: boot.public for boot in boots}
        self._places: Dict[Tuple[str, int], bytes] = {}
        self._names: Dict[bytes, str] = {}

    def lines(self, packet: Packet) -> List[str]:
        """The text about a packet; empty if the packet is not ours."""
        if packet.kind == "tcp":
            return self._stream_lines(packet)
        try:
            header = Header.parse(packet.data)
        except Refused as refused:
            return [f"not a frame ({refused.reason}), {len(packet.data)} bytes"]
        self._places[packet.source] = header.sender
        lines = [f"{self._name(header.sender)} -> {self._name(self._places.get(packet.target, b''))}"
                 f"  {len(packet.data)} bytes  {header.describe()}"]
        try:
            datagram = Datagram.parse(self._open(packet, header))
        except Refused as refused:
            return lines + [f"    ({refused.reason})"]
        for item in datagram.items:
            if isinstance(item, Full):
                self._keys[boot_id(item.core.boot_key)] = item.core.boot_key
                self._names[boot_id(item.core.boot_key)] = item.core.alias.decode()
        return lines + ["    " + line for line in datagram.describe()]

    def _open(self, packet: Packet, header: Header) -> bytes:
        secrets = self._ring.get(header.kid)
        if secrets is None:
            raise Refused("unknown-key")
        receiver = self._receiver(packet, secrets)
        if header.suite == CLUSTER_SUITE:
            return unseal(packet.data, secrets.cluster_direction_key(header.sender, receiver))
        # Either end's secret will do, with the public key of the other.
        for own, other in ((receiver, header.sender), (header.sender, receiver)):
            if own in self._boots and other in self._keys:
                shared = agree(self._boots[own].secret, self._keys[other])
                return unseal(packet.data, secrets.pair_key(
                    shared, self._keys[header.sender], self._keys[receiver]))
        raise Refused("between two: the key file does not open it")

    def _receiver(self, packet: Packet, secrets: ClusterSecrets) -> bytes:
        """The boot for which mac1 was made: the last speaker at that address, or any known boot."""
        covered = packet.data[:4] + packet.data[8:32]
        likely = self._places.get(packet.target)
        for bid in [likely] * (likely is not None) + list(self._keys) + list(self._places.values()):
            if short_mac(secrets.mac_key, covered + bid) == packet.data[4:8]:
                return bid
        raise Refused("for a boot that was not heard yet")

    def _stream_lines(self, packet: Packet) -> List[str]:
        start = packet.data[:2]
        if start == b"\x49\x1a" and len(packet.data) >= 8:
            known = "" if packet.data[2:4] in self._ring else " (not in the key file)"
            return [f"stream of {packet.source[0]}:{packet.source[1]}: preamble"
                    f" kid={packet.data[2:4].hex()}{known} mac1={packet.data[4:8].hex()}"]
        if start == b"\x49\x1f" and len(packet.data) == 8:
            try:
                return [f"stream: says (unauthenticated) refused, code {parse_reject(packet.data)}"]
            except Refused as refused:
                return [f"stream: {refused.reason}"]
        return []

    def _name(self, bid: bytes) -> str:
        return self._names.get(bid, bid.hex()[:8] or "?")


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/wire/decode", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--key-file", type=Path, required=True)
    parser.add_argument("--cluster", default="default", help="the cluster's name")
    parser.add_argument("--boot-file", type=Path, help="boot secrets, where one has them")
    options = parser.parse_args(arguments)
    try:
        cid = cluster_id(options.cluster.encode())
        ring = [ClusterSecrets(key, cid) for key in read_key_file(options.key_file)]
        boots = []
        if options.boot_file is not None:
            boots = [Boot(bytes.fromhex(line)) for line in options.boot_file.read_text().split()]
        decoder = Decoder(ring, boots)
        first = None
        for packet in read_pcap(options.capture):
            first = packet.seconds if first is None else first
            for line in decoder.lines(packet):
                print(f"{packet.seconds - first:9.6f}  {line}")
    except (OSError, ValueError) as error:
        print(f"decode: {error}", file=sys.stderr)
        return 66
    except Refused as refused:
        print(f"decode: {refused.reason}", file=sys.stderr)
        return 65
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
