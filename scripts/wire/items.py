"""Statements as they travel: Specs/Wire.md, section 3."""

from dataclasses import dataclass
from typing import ClassVar, List, Optional, Tuple

from .core import Core
from .refused import Reader, Refused, u8, u16, u32, u64

STANDINGS = ("alive", "left")


class Item:
    """One TLV. `value` is the part after type and length."""

    kind: ClassVar[int] = 0

    @property
    def value(self) -> bytes:
        raise NotImplementedError

    @property
    def bytes(self) -> bytes:
        return u8(self.kind) + u16(len(self.value)) + self.value

    def describe(self) -> str:
        """One line with all that it says."""
        raise NotImplementedError


@dataclass(frozen=True)
class Full(Item):
    core: Core
    incarnation: int
    standing: int
    signature: bytes
    kind = 0x01

    @property
    def value(self) -> bytes:
        return u64(self.incarnation) + u8(self.standing) + self.signature + self.core.bytes

    @staticmethod
    def read(reader: Reader) -> "Full":
        incarnation, standing = _incarnation(reader), _standing(reader)
        signature = reader.take(64)
        return Full(Core.parse(reader.rest()), incarnation, standing, signature)

    def describe(self) -> str:
        return (
            f"FULL incarnation={self.incarnation} standing={STANDINGS[self.standing]}"
            f" signature={self.signature.hex()} {self.core.describe()}"
        )


@dataclass(frozen=True)
class Refresh(Item):
    nid: bytes
    ch: bytes
    incarnation: int
    standing: int
    signature: bytes
    kind = 0x02

    @property
    def value(self) -> bytes:
        return self.nid + self.ch + u64(self.incarnation) + u8(self.standing) + self.signature

    @staticmethod
    def read(reader: Reader) -> "Refresh":
        return Refresh(
            reader.take(8), reader.take(8), _incarnation(reader), _standing(reader), reader.take(64)
        )

    def describe(self) -> str:
        return (
            f"REFRESH nid={self.nid.hex()} ch={self.ch.hex()} incarnation={self.incarnation}"
            f" standing={STANDINGS[self.standing]} signature={self.signature.hex()}"
        )


@dataclass(frozen=True)
class Suspect(Item):
    target: bytes
    ch: bytes
    incarnation: int
    accuser: bytes
    signature: bytes
    kind = 0x03

    @property
    def value(self) -> bytes:
        return self.target + self.ch + u64(self.incarnation) + self.accuser + self.signature

    @staticmethod
    def read(reader: Reader) -> "Suspect":
        return Suspect(
            reader.take(8), reader.take(8), _incarnation(reader), reader.take(8), reader.take(64)
        )

    def describe(self) -> str:
        return (
            f"SUSPECT target={self.target.hex()} ch={self.ch.hex()} incarnation={self.incarnation}"
            f" accuser={self.accuser.hex()} signature={self.signature.hex()}"
        )


@dataclass(frozen=True)
class View(Item):
    members: int
    hash: int
    keyring: int
    kind = 0x04

    @property
    def value(self) -> bytes:
        return u32(self.members) + u64(self.hash) + u32(self.keyring) + u32(0)

    @staticmethod
    def read(reader: Reader) -> "View":
        view = View(reader.number(4), reader.number(8), reader.number(4))
        if reader.number(4) != 0:
            raise Refused("nonzero-reserved")
        return view

    def describe(self) -> str:
        return f"VIEW members={self.members} hash={self.hash:016x} keyring={self.keyring:08x}"


