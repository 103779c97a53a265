"""The plaintext of a frame: Specs/Wire.md, section 4."""

from dataclasses import dataclass, field
from typing import Dict, List, Tuple

from .items import Dead, Degraded, Full, Gone, Item, Proof, Refresh, Relay, State, StateView, Suspect
from .items import Unknown, User, View, read_item
from .refused import Reader, Refused, u8, u16

NAMES = {
    1: "HEARTBEAT", 2: "HEARTBEAT_ACK", 3: "RELAY_HEARTBEAT", 4: "RELAY_ACK", 5: "RELAY_NACK",
    6: "GOSSIP", 7: "WHO", 8: "GOODBYE", 9: "MESSAGE",
}
TYPES = {name: number for number, name in NAMES.items()}

# The fixed fields of each: name and size; in the order of the wire.
_FIELDS: Dict[str, List[Tuple[str, int]]] = {
    "HEARTBEAT": [],
    "HEARTBEAT_ACK": [("echo", 8), ("health", 1)],
    "RELAY_HEARTBEAT": [("target", -8), ("token", -16), ("timeout", 2), ("zero", 1)],
    "RELAY_ACK": [("target", -8), ("echo", 8), ("proof", -16)],
    "RELAY_NACK": [("target", -8), ("echo", 8), ("reason", 1)],
    "GOSSIP": [],
    "WHO": [("boot", -8), ("echo", 8)],
    "GOODBYE": [("code", 1)],
    "MESSAGE": [("type", 2), ("payload", 0)],
}
# The name of flag bit 0, where it has a meaning.
_FLAG = {"HEARTBEAT": "introduction", "GOSSIP": "final-check"}

_RUMORS = (Full, Refresh, Suspect, Dead, User, Degraded, Gone, State)
_NO_RUMORS = ("WHO", "MESSAGE")
_VIEW_REQUIRED = ("HEARTBEAT", "HEARTBEAT_ACK")
_VIEW_REFUSED = ("WHO", "GOODBYE", "MESSAGE")


@dataclass
class Datagram:
    """A kind, its fields by name (numbers, or bytes where they have no order), its items."""

    name: str
    fields: Dict[str, object] = field(default_factory=dict)
    items: List[Item] = field(default_factory=list)
    flag: bool = False

    @property
    def content(self) -> bytes:
        """All of it without the zeros behind."""
        data = u8(TYPES[self.name]) + u8(1 if self.flag else 0)
        for name, size in _FIELDS[self.name]:
            if name == "zero":
                data += b"\0"
            elif name == "payload":
                data += u16(len(self.fields[name])) + self.fields[name]
            elif size < 0:
                data += self.fields[name]
            else:
                data += self.fields[name].to_bytes(size, "big")
        return data + b"".join(item.bytes for item in self.items)

    def encode(self, length: int = 0) -> bytes:
        """Filled up to the next multiple of 64, or to `length`."""
        content = self.content
        return content.ljust(length or max(64, -(-len(content) // 64) * 64), b"\0")

    @staticmethod
    def parse(plaintext: bytes) -> "Datagram":
        if not 64 <= len(plaintext) <= 1280 or len(plaintext) % 64:
            raise Refused("bad-length")
        reader = Reader(plaintext)
        kind = reader.number(1)
        if kind not in NAMES:
            raise Refused("unknown-message-type")
        datagram = Datagram(NAMES[kind])
        flags = reader.number(1)
        if flags & ~(1 if datagram.name in _FLAG else 0):
            raise Refused("unknown-flag")
        datagram.flag = flags == 1
        for name, size in _FIELDS[datagram.name]:
            datagram._read_field(name, size, reader)
        while reader.remaining:
            item = read_item(reader)
            if item is None:
                reader.zeros("nonzero-padding")
                break
            if len(datagram.items) == 64:
                raise Refused("too-many-items")
            datagram.items.append(item)
        datagram._check_items()
        return datagram

    def _read_field(self, name: str, size: int, reader: Reader) -> None:
        if name == "payload":
            count = reader.number(2)
            if count > 1024:
                raise Refused("payload-too-long")
            self.fields[name] = reader.take(count)
        elif size < 0:
            self.fields[name] = reader.take(-size)
        else:
            number = reader.number(size)
            if name == "zero":
                # A byte of flags without a meaning.
                if number:
                    raise Refused("unknown-flag")
                return
            if name == "reason" and number not in (1, 2, 3):
                raise Refused("unknown-nack-reason")
            self.fields[name] = number

    @property
    def _is_introduction(self) -> bool:
        return self.name == "HEARTBEAT" and self.flag

    @property
    def suite(self) -> int:
        """First contact travels under the cluster key, everything else under keys of the pair."""
        return 1 if self._is_introduction or self.name == "WHO" else 2

    def _check_items(self) -> None:
        """The table of section 4.1, in the order of section 7."""
        for item in self.items:
            if not isinstance(item, (View, Relay, Proof, StateView)) and not self._may_stand(item):
                raise Refused("misplaced-item")
        for kind in (View, Relay, Proof, StateView):
            found = [item for item in self.items if isinstance(item, kind)]
            if found and not self._may_stand(found[0]):
                raise Refused("misplaced-item")
            if len(found) > 1:
                raise Refused("duplicate-item")
            if kind is View and not found and self.name in _VIEW_REQUIRED:
                raise Refused("missing-item")
        if self._is_introduction:
            records = sum(isinstance(item, Full) for item in self.items)
            if records != 1:
                raise Refused("duplicate-item" if records else "missing-item")
        if self.name == "GOODBYE":
            if not any(isinstance(item, Refresh) and item.standing == 1 for item in self.items):
                raise Refused("missing-item")

    def _may_stand(self, item: Item) -> bool:
        if isinstance(item, Full) and self._is_introduction:
            return True
        if isinstance(item, _RUMORS):
            return self.name not in _NO_RUMORS and not self._is_introduction
        if isinstance(item, View):
            return self.name not in _VIEW_REFUSED
        if isinstance(item, StateView):
            return self.name not in _VIEW_REFUSED and not self._is_introduction
        if isinstance(item, Relay):
            return self.name == "HEARTBEAT" and not self.flag
        if isinstance(item, Proof):
            return self.name == "HEARTBEAT_ACK"
        return isinstance(item, Unknown) and item.type not in range(0x20, 0x24)

    def describe(self) -> List[str]:
        """A line for the datagram, and one for each item."""
        words = [self.name]
        if self.name in _FLAG:
            words.append(f"{_FLAG[self.name]}={int(self.flag)}")
        for name, _ in _FIELDS[self.name]:
            if name != "zero":
                value = self.fields[name]
                words.append(f"{name}={value.hex() if isinstance(value, bytes) else value}")
        return [" ".join(words)] + [item.describe() for item in self.items]
