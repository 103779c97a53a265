"""Sealed datagrams and the gate that opens them: Specs/Wire.md, section 2."""

from dataclasses import dataclass, field
from typing import Dict, Sequence, Tuple

from nacl import bindings, exceptions

from .keys import Boot, ClusterSecrets, agree, boot_id, short_mac
from .refused import Refused, u64

CLUSTER_SUITE, PAIR_SUITE = 1, 2
HEADER_BYTES, OVERHEAD_BYTES = 32, 48


@dataclass(frozen=True)
class Header:
    """The 32 bytes in clear."""

    suite: int
    kid: bytes
    mac: bytes
    sender: bytes
    sequence: int
    hedge: bytes

    @staticmethod
    def parse(frame: bytes) -> "Header":
        """Checks form only: length, first byte, version, suite."""
        if not 112 <= len(frame) <= 1328 or (len(frame) - OVERHEAD_BYTES) % 64:
            raise Refused("length")
        if frame[0] != 0x49:
            raise Refused("magic")
        if frame[1] >> 4 != 1:
            raise Refused("version")
        if frame[1] & 15 not in (CLUSTER_SUITE, PAIR_SUITE):
            raise Refused("unsupported-suite")
        return Header(
            frame[1] & 15, frame[2:4], frame[4:8], frame[8:16],
            int.from_bytes(frame[16:24], "big"), frame[24:32],
        )

    def describe(self) -> str:
        return (
            f"suite={self.suite} kid={self.kid.hex()} mac1={self.mac.hex()}"
            f" sender={self.sender.hex()} sequence={self.sequence} hedge={self.hedge.hex()}"
        )


def make_header(
    secrets: ClusterSecrets, suite: int, sender: bytes, receiver: bytes, sequence: int,
    hedge: bytes,
) -> bytes:
    start = bytes([0x49, 0x10 | suite]) + secrets.kid
    nonce = sender + u64(sequence) + hedge
    return start + short_mac(secrets.mac_key, start + nonce + receiver) + nonce


def seal(header: bytes, plaintext: bytes, key: bytes) -> bytes:
    """The frame, under the key of its direction."""
    return header + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        plaintext, header, header[8:32], key)


def unseal(frame: bytes, key: bytes) -> bytes:
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            frame[32:], frame[:32], frame[8:32], key)
    except exceptions.CryptoError:
        raise Refused("tag") from None


class ReplayWindow:
    """The greatest sequence accepted and the 127 below it."""

    def __init__(self) -> None:
        self.highest = 0
        self._seen: set = set()

    def admits(self, sequence: int) -> bool:
        return sequence > self.highest - 128 and sequence not in self._seen and sequence > 0

    def accept(self, sequence: int) -> None:
        self.highest = max(self.highest, sequence)
        self._seen = {old for old in self._seen | {sequence} if old > self.highest - 128}


@dataclass
class Gate:
    """Where one boot receives. `ring` is its keyring, `peers` the boot keys it knows by bid."""

    ring: Sequence[ClusterSecrets]
    boot: Boot
    peers: Dict[bytes, bytes] = field(default_factory=dict)
    windows: Dict[Tuple[int, bytes], ReplayWindow] = field(default_factory=dict)

    def know(self, boot_key: bytes) -> None:
        self.peers[boot_id(boot_key)] = boot_key

    def direction_key(
        self, secrets: ClusterSecrets, suite: int, peer: bytes, inbound: bool
    ) -> bytes:
        """The key of frames from or to the boot with that id."""
        if suite == CLUSTER_SUITE:
            ends = (peer, self.boot.bid) if inbound else (self.boot.bid, peer)
            return secrets.cluster_direction_key(*ends)
        if peer not in self.peers:
            raise Refused("unknown-peer")
        public = self.peers[peer]
        shared = agree(self.boot.secret, public)
        ends = (public, self.boot.public) if inbound else (self.boot.public, public)
        return secrets.pair_key(shared, *ends)

    def seal(
        self, plaintext: bytes, receiver: bytes, sequence: int, hedge: bytes,
        suite: int = PAIR_SUITE,
    ) -> bytes:
        secrets = self.ring[0]
        key = self.direction_key(secrets, suite, receiver, inbound=False)
        header = make_header(secrets, suite, self.boot.bid, receiver, sequence, hedge)
        return seal(header, plaintext, key)

    def open(self, frame: bytes) -> Tuple[Header, bytes]:
        """The header and the plaintext; everything in the order of section 2."""
        header = Header.parse(frame)
        secrets = next((one for one in self.ring if one.kid == header.kid), None)
        if secrets is None:
            raise Refused("unknown-key")
        covered = frame[:4] + frame[8:32] + self.boot.bid
        if short_mac(secrets.mac_key, covered) != header.mac:
            raise Refused("mac")
        if header.sender == self.boot.bid:
            raise Refused("own-boot")
        if header.sequence == 0:
            raise Refused("zero-sequence")
        window = self.windows.get((header.suite, header.sender), ReplayWindow())
        if not window.admits(header.sequence):
            raise Refused("replay")
        key = self.direction_key(secrets, header.suite, header.sender, inbound=True)
        plaintext = unseal(frame, key)
        window.accept(header.sequence)
        self.windows[header.suite, header.sender] = window
        return header, plaintext
