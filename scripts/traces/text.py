"""Statements and moments as the traces write them."""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

MS = 1_000_000


class Statement(NamedTuple):
    """`suspect t 1 by a`, `dead t 1 by a b`, `full t 2`, `refresh t 2`, `left t 1`, `degraded t 1 3`,
    `user t 1 100 16`: incarnation, counter, time to live; `full t+boot 2`: another record of t (learning.py)."""

    kind: str
    member: str
    incarnation: int
    accusers: Tuple[str, ...] = ()
    counter: int = 0
    is_forged: bool = False
    hops: int = 0
    # Which record of the member it is about, and whether it carries the core of it.
    record: str = ""
    is_full: bool = False
    # Of a state: the whole map, and what the statement carries, from the version `since` on.
    entries: Optional[Dict[str, str]] = None
    changes: Optional[Dict[str, Optional[str]]] = None
    since: int = 0

    @staticmethod
    def parse(text: str) -> "Statement":
        words = text.split()
        forged = words[-1] == "forged"
        if forged:
            words.pop()
        kind, record, incarnation = words[0], words[1], int(words[2])
        member = base(record)
        rest = words[3:]
        if kind == "state":
            return Statement(kind, member, incarnation, record=record, is_forged=forged, **_state(incarnation, rest))
        is_full = kind in ("full", "fullLeft")
        kind = "left" if kind == "fullLeft" else kind
        if kind == "degraded":
            return Statement(kind, member, incarnation, (), int(rest[0]), forged)
        if kind == "heard":
            return Statement(kind, member, incarnation, (), int(rest[0]), forged)
        if kind == "user":
            return Statement(kind, member, incarnation, (), int(rest[0]), forged, int(rest[1]))
        accusers = tuple(sorted(rest[1:])) if rest and rest[0] == "by" else ()
        return Statement(kind, member, incarnation, accusers, 0, forged, record=record, is_full=is_full)

    def __str__(self) -> str:
        if self.kind == "state":
            return f"state {self.record} {self.incarnation} {_state_text(self)}"
        names_core = self.kind in ("full", "refresh", "suspect", "dead", "gone")
        words = [self.kind, self.record or self.member if names_core else self.member, str(self.incarnation)]
        if self.kind in ("degraded", "user"):
            words.append(str(self.counter))
        if self.kind == "user":
            words.append(str(self.hops))
        if self.accusers:
            words += ["by", *sorted(self.accusers)]
        return " ".join(words)


def entries_of(words: List[str]) -> Dict[str, Optional[str]]:
    """`k=1 l-`: k has this value, l was removed. `k=*400` has 400 bytes."""
    found: Dict[str, Optional[str]] = {}
    for word in words:
        key, _, value = word.partition("=")
        found[key.rstrip("-")] = None if word.endswith("-") else "x" * int(value[1:]) if value.startswith("*") else value
    return found


def text_of(entries: Dict[str, Optional[str]]) -> str:
    def value(text: str) -> str:
        return f"*{len(text)}" if len(text) > 20 else text
    return " ".join(f"{key}-" if one is None else f"{key}={value(one)}" for key, one in sorted(entries.items())) or "nothing"


def _state(version: int, words: List[str]) -> Dict:
    """`of k=1`, `from 2 changes k=1 l- of k=1`, `news of k=1`."""
    place = words.index("of")
    entries = entries_of(words[place + 1:])
    if words[0] == "from":
        return {"entries": entries, "since": int(words[1]), "changes": entries_of(words[3:place])}
    if words[0] == "news":
        return {"entries": entries, "since": version, "changes": {}}
    return {"entries": entries, "since": 0, "changes": entries}


def _state_text(one: Statement) -> str:
    if one.since == 0:
        return f"of {text_of(one.entries)}"
    return "news" if one.since == one.incarnation else f"from {one.since} changes {text_of(one.changes)}"


def base(record: str) -> str:
    """The member of a record."""
    return record.partition("+")[0]


def moment(nanoseconds: int) -> str:
    """Milliseconds, with as many of three decimals as are needed."""
    whole, rest = divmod(nanoseconds // 1_000, 1_000)
    return f"{whole}" if rest == 0 else f"{whole}.{rest:03}".rstrip("0")


def moments(earliest: int, slack: int) -> str:
    """A moment that follows from chance is one of these: `80..160`."""
    return moment(earliest) + (f"..{moment(earliest + slack)}" if slack else "")


def counted(lines: List[str]) -> List[str]:
    """Ten or more equal effects of one moment as one line; a crowd has one name."""
    lines = [re.sub(r"crowd\d+", "crowd", line) for line in lines]
    found: List[str] = []
    for line in dict.fromkeys(lines):
        count = lines.count(line)
        at, _, text = line.partition(" ")
        found += [f"{at} {count} times {text}"] if count >= 10 else [line] * count
    return found


def some(count: int, names: List[str]) -> str:
    """A choice by chance: so many of these."""
    return f"{min(count, len(names))} of {' '.join(sorted(names))}"


def mix(number: int) -> int:
    """The finaliser of Specs/Wire.md, section 8."""
    mask = (1 << 64) - 1
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9 & mask
    number = (number ^ (number >> 27)) * 0x94D049BB133111EB & mask
    return number ^ (number >> 31)
