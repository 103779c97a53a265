"""Keysets, what KEYS carries, and the files of keys: Specs/Wire.md, sections 5.4 and 9."""

import re
from dataclasses import dataclass, replace
from typing import List, Optional, Sequence, Tuple

from .keys import ClusterKey, Identity, derive, is_signed, signed_text
from .refused import Reader, Refused, u8, u64

STAGES = ("settled", "installed", "switched")
LONGEST_MESSAGE = 557
LONGEST_FILE = 2_048
_LARGEST_STEP = 1 << 32
_PAST_VERSIONS = 1 << 63
_PAST_MOMENTS = 1 << 40


@dataclass(frozen=True)
class Keyset:
    """The keys that all members should hold, from version 1 on."""

    stage: int
    version: int
    author: bytes
    keys: Tuple[bytes, ...]
    retired: Tuple[Tuple[bytes, int], ...] = ()
    signature: bytes = bytes(64)

    @property
    def _unsigned(self) -> bytes:
        return (
            u8(1) + u8(self.stage) + u64(self.version) + self.author
            + u8(len(self.keys)) + b"".join(self.keys)
            + u8(len(self.retired)) + b"".join(key + u64(until) for key, until in self.retired))

    @property
    def bytes(self) -> bytes:
        return self._unsigned + self.signature

    @property
    def all_keys(self) -> Tuple[bytes, ...]:
        """Those that open and the retired ones."""
        return self.keys + tuple(key for key, _ in self.retired)

    @property
    def hash(self) -> bytes:
        """kh."""
        return derive(None, "IR1 keyset", self.bytes)

    @property
    def check(self) -> bytes:
        """The keyring hash, as it travels in VIEW."""
        return self.hash[:4]

    def signed(self, identity: Identity, cid: bytes) -> "Keyset":
        text = signed_text("IR1 keyset", cid, self._unsigned)
        return replace(self, signature=identity.sign(text))

    @staticmethod
    def read(reader: Reader) -> "Keyset":
        """Form only; see `check_kids` and `check_signature` for what is looked at after it."""
        if reader.number(1) != 1:
            raise Refused("unknown-keyset-format")
        stage = reader.number(1)
        if stage >= len(STAGES):
            raise Refused("unknown-stage")
        version = reader.number(8)
        if not 1 <= version < _PAST_VERSIONS:
            raise Refused("keyset-version-out-of-range")
        author = reader.take(32)
        count = reader.number(1)
        if not may_count(stage, count):
            raise Refused("bad-key-count")
        keys = tuple(reader.take(32) for _ in range(count))
        count = reader.number(1)
        if count > 8:
            raise Refused("bad-key-count")
        retired = []
        for _ in range(count):
            key, until = reader.take(32), reader.number(8)
            if until >= _PAST_MOMENTS:
                raise Refused("retirement-out-of-range")
            retired.append((key, until))
        return Keyset(stage, version, author, keys, tuple(retired), reader.take(64))

    def check_kids(self) -> None:
        if len({ClusterKey(one).kid for one in self.all_keys}) < len(self.all_keys):
            raise Refused("colliding-keys")

    def check_signature(self, cid: bytes) -> None:
        text = signed_text("IR1 keyset", cid, self._unsigned)
        if not is_signed(self.signature, text, self.author):
            raise Refused("bad-keyset-signature")

    def describe(self) -> str:
        retired = ",".join(f"{key.hex()}:{until}" for key, until in self.retired)
        return (
            f"KEYS stage={STAGES[self.stage]} version={self.version} author={self.author.hex()}"
            f" keys={','.join(key.hex() for key in self.keys)} retired={retired}"
            f" signature={self.signature.hex()}")


def may_count(stage: int, count: int) -> bool:
    """Whether a keyset of this stage may have so many keys that open."""
    return count == 1 if stage == 0 else 2 <= count <= 4


def read_message_body(reader: Reader) -> Optional[Keyset]:
    """The bytes after the type byte of KEYS: a keyset in form, or nothing (version 0)."""
    if not reader.remaining:
        return None
    keyset = Keyset.read(reader)
    reader.finish()
    keyset.check_kids()
    return keyset


def holds(held: Optional[Keyset], told: Optional[Keyset], file_key: bytes) -> str:
    """The decision of a node with one keyset (None: version 0, the key of a file) about another: `keep`, `take`,
    or `refuse` a newer one that has none of its keys."""
    verdict = _compare(held, told)
    accepted = held.keys if held else (file_key,)
    if verdict == "take" and not any(key in accepted for key in told.all_keys):
        return "refuse"
    return verdict


