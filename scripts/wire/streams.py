"""The messages on TCP: Specs/Wire.md, section 5."""

from dataclasses import dataclass, field
from typing import List, Optional, Sequence, Tuple

from .items import Dead, Degraded, Full, Gone, Heard, Item, Refresh, State, Suspect, Unknown, View
from .items import read_item
from . import keysets
from .keys import Boot, ClusterSecrets, short_mac
from .noise import Cipher, Handshake
from .refused import Reader, Refused, u8, u16, u32, u64

PURPOSES = {1: "join", 2: "sync", 3: "keys", 4: "states", 5: "message", 6: "lifeline"}
END_CODES = range(18)
_RECORDS = (Full, Refresh, Suspect, Dead, Degraded, Gone, Heard, State, Unknown)
_NAMES = {0x10: "PEERS", 0x11: "SYNC_BUCKETS", 0x12: "SYNC_IDS", 0x13: "SYNC_WANT",
          0x14: "SYNC_DELTA", 0x15: "KEYS", 0x18: "DATA", 0x1F: "STREAM_END"}
_TYPES = {name: number for number, name in _NAMES.items()}
_LONGEST = {"SYNC_BUCKETS": 3 + 8 * 4096, "KEYS": keysets.LONGEST_MESSAGE}
_CHUNK_BYTES = 16 * 1024


# --- in clear -------------------------------------------------------------------------------------


def make_preamble(secrets: ClusterSecrets, one_time_key: bytes) -> bytes:
    start = b"\x49\x1a" + secrets.kid
    return start + short_mac(secrets.mac_key, start + one_time_key)


def make_reject(code: int) -> bytes:
    return b"\x49\x1f" + u16(code) + bytes(4)


def parse_reject(data: bytes) -> int:
    if len(data) != 8:
        raise Refused("bad-length")
    if data[:2] != b"\x49\x1f":
        raise Refused("bad-reject")
    code = int.from_bytes(data[2:4], "big")
    if code not in END_CODES:
        raise Refused("unknown-end-code")
    if code == 0:
        raise Refused("bad-reject")
    if any(data[4:]):
        raise Refused("nonzero-reserved")
    return code


# --- the handshake's payloads ---------------------------------------------------------------------


@dataclass(frozen=True)
class Hello:
    purpose: int
    nid: bytes
    protocol: Tuple[int, int] = (1, 1)

    def encode(self) -> bytes:
        return (u8(self.purpose) + u8(0) + bytes(self.protocol) + self.nid).ljust(192, b"\0")

    @staticmethod
    def parse(data: bytes) -> "Hello":
        if len(data) != 192:
            raise Refused("bad-length")
        reader = Reader(data)
        purpose = reader.number(1)
        if purpose not in PURPOSES:
            raise Refused("unknown-purpose")
        if reader.number(1):
            raise Refused("unknown-flag")
        oldest, newest = reader.number(1), reader.number(1)
        if not 1 <= oldest <= newest:
            raise Refused("bad-protocol-versions")
        nid = reader.take(8)
        reader.zeros("nonzero-padding")
        return Hello(purpose, nid, (oldest, newest))

    def describe(self) -> List[str]:
        return [f"HELLO purpose={PURPOSES[self.purpose]}"
                f" protocol={self.protocol[0]}-{self.protocol[1]} nid={self.nid.hex()}"]


def parse_handshake_items(data: bytes, kinds: Sequence[type]) -> List[Item]:
    """The payload of HELLO_ACK (FULL, VIEW) or JOIN (FULL)."""
    reader = Reader(data)
    items = []
    for kind in kinds:
        item = _stream_item(reader)
        if not isinstance(item, kind):
            raise Refused("misplaced-item")
        items.append(item)
    reader.finish()
    return items


def _stream_item(reader: Reader) -> Item:
    if not reader.remaining:
        raise Refused("missing-item")
    item = read_item(reader)
    if item is None:
        raise Refused("misplaced-item")
    return item


# --- messages after it ----------------------------------------------------------------------------