@dataclass(frozen=True)
class Dead(Item):
    target: bytes
    ch: bytes
    incarnation: int
    accusers: Tuple[Tuple[bytes, bytes], ...]
    kind = 0x06

    @property
    def value(self) -> bytes:
        head = self.target + self.ch + u64(self.incarnation) + u8(len(self.accusers))
        return head + b"".join(nid + signature for nid, signature in self.accusers)

    @staticmethod
    def read(reader: Reader) -> "Dead":
        target, ch, incarnation = reader.take(8), reader.take(8), _incarnation(reader)
        count = reader.number(1)
        if count > 5:
            raise Refused("too-many-accusers")
        # All rows must be there before any is looked at.
        if reader.remaining < 72 * count:
            raise Refused("truncated")
        accusers: List[Tuple[bytes, bytes]] = []
        for _ in range(count):
            nid, signature = reader.take(8), reader.take(64)
            if accusers and nid <= accusers[-1][0]:
                raise Refused("unordered-accusers")
            accusers.append((nid, signature))
        return Dead(target, ch, incarnation, tuple(accusers))

    def describe(self) -> str:
        accusers = ",".join(f"{nid.hex()}:{signature.hex()}" for nid, signature in self.accusers)
        return (
            f"DEAD target={self.target.hex()} ch={self.ch.hex()} incarnation={self.incarnation}"
            f" accusers={accusers}"
        )


@dataclass(frozen=True)
class User(Item):
    origin: bytes
    sequence: int
    time_to_live: int
    application_type: int
    payload: bytes
    signature: bytes
    kind = 0x07

    @property
    def value(self) -> bytes:
        return (
            self.origin + u64(self.sequence) + u8(self.time_to_live) + u16(self.application_type)
            + self.payload + self.signature
        )

    @staticmethod
    def read(reader: Reader) -> "User":
        origin, sequence = reader.take(8), reader.number(8)
        time_to_live, application_type = reader.number(1), reader.number(2)
        if reader.remaining < 64:
            raise Refused("truncated")
        if reader.remaining - 64 > 1024:
            raise Refused("payload-too-long")
        payload = reader.take(reader.remaining - 64)
        return User(origin, sequence, time_to_live, application_type, payload, reader.take(64))

    def describe(self) -> str:
        return (
            f"USER origin={self.origin.hex()} sequence={self.sequence} ttl={self.time_to_live}"
            f" type={self.application_type} payload={self.payload.hex()}"
            f" signature={self.signature.hex()}"
        )


@dataclass(frozen=True)
class Relay(Item):
    requester: bytes
    token: bytes
    kind = 0x08

    @property
    def value(self) -> bytes:
        return self.requester + self.token

    @staticmethod
    def read(reader: Reader) -> "Relay":
        return Relay(reader.take(8), reader.take(16))

    def describe(self) -> str:
        return f"RELAY requester={self.requester.hex()} token={self.token.hex()}"


@dataclass(frozen=True)
class Proof(Item):
    requester: bytes
    proof: bytes
    kind = 0x09

    @property
    def value(self) -> bytes:
        return self.requester + self.proof

    @staticmethod
    def read(reader: Reader) -> "Proof":
        return Proof(reader.take(8), reader.take(16))

    def describe(self) -> str:
        return f"PROOF requester={self.requester.hex()} proof={self.proof.hex()}"


@dataclass(frozen=True)
class Degraded(Item):
    nid: bytes
    incarnation: int
    counter: int
    signature: bytes
    kind = 0x0A

    @property
    def value(self) -> bytes:
        return self.nid + u64(self.incarnation) + u32(self.counter) + self.signature

    @staticmethod
    def read(reader: Reader) -> "Degraded":
        return Degraded(reader.take(8), _incarnation(reader), reader.number(4), reader.take(64))

    def describe(self) -> str:
        return (
            f"DEGRADED nid={self.nid.hex()} incarnation={self.incarnation} counter={self.counter}"
            f" signature={self.signature.hex()}"
        )


@dataclass(frozen=True)
class Gone(Suspect):
    """Signed over another label than SUSPECT."""

    kind = 0x0E

    @staticmethod
    def read(reader: Reader) -> "Gone":
        return Gone(
            reader.take(8), reader.take(8), _incarnation(reader), reader.take(8), reader.take(64)
        )

    def describe(self) -> str:
        return super().describe().replace("SUSPECT", "GONE", 1)


@dataclass(frozen=True)
class Heard(Item):
    nid: bytes
    sequence: int
    kind = 0x0F

    @property
    def value(self) -> bytes:
        return self.nid + u64(self.sequence)

    @staticmethod
    def read(reader: Reader) -> "Heard":
        return Heard(reader.take(8), reader.number(8))

    def describe(self) -> str:
        return f"HEARD nid={self.nid.hex()} sequence={self.sequence}"


