"""Why bytes were refused, and the reader that refuses them."""


class Refused(Exception):
    """Carries the name of section 7 of Specs/Wire.md, and nothing that the sender wrote."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Reader:
    """Bytes from front to back. A length is compared with what remains before it is used."""

    def __init__(self, data: bytes):
        self._data = data
        self.at = 0

    @property
    def remaining(self) -> int:
        return len(self._data) - self.at

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > self.remaining:
            raise Refused("truncated")
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self, size: int) -> int:
        """The next unsigned number of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.remaining)

    def finish(self) -> None:
        """Nothing may be left."""
        if self.remaining:
            raise Refused("trailing-bytes")

    def zeros(self, reason: str) -> None:
        """Only zeros may be left."""
        if any(self.rest()):
            raise Refused(reason)


def u8(number: int) -> bytes:
    return number.to_bytes(1, "big")


def u16(number: int) -> bytes:
    return number.to_bytes(2, "big")


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def u64(number: int) -> bytes:
    return number.to_bytes(8, "big")