@dataclass
class StreamMessage:
    """A kind and what it carries; only the fields of its kind are used."""

    name: str
    items: List[Item] = field(default_factory=list)
    total: int = 0
    index: int = 0
    hashes: List[int] = field(default_factory=list)
    rows: List[Tuple[bytes, int]] = field(default_factory=list)
    nids: List[bytes] = field(default_factory=list)
    code: int = 0
    application_type: int = 0
    payload: bytes = b""
    keyset: Optional[keysets.Keyset] = None

    def encode(self) -> bytes:
        data = u8(_TYPES[self.name])
        items = b"".join(item.bytes for item in self.items)
        if self.name == "PEERS":
            return data + u32(self.total) + u32(self.index) + u16(len(self.items)) + items
        if self.name == "SYNC_BUCKETS":
            return data + u16(len(self.hashes)) + b"".join(map(u64, self.hashes))
        if self.name == "SYNC_IDS":
            return data + b"".join(nid + u64(number) for nid, number in self.rows)
        if self.name == "SYNC_WANT":
            return data + b"".join(self.nids)
        if self.name == "KEYS":
            return data + (self.keyset.bytes if self.keyset else b"")
        if self.name == "DATA":
            return data + u16(self.application_type) + u32(self.total) + u32(self.index) + self.payload
        return data + (items if self.name == "SYNC_DELTA" else u16(self.code))

    @staticmethod
    def parse(data: bytes) -> "StreamMessage":
        reader = Reader(data)
        kind = reader.number(1)
        if kind not in _NAMES:
            raise Refused("unknown-message-type")
        message = StreamMessage(_NAMES[kind])
        if len(data) > _LONGEST.get(message.name, _CHUNK_BYTES):
            raise Refused("message-too-long")
        getattr(message, "_read_" + message.name.lower())(reader)
        reader.finish()
        return message

    def _read_peers(self, reader: Reader) -> None:
        self.total, self.index, count = reader.number(4), reader.number(4), reader.number(2)
        empty = (self.total, self.index, count) == (0, 0, 0)
        if not empty and not (0 < count <= self.total <= 262_144 and self.index < self.total):
            raise Refused("bad-chunk")
        self._read_sync_delta(reader)
        if len(self.items) != count:
            raise Refused("bad-chunk")

    def _read_sync_buckets(self, reader: Reader) -> None:
        count = reader.number(2)
        if not 64 <= count <= 4096 or count & (count - 1):
            raise Refused("bad-bucket-count")
        self.hashes = [reader.number(8) for _ in range(count)]

    def _read_sync_ids(self, reader: Reader) -> None:
        while reader.remaining:
            self.rows.append((reader.take(8), reader.number(8)))

    def _read_sync_want(self, reader: Reader) -> None:
        while reader.remaining:
            self.nids.append(reader.take(8))

    def _read_sync_delta(self, reader: Reader) -> None:
        while reader.remaining:
            if len(self.items) == 256:
                raise Refused("too-many-items")
            self.items.append(_record(reader))

    def _read_data(self, reader: Reader) -> None:
        self.application_type = reader.number(2)
        self.total, self.index = reader.number(4), reader.number(4)
        self.payload = reader.take(reader.remaining)
        if not self.payload and (self.total or self.index):
            raise Refused("bad-chunk")
        if self.index + len(self.payload) > self.total:
            raise Refused("bad-chunk")

    def _read_keys(self, reader: Reader) -> None:
        """Form and kids; code that knows the cluster checks the signature."""
        self.keyset = keysets.read_message_body(reader)

    def _read_stream_end(self, reader: Reader) -> None:
        self.code = reader.number(2)
        if self.code not in END_CODES:
            raise Refused("unknown-end-code")

    def describe(self) -> List[str]:
        if self.name == "KEYS":
            return [self.keyset.describe() if self.keyset else "KEYS"]
        extra = {
            "PEERS": f" total={self.total} index={self.index}",
            "SYNC_BUCKETS": " hashes=" + ",".join(f"{one:016x}" for one in self.hashes),
            "SYNC_IDS": " rows=" + ",".join(f"{nid.hex()}:{one:016x}" for nid, one in self.rows),
            "SYNC_WANT": " nids=" + ",".join(nid.hex() for nid in self.nids),
            "SYNC_DELTA": "",
            "DATA": f" type={self.application_type} total={self.total} offset={self.index}"
                    f" bytes={self.payload.hex()}",
            "STREAM_END": f" code={self.code}",
        }[self.name]
        return [self.name + extra] + [item.describe() for item in self.items]