_KEY_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/:-")

# A key and its value; None where it was removed.
Entry = Tuple[bytes, Optional[bytes]]


def state_entries(entries: Tuple[Entry, ...]) -> bytes:
    """The entries of a STATE; of a whole map also the text of its root (section 3.4)."""
    return b"".join(
        u8(len(key)) + key + (u8(1) if value is None else u8(0) + u16(len(value)) + value)
        for key, value in entries)


@dataclass(frozen=True)
class State(Item):
    nid: bytes
    process: bytes
    version: int
    root: bytes
    signature: bytes
    since: int
    entries: Tuple[Entry, ...]
    kind = 0x0B

    @property
    def value(self) -> bytes:
        return (
            self.nid + self.process + u64(self.version) + self.root + self.signature
            + u64(self.since) + u8(len(self.entries)) + state_entries(self.entries)
        )

    @staticmethod
    def read(reader: Reader) -> "State":
        nid, process, version = reader.take(8), reader.take(8), reader.number(8)
        root, signature, since = reader.take(32), reader.take(64), reader.number(8)
        count = reader.number(1)
        if not 0 < version < 1 << 63 or since > version or (since == version and count):
            raise Refused("state-version-out-of-range")
        if count > 128:
            raise Refused("too-many-entries")
        if reader.remaining > 16000:
            raise Refused("state-too-long")
        entries: List[Entry] = []
        for _ in range(count):
            key = reader.take(reader.number(1))
            if not 1 <= len(key) <= 64 or not set(key) <= _KEY_BYTES:
                raise Refused("bad-state-key")
            kind = reader.number(1)
            if kind > 1:
                raise Refused("unknown-entry-kind")
            value = None
            if kind == 0:
                length = reader.number(2)
                if length > 4096:
                    raise Refused("value-too-long")
                value = reader.take(length)
            if entries and key <= entries[-1][0]:
                raise Refused("unordered-keys")
            if value is None and since == 0:
                raise Refused("unknown-entry-kind")
            entries.append((key, value))
        return State(nid, process, version, root, signature, since, tuple(entries))

    def describe(self) -> str:
        entries = ",".join(
            key.decode() + ("-" if value is None else "=" + value.hex())
            for key, value in self.entries)
        return (
            f"STATE nid={self.nid.hex()} process={self.process.hex()} version={self.version}"
            f" root={self.root.hex()} signature={self.signature.hex()} since={self.since}"
            f" entries={entries}"
        )


@dataclass(frozen=True)
class StateView(Item):
    hash: int
    kind = 0x0D

    @property
    def value(self) -> bytes:
        return u64(self.hash)

    @staticmethod
    def read(reader: Reader) -> "StateView":
        return StateView(reader.number(8))

    def describe(self) -> str:
        return f"STATE_VIEW hash={self.hash:016x}"


@dataclass(frozen=True)
class Unknown(Item):
    """A type that this version passes over, and keeps."""

    type: int
    content: bytes

    @property
    def kind(self) -> int:  # type: ignore[override]
        return self.type

    @property
    def value(self) -> bytes:
        return self.content

    def describe(self) -> str:
        return f"UNKNOWN type={self.type:02x} value={self.content.hex()}"


_KINDS = {kind.kind: kind for kind in (
    Full, Refresh, Suspect, View, Dead, User, Relay, Proof, Degraded, State, StateView, Gone, Heard)}


def read_item(reader: Reader) -> Optional[Item]:
    """The next item; None at a type 0x00, which ends a list."""
    kind = reader.number(1)
    if kind == 0:
        return None
    value = reader.take(reader.number(2))
    if kind >= 0x80:
        raise Refused("unknown-mandatory-item")
    known = _KINDS.get(kind)
    if known is None:
        return Unknown(kind, value)
    inner = Reader(value)
    item = known.read(inner)
    inner.finish()
    return item


def _incarnation(reader: Reader) -> int:
    number = reader.number(8)
    if number >= 1 << 63:
        raise Refused("incarnation-out-of-range")
    return number


def _standing(reader: Reader) -> int:
    standing = reader.number(1)
    if standing > 1:
        raise Refused("unknown-standing")
    return standing
