"""The check of a sudden death: section 17 of Specs/Protocol.md."""

from typing import Dict, List, Optional

from .text import MS, moment

EVEN_STEPS = 10
LONGEST_STEP = 1_000 * MS


class Check:
    def __init__(self, trace: Dict) -> None:
        self._is_watcher = trace["occasion"] != "hearsay"
        self._waits = trace["occasion"] == "refused opening"
        self._third = trace["window"] * MS // 3
        self._needed = 3 * trace["windows"]
        self._accused: Optional[int] = None if self._is_watcher else 0
        self._has_accused = False
        self._is_over = False
        self._inputs = [(at * MS, text) for at, text in trace["inputs"]]
        self._until = trace["until"] * MS
        self._lines: List[str] = []
        self._begin(0)

    def _begin(self, now: int) -> None:
        self._start = self._next = now
        self._steps = self._sent = 0
        self._enough: Optional[int] = None
        self._is_refused = False

    def run(self) -> List[str]:
        now: Optional[int] = 0
        while now is not None and now <= self._until and not self._is_over:
            while self._inputs and self._inputs[0][0] <= now:
                self._take(now, self._inputs.pop(0)[1])
            self._proceed(now)
            moments = [at for at in [*[at for at, _ in self._inputs[:1]], *self._moments()] if at > now]
            now = min(moments, default=None)
        return self._lines

    def _say(self, now: int, text: str) -> None:
        self._lines.append(f"{moment(now)} {text}")

    def _take(self, now: int, text: str) -> None:
        words = text.split()
        if words[0] == "refused":
            self._is_refused = True
        elif words[0] == "accused":
            self._accused = now if self._accused is None else self._accused
        elif words[0] == "woke":
            self._begin(now)
        elif words[0] == "unsent":
            self._enough = None if self._sent == self._needed else self._enough
            self._sent -= 1
        elif words[0] == "accepted" or words[0] == "answered" and int(words[-1]) * MS >= self._start:
            self._is_over = True
            self._say(now, "ends")

    def _wants_steps(self) -> bool:
        """P-17.5."""
        return self._sent < self._needed or not self._is_refused

    def _accuses_at(self) -> Optional[int]:
        """P-17.3."""
        if not self._is_refused or self._has_accused or not self._is_watcher:
            return None
        if not self._waits:
            return self._start
        return self._start + self._third * self._needed if self._sent >= self._needed else None

    def _dead_at(self) -> Optional[int]:
        """P-17.10."""
        if not self._is_refused or self._accused is None or self._enough is None:
            return None
        return max(max(self._start, self._accused) + self._third * self._needed, self._enough + self._third)

    def _moments(self) -> List[int]:
        found = [self._next if self._wants_steps() else None, self._accuses_at(), self._dead_at()]
        return [at for at in found if at is not None]

    def _proceed(self, now: int) -> None:
        if self._is_over:
            return
        if now >= self._next and self._wants_steps():
            self._step(now)
        accuses = self._accuses_at()
        if accuses is not None and now >= accuses:
            self._has_accused = True
            self._accused = now if self._accused is None else self._accused
            self._say(now, "accuses")
        dead = self._dead_at()
        if dead is not None and now >= dead:
            self._is_over = True
            self._say(now, "dead")

    def _step(self, now: int) -> None:
        number = self._steps
        self._steps += 1
        self._sent += 1
        doublings = max(0, number - EVEN_STEPS + 1)
        self._next = now + min(self._third << min(doublings, 8), LONGEST_STEP)
        if self._sent == self._needed:
            self._enough = now
        words = ["heartbeat"]
        if not self._is_refused and (self._is_watcher or number > 0):
            words.append("knock")
        if self._is_watcher and number == 1:
            words.append("relays")
        if not self._is_watcher and not self._is_refused and number == self._needed:
            words.append("perhaps a probe")
        if self._is_refused and number == self._needed - 1:
            words.append("final check")
        self._say(now, ", ".join(words))
