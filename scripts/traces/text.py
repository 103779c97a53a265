"""Statements and moments as the traces write them."""

from typing import List, NamedTuple, Tuple

MS = 1_000_000


class Statement(NamedTuple):
    """`suspect t 1 by a`, `dead t 1 by a b`, `full t 2`, `refresh t 2`, `left t 1`, `degraded t 1 3`,
    `user t 1 100 16`: incarnation, counter, time to live."""

    kind: str
    member: str
    incarnation: int
    accusers: Tuple[str, ...] = ()
    counter: int = 0
    is_forged: bool = False
    hops: int = 0

    @staticmethod
    def parse(text: str) -> "Statement":
        words = text.split()
        forged = words[-1] == "forged"
        if forged:
            words.pop()
        kind, member, incarnation = words[0], words[1], int(words[2])
        rest = words[3:]
        if kind == "degraded":
            return Statement(kind, member, incarnation, (), int(rest[0]), forged)
        if kind == "user":
            return Statement(kind, member, incarnation, (), int(rest[0]), forged, int(rest[1]))
        accusers = tuple(sorted(rest[1:])) if rest and rest[0] == "by" else ()
        return Statement(kind, member, incarnation, accusers, 0, forged)

    def __str__(self) -> str:
        words = [self.kind, self.member, str(self.incarnation)]
        if self.kind in ("degraded", "user"):
            words.append(str(self.counter))
        if self.kind == "user":
            words.append(str(self.hops))
        if self.accusers:
            words += ["by", *sorted(self.accusers)]
        return " ".join(words)


def moment(nanoseconds: int) -> str:
    """Milliseconds, with as many of three decimals as are needed."""
    whole, rest = divmod(nanoseconds // 1_000, 1_000)
    return f"{whole}" if rest == 0 else f"{whole}.{rest:03}".rstrip("0")


def some(count: int, names: List[str]) -> str:
    """A choice by chance: so many of these."""
    return f"{min(count, len(names))} of {' '.join(sorted(names))}"


def mix(number: int) -> int:
    """The finaliser of Specs/Wire.md, section 8."""
    mask = (1 << 64) - 1
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9 & mask
    number = (number ^ (number >> 27)) * 0x94D049BB133111EB & mask
    return number ^ (number >> 31)
