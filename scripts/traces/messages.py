"""Section 20 of Specs/Protocol.md: which messages are new; and first contact, section 2 of Specs/Wire.md."""

import copy
from typing import Dict, List, Optional, Set, Tuple

from . import rules
from .parts import OWN, Want
from .rules import Bucket
from .text import Statement, mix


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

    @property
    def highest(self) -> Optional[Tuple[int, int]]:
        return self._highest

    def note_listed(self, incarnation: int, counter: int) -> None:
        """P-20.6: a list says so, and nothing up to there is new."""
        if self._highest is None:
            self._floor, self._highest = incarnation, (incarnation, counter)
            self._seen = set(range(counter - rules.WINDOW + 1, counter + 1))

    def _begin(self, incarnation: int, counter: int) -> None:
        self._highest, self._seen = (incarnation, counter), {counter}


class Messaging:
    """A part of `Member`."""

    def begin_messaging(self) -> None:
        # Messages to this member alone: of all, and of each sender.
        self._written = Bucket(rules.MESSAGES, 2 * rules.MESSAGES, self.now)
        self._written_by: Dict[str, Bucket] = {}
        # P-20.2: the counter of the next message.
        self._counter = mix(self._boots[OWN]) % (1 << 32) >> 1
        self._origins: Dict[str, Origin] = {}
        self._asked: List[Tuple[str, int]] = []
        self._introduced: Dict[str, int] = {}

    def _begin_messages(self, name: str, incarnation: int, is_over: bool) -> None:
        """P-20.5."""
        self._origins[name] = Origin(incarnation + is_over)

    def _note_heard(self, one: Statement) -> None:
        """P-20.6."""
        entry = self.entries.get(one.member)
        if entry and one.incarnation <= entry.incarnation:
            self._origins.setdefault(one.member, Origin(1)).note_listed(one.incarnation, one.counter)

    def _hear_message(self, one: Statement) -> None:
        if one.member == OWN:
            return
        if one.member not in self.entries:
            return self._say("counts unknownTarget")
        if self._awaits_list() and not self._has_first_list:
            return self._say("counts aheadOfUs")
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

    def broadcast(self) -> None:
        """P-20.2 and P-20.3: a message of the application to all."""
        one = Statement("user", OWN, self.incarnation, counter=self._counter, hops=rules.MESSAGE_HOPS)
        self._counter += 1
        self._spread(("user", OWN, f"{one.incarnation}/{one.counter}"), one)

    def _is_new_message(self, one: Statement) -> bool:
        origin = self._origins.get(one.member)
        return origin is None or copy.deepcopy(origin).take(one.incarnation, one.counter)

    # --- section 19 -----------------------------------------------------------------------------------------------

    def write_to(self, name: str) -> None:
        """P-19.1."""
        if self.entries[name].is_living and self._may_send(name):
            self._say(f"message to {name}")

    def written_to(self, sender: str) -> None:
        """P-19.3."""
        if not self.entries[sender].is_living:
            self._say("counts messageOfGone")
        elif (self._written_by.setdefault(sender, Bucket(rules.MESSAGES_OF_ONE, 2 * rules.MESSAGES_OF_ONE, self.now))
              .take(self.now) and self._written.take(self.now)):
            self._say(f"message of {sender}")
        else:
            self._say("counts messageRate")

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
            if self._introduce(name):
                self._say(f"introductions: {name}")

    def _introduce(self, name: str) -> bool:
        """A heartbeat under the cluster key, with the record of this member and no rumors."""
        if not self._may_send(name):
            return False
        self._number += 1
        self._open[self._number] = (name, self.entries[name].record, self.now)
        self.wants.append(Want("heartbeat", name, number=self._number, is_introduction=True))
        return True
