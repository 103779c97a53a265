"""Which members own a key: Specs/Placement.md."""

from typing import Iterable, List

from .keys import derive
from .view import mix


def place(key: bytes) -> int:
    return int.from_bytes(derive(None, "IR1 place", key)[:8], "big")


def score(key: bytes, nid: int) -> int:
    return mix(mix(place(key)) ^ nid)


def owners(key: bytes, nids: Iterable[int], count: int = 1) -> List[int]:
    """The members with the highest scores, the highest first."""
    return sorted(nids, key=lambda nid: score(key, nid), reverse=True)[:count]
