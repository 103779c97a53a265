"""Keys and all that is derived from them: Specs/Wire.md, section 1."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Optional, Sequence

from nacl import bindings, encoding, exceptions
from nacl.hash import siphash24

from .refused import Refused, u64


def derive(key: Optional[bytes], label: str, *arguments: bytes) -> bytes:
    """`H`: BLAKE2b-256 over a label of 16 bytes and the arguments."""
    hasher = hashlib.blake2b(key=key or b"", digest_size=32)
    hasher.update(label.encode().ljust(16, b"\0"))
    for argument in arguments:
        hasher.update(argument)
    return hasher.digest()


def short_mac(key: bytes, data: bytes) -> bytes:
    """The first four bytes of SipHash-2-4."""
    return siphash24(data, key=key, encoder=encoding.RawEncoder)[:4]


def agree(secret: bytes, public: bytes) -> bytes:
    """X25519. Refuses the few public keys whose outcome does not depend on the secret."""
    try:
        return bindings.crypto_scalarmult(secret, public)
    except exceptions.RuntimeError:
        raise Refused("low-order-key") from None


@dataclass(frozen=True)
class ClusterKey:
    """CK: the secret that makes nodes one cluster."""

    secret: bytes

    @property
    def kid(self) -> bytes:
        return derive(self.secret, "IR1 kid")[:2]

    @property
    def fingerprint(self) -> str:
        return derive(self.secret, "IR1 fingerprint")[:4].hex()


def cluster_id(name: bytes) -> bytes:
    """cid."""
    return derive(None, "IR1 cid", bytes(32), name)[:16]


@dataclass(frozen=True)
class ClusterSecrets:
    """One key of a keyring in one cluster."""

    key: ClusterKey
    cid: bytes

    @cached_property
    def frame_key(self) -> bytes:
        return derive(self.key.secret, "IR1 frame", self.cid)

    @cached_property
    def mac_key(self) -> bytes:
        return derive(self.frame_key, "IR1 mac1")[:16]

    @cached_property
    def preshared_key(self) -> bytes:
        return derive(self.frame_key, "IR1 noise")

    def cluster_direction_key(self, sender_bid: bytes, receiver_bid: bytes) -> bytes:
        """DK of suite 1."""
        return derive(self.frame_key, "IR1 cluster", sender_bid, receiver_bid)

    def pair_key(self, shared: bytes, sender_bpk: bytes, receiver_bpk: bytes) -> bytes:
        """DK of suite 2, from the X25519 secret that the two boots share."""
        return derive(self.frame_key, "IR1 pair", shared, sender_bpk, receiver_bpk)

    @property
    def kid(self) -> bytes:
        return self.key.kid


@dataclass(frozen=True)
class Identity:
    """isk and ipk: the identity of a member."""

    seed: bytes

    @cached_property
    def _pair(self):
        return bindings.crypto_sign_seed_keypair(self.seed)

    @property
    def public(self) -> bytes:
        return self._pair[0]

    @property
    def nid(self) -> bytes:
        return node_id(self.public)

    def sign(self, text: bytes) -> bytes:
        return bindings.crypto_sign(text, self._pair[1])[:64]


def node_id(identity_key: bytes) -> bytes:
    """nid."""
    return derive(None, "IR1 nid", identity_key)[:8]


def boot_id(boot_key: bytes) -> bytes:
    """bid."""
    return derive(None, "IR1 bid", boot_key)[:8]


def is_signed(signature: bytes, text: bytes, identity_key: bytes) -> bool:
    """Whether the holder of that identity signed this."""
    try:
        bindings.crypto_sign_open(signature + text, identity_key)
        return True
    except exceptions.BadSignatureError:
        return False


@dataclass(frozen=True)
class Boot:
    """bsk and bpk: one run of a member."""

    secret: bytes

    @cached_property
    def public(self) -> bytes:
        return bindings.crypto_scalarmult_base(self.secret)

    @property
    def bid(self) -> bytes:
        return boot_id(self.public)

    @staticmethod
    def random() -> "Boot":
        return Boot(os.urandom(32))


def relay_proof(direction_key: bytes, token: bytes) -> bytes:
    """A relayed member's proof for the asker's token."""
    return derive(direction_key, "IR1 relay", token)[:16]


# --- signed texts: section 3.2 --------------------------------------------------------------------


def signed_text(label: str, cid: bytes, *fields: bytes) -> bytes:
    return label.encode().ljust(16, b"\0") + cid + b"".join(fields)


def statement_text(cid: bytes, core_hash: bytes, incarnation: int, standing: int) -> bytes:
    return signed_text("IR1 statement", cid, core_hash, u64(incarnation), bytes([standing]))


def suspicion_text(
    cid: bytes, target: bytes, core_hash: bytes, incarnation: int, accuser: bytes
) -> bytes:
    return signed_text("IR1 suspect", cid, target, core_hash, u64(incarnation), accuser)


def gone_text(cid: bytes, target: bytes, ch: bytes, incarnation: int, accuser: bytes) -> bytes:
    return signed_text("IR1 gone", cid, target, ch, u64(incarnation), accuser)


def degraded_text(cid: bytes, nid: bytes, incarnation: int, counter: int) -> bytes:
    return signed_text("IR1 degraded", cid, nid, u64(incarnation), counter.to_bytes(4, "big"))


def user_text(cid: bytes, origin: bytes, sequence: int, kind: int, payload: bytes) -> bytes:
    return signed_text("IR1 user", cid, origin, u64(sequence), kind.to_bytes(2, "big"), payload)


def state_text(cid: bytes, nid: bytes, process: bytes, version: int, root: bytes) -> bytes:
    return signed_text("IR1 state", cid, nid, process, u64(version), root)


def state_root(entries: bytes) -> bytes:
    """Of a whole map of values."""
    return derive(None, "IR1 entries", entries)


# --- the lines of files ---------------------------------------------------------------------------


def read_secret_line(content: bytes, kind: str) -> bytes:
    """The secret of a line `<kind>-1 <64 digits> <check>`. Refuses with the name of the damage."""
    if not content.startswith(f"{kind}-1 ".encode()):
        raise Refused("other-version" if content.startswith(f"{kind}-".encode()) else "other-kind")
    line = content[:-1] if content.endswith(b"\n") else content
    words = line.split(b" ")
    digits = b"0123456789abcdef"
    if len(words) != 3 or len(words[1]) != 64 or any(c not in digits for c in words[1] + words[2]):
        raise Refused("malformed")
    secret = bytes.fromhex(words[1].decode())
    check = ClusterKey(secret).fingerprint if kind == "iridium-key" else Identity(secret).nid.hex()
    if len(words[2]) != len(check):
        raise Refused("malformed")
    if words[2] != check.encode():
        raise Refused("check-mismatch")
    return secret


def read_key_file(path: Path) -> Sequence[ClusterKey]:
    """The keys of a file that open frames, the one that seals first."""
    lines = path.read_bytes().splitlines(keepends=True) or [b""]
    first = ClusterKey(read_secret_line(lines[0], "iridium-key"))
    words = [line.split() for line in lines[1:]]
    return [first] + [ClusterKey(bytes.fromhex(word[1].decode())) for word in words
                      if word[:1] == [b"accepted"]]
