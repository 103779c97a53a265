"""Section 20 of Specs/Protocol.md: which messages are new; and first contact, section 2 of Specs/Wire.md."""

from typing import Dict, List, Optional, Set, Tuple

from . import rules
from .parts import OWN
from .text import Statement


class Origin:
    """The messages of one member."""

    def __init__(self, incarnation: int) -> None:
        # P-20.5: nothing below the incarnation of its record.
        self._floor = incarnation
        self._highest: Optional[Tuple[int, int]] = None
        self._seen: Set[int] = set()

    def take(self, incarnation: int, counter: int) -> bool:
        """P-20.4: whether it is new; if so it is noted."""
        if incarnation < self._floor:
            return False
        if self._highest is None:
            self._begin(incarnation, counter)
            return True
        last, highest = self._highest
        is_near = abs(counter - highest) < rules.WINDOW
        if counter > highest:
            if incarnation < last:
                return False
            if is_near:
                self._highest = (incarnation, counter)
                self._seen.add(counter)
            else:
                self._floor = incarnation
                self._begin(incarnation, counter)
            return True
        if incarnation > last:
            self._floor = incarnation
            self._begin(incarnation, counter)
            return True
        if not is_near or counter in self._seen:
            return False
        self._seen.add(counter)
        return True

    def _begin(self, incarnation: int, counter: int) -> None:
        self._highest, self._seen = (incarnation, counter), {counter}


class Messaging:
    """A part of `Member`."""

    def begin_messaging(self) -> None:
        self._origins: Dict[str, Origin] = {}
        self._asked: List[Tuple[str, int]] = []
        self._introduced: Dict[str, int] = {}

    def _hear_message(self, one: Statement) -> None:
        if one.member == OWN:
            return
        origin = self._origins.setdefault(one.member, Origin(1))
        if one.is_forged:
            self._say("counts badSignature")
        elif not origin.take(one.incarnation, one.counter):
            self._say("counts duplicateMessage")
        else:
            self._say(f"delivers {one.member} {one.incarnation}/{one.counter}")
            if one.hops > 0:
                passed_on = one._replace(hops=one.hops - 1)
                self._spread(("user", one.member, f"{one.incarnation}/{one.counter}"), passed_on)

    # --- first contact ------------------------------------------------------------------------------------

    def unknown(self, source: str) -> None:
        """A frame of a boot that is in no record: once a second to one source, 50 a second in all."""
        self._say("counts unknownSender")
        self._asked = [(who, at) for who, at in self._asked if self.now - at < rules.S]
        if len(self._asked) < rules.QUESTIONS and all(who != source for who, _ in self._asked):
            self._asked.append((source, self.now))
            self._say(f"who {source}")

    def asked_who(self, name: str) -> None:
        """WHO about this boot, with a sequence that it has used: at most ten introductions a second."""
        last = self._introduced.get(name)
        if last is None or self.now - last >= rules.INTRODUCTION_PAUSE:
            self._introduced[name] = self.now
            self._say(f"introduction {name}")
