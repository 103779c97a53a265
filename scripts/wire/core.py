"""The core of a member: Specs/Wire.md, section 3.1."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Optional

from .keys import derive
from .refused import Reader, Refused, u8, u16

# The extensions that this version knows.
FIRST_BOOT = 0x01
LIFELINES = 0x02

_ALIAS = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True)
class Core:
    """The part of a record that stays while only the incarnation rises."""

    identity_key: bytes
    boot_key: bytes
    address: bytes
    port: int
    alias: bytes
    metadata: bytes = b""
    extensions: bytes = b""
    protocol: tuple = (1, 1)

    @property
    def bytes(self) -> bytes:
        family = 4 if len(self.address) == 4 else 6
        return (
            b"\x01\x00" + bytes(self.protocol) + self.identity_key + self.boot_key
            + u8(family) + self.address + u16(self.port)
            + u8(len(self.alias)) + self.alias
            + u16(len(self.metadata)) + self.metadata
            + u16(len(self.extensions)) + self.extensions
        )

    @property
    def hash(self) -> bytes:
        """ch, all 32 bytes."""
        return derive(None, "IR1 core", self.bytes)

    @staticmethod
    def parse(data: bytes) -> "Core":
        reader = Reader(data)
        if reader.number(1) != 1:
            raise Refused("unknown-core-format")
        if reader.number(1) != 0:
            raise Refused("unknown-flag")
        oldest, newest = reader.number(1), reader.number(1)
        if not 1 <= oldest <= newest:
            raise Refused("bad-protocol-versions")
        identity_key, boot_key = reader.take(32), reader.take(32)
        family = reader.number(1)
        if family not in (4, 6):
            raise Refused("unknown-address-family")
        address = reader.take(4 if family == 4 else 16)
        port = reader.number(2)
        if not is_usable(address, port):
            raise Refused("unusable-endpoint")
        alias = reader.take(reader.number(1))
        if not _ALIAS.fullmatch(alias):
            raise Refused("bad-alias")
        count = reader.number(2)
        if count > 512:
            raise Refused("metadata-too-long")
        metadata = reader.take(count)
        count = reader.number(2)
        if count > 256:
            raise Refused("extensions-too-long")
        extensions = reader.take(count)
        _check_extensions(extensions)
        reader.finish()
        return Core(
            identity_key, boot_key, address, port, alias, metadata, extensions, (oldest, newest)
        )

    @property
    def first_boot(self) -> Optional[bytes]:
        """The bid with which its process began, where the boot key was renewed since."""
        return self._extension(FIRST_BOOT, 8)

    @property
    def holds_lifelines(self) -> bool:
        """Whether the member takes part in lifelines."""
        return self._extension(LIFELINES, 0) is not None

    def _extension(self, kind: int, count: int) -> Optional[bytes]:
        reader = Reader(self.extensions)
        while reader.remaining:
            found, value = reader.number(1), reader.take(reader.number(2))
            if found == kind and len(value) == count:
                return value
        return None

    def describe(self) -> str:
        return (
            f"protocol={self.protocol[0]}-{self.protocol[1]} identity={self.identity_key.hex()}"
            f" boot={self.boot_key.hex()} address={self.address.hex()} port={self.port}"
            f" alias={self.alias.decode()} metadata={self.metadata.hex()}"
            f" extensions={self.extensions.hex()}"
            + (f" first-boot={self.first_boot.hex()}" if self.first_boot else "")
            + (" lifelines" if self.holds_lifelines else "")
        )


def is_usable(address: bytes, port: int) -> bool:
    """Whether others can send there."""
    if port == 0:
        return False
    if len(address) == 4:
        return address != bytes(4) and not 224 <= address[0] <= 239 and address != b"\xff" * 4
    parsed = ipaddress.IPv6Address(address)
    return address != bytes(16) and address[0] != 0xFF and parsed.ipv4_mapped is None


def _check_extensions(data: bytes) -> None:
    reader = Reader(data)
    while reader.remaining:
        kind = reader.number(1)
        if kind == 0:
            raise Refused("misplaced-item")
        if kind >= 0x80:
            raise Refused("unknown-mandatory-item")
        reader.take(reader.number(2))
