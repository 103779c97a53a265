"""Section 23 of Specs/Protocol.md: which seeds are called, and when they are looked up again."""

from typing import Dict, List, Set

from .text import some

ADDRESSES, CALLS = 256, 3
# Milliseconds.
LOOK_UP, FIRST_PAUSE, FIRST_BUSY_PAUSE, LONGEST_PAUSE = 15_000, 500, 100, 30_000


class Seeds:
    """A step is an input and what follows from it. Addresses and members have names."""

    def __init__(self) -> None:
        self._members_at: Dict[str, str] = {}
        self._own: Set[str] = set()
        self._is_missing_some = self._was_busy = False
        self._begin_again()

    def _begin_again(self) -> None:
        self._pause, self._busy_pause = FIRST_PAUSE, FIRST_BUSY_PAUSE

    def step(self, text: str) -> List[str]:
        words = text.split()
        if words[0] == "found":
            listed, _, living = text.partition("; living")
            return self._look(listed.split()[1:], set(living.split()))
        if words[0] == "many":
            return self._look([f"s{number}" for number in range(int(words[1]))], set())
        if words[0] == "rest":
            return [self._rest()]
        if words[0] == "joined":
            self._members_at[words[2]] = words[1]
        elif words[0] == "itself":
            self._own.add(words[1])
        elif words[0] == "busy":
            self._was_busy = True
        elif words[0] == "alone":
            self._begin_again()
        else:
            self._is_missing_some, self._was_busy = True, False
        return []

    def _look(self, listed: List[str], living: Set[str]) -> List[str]:
        """P-23.1 and P-23.2. A living member has the address that has its name."""
        missing = [seed for seed in dict.fromkeys(listed[:ADDRESSES])
                   if seed not in living and seed not in self._own and self._members_at.get(seed) not in living]
        self._is_missing_some, self._was_busy = bool(missing), False
        if len(missing) > 10:
            return [f"calls: {CALLS} of {len(missing)}"]
        return [f"calls: {some(CALLS, missing)}"] if missing else []

    def _rest(self) -> str:
        """P-23.3: until the next look-up, in milliseconds."""
        if not self._is_missing_some:
            self._begin_again()
            return f"again after {LOOK_UP * 4 // 5}..{LOOK_UP * 6 // 5}"
        if self._was_busy:
            pause, share = self._busy_pause, 50
            self._busy_pause = min(2 * pause, LONGEST_PAUSE)
        else:
            pause, share = self._pause, 20
            self._pause, self._busy_pause = min(2 * pause, LONGEST_PAUSE), FIRST_BUSY_PAUSE
        earliest = min(pause * (100 - share) // 100, LOOK_UP * 4 // 5)
        latest = min(pause * (100 + share) // 100, LOOK_UP * 6 // 5)
        return f"again after {earliest}..{latest}"
