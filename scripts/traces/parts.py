"""The memory of a member: probes, entries, timers, and requests to the world."""

from typing import Dict, List, NamedTuple, Optional, Tuple

from . import rules
from .rules import RoundTrips
from .text import Statement, base

OWN = "own"


class Probe:
    """Section 6: one probe under way."""

    def __init__(self, incarnation: int, t1: int, was_answering: bool, is_of_dead: bool) -> None:
        self.incarnation, self.t1, self.t2 = incarnation, t1, rules.indirect_timeout(t1)
        self.was_answering, self.is_of_dead = was_answering, is_of_dead
        self.stage = "direct"
        self.rounds = 0
        self.relays = 0
        self.no_answers = 0


class Entry:
    """One other member: the present record, the state, and all that is noted from speaking with it."""

    def __init__(self, now: int, record: str) -> None:
        self.incarnation, self.record = 1, record
        self.state = "alive"
        self.since = now
        # Whether a tombstone travels in lists (P-34.1).
        self.is_shared = True
        self.newest_degraded: Tuple[int, int] = (0, 0)
        self.forget_contact()

    def forget_contact(self) -> None:
        """P-3.18: all that was noted from speaking with the member."""
        self.last_answer: Optional[int] = None
        self.round_trips = RoundTrips()
        self.slow_until = 0
        self.corrected: Optional[int] = None
        self.tcp_only = 0
        # Section 12.
        self.is_new, self.is_unanswering = True, False
        self.has_answered = self.has_answered_since_death = self.has_revived_by_word = False
        self.words = 0
        self.claim: Optional[Statement] = None
        self.claimed_at: Optional[int] = None
        self.is_reported = False

    def note_move(self) -> None:
        """P-12.1: another address under the same boot."""
        self.has_answered = self.has_answered_since_death = self.is_new = False
        self.is_unanswering = True

    @property
    def is_word_spent(self) -> bool:
        return self.is_unanswering and self.words >= rules.WORDS

    @property
    def is_living(self) -> bool:
        return self.state in ("alive", "suspect")

    @property
    def address(self) -> str:
        """Each member has its own address, and another one where its record says so."""
        return base(self.record) + ("+address" if "+address" in self.record else "")


class Timers:
    """One timer for each purpose and member. Of a moment that is chance, the earliest is set, and the slack after it."""

    def __init__(self) -> None:
        self._set: Dict[Tuple[str, str], Tuple[int, int]] = {}
        self._slack: Dict[Tuple[str, str], int] = {}
        self._serial = 0
        # That of the present moment: what follows from chance is chance as well.
        self.slack_now = 0

    @property
    def moments(self) -> List[int]:
        return [at for at, _ in self._set.values()]

    def set(self, purpose: str, name: str, at: int, slack: Optional[int] = None) -> None:
        self._serial += 1
        self._set[purpose, name] = (at, self._serial)
        self._slack[purpose, name] = self.slack_now if slack is None else slack

    def slack(self, purpose: Tuple[str, str]) -> int:
        return self._slack[purpose]

    def set_no_later(self, purpose: str, name: str, at: int, slack: Optional[int] = None) -> None:
        if (purpose, name) not in self._set or self._set[purpose, name][0] > at:
            self.set(purpose, name, at, slack)

    def cancel(self, purpose: str, name: str) -> None:
        self._set.pop((purpose, name), None)

    def take_due(self, now: int) -> Optional[Tuple[str, str]]:
        """P-4.3: of one moment, in the order in which they were set."""
        due = min(((*when, purpose) for purpose, when in self._set.items() if when[0] <= now), default=None)
        if due is not None:
            del self._set[due[2]]
        return due[2] if due else None


class Want(NamedTuple):
    """A request to the world."""

    kind: str
    member: str
    # When it must be answered, of a request to a relay.
    within: int = 0
    # Of a heartbeat for another member: which.
    relay: str = ""
    is_farewell: bool = False
    is_introduction: bool = False
    # Of a heartbeat.
    number: int = 0