def _compare(held: Optional[Keyset], told: Optional[Keyset]) -> str:
    if told is None:
        return "keep"
    version = held.version if held else 0
    if told.version - version > _LARGEST_STEP:
        return "keep"
    if told.version != version:
        return "take" if told.version > version else "keep"
    return "take" if told.hash > held.hash else "keep"


# --- the file of keys -----------------------------------------------------------------------------

_KEY = r"([0-9a-f]{64}) ([0-9a-f]{8})"
_NUMBER = r"(0|[1-9][0-9]{0,19})"
_FIRST = re.compile(rf"iridium-key-1 {_KEY}")
_ACCEPTED = re.compile(rf"accepted {_KEY}")
_RETIRED = re.compile(rf"retired {_KEY} {_NUMBER}")
_LAST = re.compile(
    rf"keyset {_NUMBER} (settled|installed|switched) ([0-9a-f]{{64}}) ([0-9a-f]{{128}}) ([0-9a-f]{{8}})")


def write_key_file(keyset: Keyset) -> bytes:
    def key(secret: bytes) -> str:
        return f"{secret.hex()} {ClusterKey(secret).fingerprint}"

    lines = [f"iridium-key-1 {key(keyset.keys[0])}"]
    lines += [f"accepted {key(one)}" for one in keyset.keys[1:]]
    lines += [f"retired {key(one)} {until}" for one, until in keyset.retired]
    lines.append(
        f"keyset {keyset.version} {STAGES[keyset.stage]} {keyset.author.hex()}"
        f" {keyset.signature.hex()} {keyset.check.hex()}")
    return "".join(line + "\n" for line in lines).encode()


def read_keyset_file(content: bytes) -> Keyset:
    """The keyset of a file of more than one line. The signature needs the cluster's name: it is not
    looked at here."""
    if len(content) > LONGEST_FILE or not content.endswith(b"\n"):
        raise Refused("malformed")
    try:
        lines = content[:-1].decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Refused("malformed") from None
    last = _LAST.fullmatch(lines[-1])
    keys: List[bytes] = []
    retired: List[Tuple[bytes, int]] = []
    for number, line in enumerate(lines[:-1]):
        found = (_FIRST if number == 0 else _RETIRED if line.startswith("retired") else _ACCEPTED
                 ).fullmatch(line)
        if found is None or retired and found.re is _ACCEPTED:
            raise Refused("malformed")
        secret = bytes.fromhex(found[1])
        if ClusterKey(secret).fingerprint != found[2]:
            raise Refused("check-mismatch")
        if found.re is _RETIRED:
            retired.append((secret, int(found[3])))
        else:
            keys.append(secret)
    if last is None or not keys:
        raise Refused("malformed")
    stage = STAGES.index(last[2])
    within = (
        1 <= int(last[1]) < _PAST_VERSIONS and may_count(stage, len(keys)) and len(retired) <= 8
        and all(until < _PAST_MOMENTS for _, until in retired))
    if not within:
        raise Refused("malformed")
    keyset = Keyset(stage, int(last[1]), bytes.fromhex(last[3]), tuple(keys), tuple(retired),
                    bytes.fromhex(last[4]))
    if keyset.check.hex() != last[5]:
        raise Refused("check-mismatch")
    try:
        keyset.check_kids()
    except Refused:
        raise Refused("malformed") from None
    return keyset


# --- who may fetch keys by a retired one -----------------------------------------------------------

_ENTITLED = b"iridium-entitled-1\n"
_MOST_ENTITLED = 131_072


def write_entitled(entries: Sequence[Tuple[bytes, int]]) -> bytes:
    content = _ENTITLED + b"".join(nid + u64(until) for nid, until in entries)
    return content + derive(None, "IR1 entitled", content)


def read_entitled(content: bytes) -> List[Tuple[bytes, int]]:
    if not content.startswith(_ENTITLED):
        raise Refused("other-version" if content.startswith(b"iridium-entitled-") else "other-kind")
    body, check = content[len(_ENTITLED) : -32], content[-32:]
    if len(content) < len(_ENTITLED) + 32 or len(body) % 16:
        raise Refused("malformed")
    if derive(None, "IR1 entitled", content[:-32]) != check:
        raise Refused("check-mismatch")
    entries = [(body[at : at + 8], int.from_bytes(body[at + 8 : at + 16], "big"))
               for at in range(0, len(body), 16)]
    nids = [nid for nid, _ in entries]
    ascending = all(one < next_one for one, next_one in zip(nids, nids[1:]))
    if not ascending or len(entries) > _MOST_ENTITLED:
        raise Refused("malformed")
    return entries
