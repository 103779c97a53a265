"""The check of a sudden death: section 17 of Specs/Protocol.md."""

from typing import Dict, List, Optional, Tuple

from .text import MS, moment

EVEN_STEPS = 10
LONGEST_STEP = 1_000 * MS


class GoneCheck:
    """One check of one record. `proceed` says what is to be done at a moment, `moments` when to look again."""

    def __init__(self, is_watcher: bool, waits: bool, third: int, windows: int, accused: Optional[int], now: int) -> None:
        self.is_watcher, self.waits = is_watcher, waits
        # Incarnation and boot, where a member checks several.
        self.about: Tuple[int, int] = (0, 0)
        self.third, self.needed = third, 3 * windows
        self.accused = accused
        self.has_accused = self.is_over = self.is_wide = False
        self.begin(now)

    def begin(self, now: int) -> None:
        self.start = self._next = now
        self._steps = self.sent = 0
        self._enough: Optional[int] = None
        self.is_refused = False

    def note_accusation(self, now: int) -> None:
        self.accused = now if self.accused is None else self.accused

    def note_unsent(self) -> None:
        """P-17.8."""
        self._enough = None if self.sent == self.needed else self._enough
        self.sent = max(0, self.sent - 1)

    def widen(self) -> None:
        """P-17.11: many are accused."""
        if not self.is_wide:
            self.is_wide, self.needed = True, 2 * self.needed
            self._enough = self._enough if self.sent >= self.needed else None

    @property
    def wants_steps(self) -> bool:
        """P-17.5."""
        return self.sent < self.needed or not self.is_refused

    @property
    def accuses_at(self) -> Optional[int]:
        """P-17.3."""
        if not self.is_refused or self.has_accused or not self.is_watcher:
            return None
        if not self.waits:
            return self.start
        return self.start + self.third * self.needed if self.sent >= self.needed else None

    @property
    def dead_at(self) -> Optional[int]:
        """P-17.10."""
        if not self.is_refused or self.accused is None or self._enough is None:
            return None
        return max(max(self.start, self.accused) + self.third * self.needed, self._enough + self.third)

    @property
    def moments(self) -> List[int]:
        found = [self._next if self.wants_steps else None, self.accuses_at, self.dead_at]
        return [at for at in found if at is not None]

    def step(self, now: int) -> List[str]:
        """The due parts of P-17.5 and P-17.9: heartbeat, knock, relays, perhaps a probe, final check."""
        if self.is_over or now < self._next or not self.wants_steps:
            return []
        number = self._steps
        self._steps += 1
        self.sent += 1
        doublings = max(0, number - EVEN_STEPS + 1)
        self._next = now + min(self.third << min(doublings, 8), LONGEST_STEP)
        if self.sent == self.needed:
            self._enough = now
        words = ["heartbeat"]
        if not self.is_refused and (self.is_watcher or number > 0):
            words.append("knock")
        if self.is_watcher and number == 1:
            words.append("relays")
        if not self.is_watcher and not self.is_refused and number == self.needed:
            words.append("perhaps a probe")
        if self.is_refused and number == self.needed - 1:
            words.append("final check")
        return words


class Check:
    """A trace of one check."""

    def __init__(self, trace: Dict) -> None:
        occasion = trace["occasion"]
        self._check = GoneCheck(occasion != "hearsay", occasion == "refused opening", trace["window"] * MS // 3,
                                trace["windows"], 0 if occasion == "hearsay" else None, 0)
        self._inputs = [(at * MS, text) for at, text in trace["inputs"]]
        self._until = trace["until"] * MS
        self._lines: List[str] = []

    def run(self) -> List[str]:
        now: Optional[int] = 0
        while now is not None and now <= self._until and not self._check.is_over:
            while self._inputs and self._inputs[0][0] <= now:
                self._take(now, self._inputs.pop(0)[1])
            self._proceed(now)
            moments = [at for at in [*[at for at, _ in self._inputs[:1]], *self._check.moments] if at > now]
            now = min(moments, default=None)
        return self._lines

    def _say(self, now: int, text: str) -> None:
        self._lines.append(f"{moment(now)} {text}")

    def _take(self, now: int, text: str) -> None:
        words, check = text.split(), self._check
        if words[0] == "refused":
            check.is_refused = True
        elif words[0] == "accused":
            check.note_accusation(now)
        elif words[0] == "woke":
            check.begin(now)
        elif words[0] == "unsent":
            check.note_unsent()
        elif words[0] == "accepted" or words[0] == "answered" and int(words[-1]) * MS >= check.start:
            check.is_over = True
            self._say(now, "ends")

    def _proceed(self, now: int) -> None:
        check = self._check
        if check.is_over:
            return
        words = check.step(now)
        if words:
            self._say(now, ", ".join(words))
        if check.accuses_at is not None and now >= check.accuses_at:
            check.has_accused = True
            check.note_accusation(now)
            self._say(now, "accuses")
        if check.dead_at is not None and now >= check.dead_at:
            check.is_over = True
            self._say(now, "dead")