def _record(reader: Reader) -> Item:
    item = _stream_item(reader)
    if not isinstance(item, _RECORDS):
        raise Refused("misplaced-item")
    return item


# --- a connection ---------------------------------------------------------------------------------


class Framer:
    """Cuts the bytes of a connection into messages."""

    def __init__(self, longest: int = 4096, may_be_rejected: bool = False):
        self.longest = longest
        self._may_be_rejected = may_be_rejected
        self._buffer = b""

    def append(self, data: bytes) -> None:
        self._buffer += data

    def take(self, count: int) -> Optional[bytes]:
        """So many bytes as they are; None until they have arrived."""
        if len(self._buffer) < count:
            return None
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def next(self) -> Optional[bytes]:
        """The next message; None until all of it has arrived."""
        if len(self._buffer) < 2:
            return None
        if self._may_be_rejected and self._buffer[:2] == b"\x49\x1f":
            if len(self._buffer) < 8:
                return None
            try:
                raise Rejected(parse_reject(self._buffer[:8]))
            except Refused:
                raise Refused("bad-reject") from None
        length = int.from_bytes(self._buffer[:2], "big")
        if length > self.longest:
            raise Refused("message-too-long")
        if length < 16:
            raise Refused("message-too-short")
        if len(self._buffer) < 2 + length:
            return None
        self._may_be_rejected = False
        self.take(2)
        return self.take(length)


class Rejected(Exception):
    """The other side's rejection in clear, without authentication."""

    def __init__(self, code: int):
        super().__init__(f"refused in clear with code {code}")
        self.code = code


def framed(message: bytes) -> bytes:
    return u16(len(message)) + message


@dataclass
class Stream:
    """One end of an encrypted stream, without its socket: bytes in, bytes out."""

    secrets: ClusterSecrets
    boot: Boot
    initiator: bool
    one_time: Boot = field(default_factory=Boot.random)
    handshake: Optional[Handshake] = None
    sending: Optional[Cipher] = None
    receiving: Optional[Cipher] = None

    def start(self, hello: bytes) -> bytes:
        """The caller's first bytes."""
        preamble = make_preamble(self.secrets, self.one_time.public)
        self._begin(preamble)
        return preamble + framed(self.handshake.write(hello))

    def accept(self, preamble: bytes, message: bytes) -> bytes:
        """The called side reads HELLO."""
        if preamble[:2] != b"\x49\x1a":
            raise Refused("not-a-preamble")
        if preamble[2:4] != self.secrets.kid:
            raise Refused("unknown-key")
        if len(message) < 32 or make_preamble(self.secrets, message[:32]) != preamble:
            raise Refused("wrong-cluster")
        self._begin(preamble)
        return self.handshake.read(message)

    def write(self, payload: bytes) -> bytes:
        """The next message of the handshake."""
        return framed(self.handshake.write(payload))

    def read(self, message: bytes) -> bytes:
        return self.handshake.read(message)

    def finish(self) -> None:
        """After the third message."""
        self.sending, self.receiving = self.handshake.split()

    def seal(self, record: bytes) -> bytes:
        return framed(self.sending.encrypt(record))

    def open(self, message: bytes) -> bytes:
        return self.receiving.decrypt(message)

    def _begin(self, preamble: bytes) -> None:
        self.handshake = Handshake(
            self.initiator, preamble + self.secrets.cid, self.secrets.preshared_key, self.boot,
            self.one_time)
