"""P-32.2 of Specs/Protocol.md: when to call a member for keys."""

from typing import Dict, Optional, Tuple

from . import rules


class ComparingKeys:
    """A part of `Member`."""

    def begin_comparing_keys(self) -> None:
        self._pending_keys: Optional[str] = None
        self._other_keys: Dict[str, bool] = {}
        # When a member may be called again, and how long that was to wait.
        self._key_rests: Dict[str, Tuple[int, int]] = {}
        self._next_keys = 0
        # Members that used a retired key, and when they were called for it.
        self._behind: Dict[str, int] = {}

    def note_keyring(self, name: str, is_different: bool) -> None:
        self._other_keys[name] = is_different
        if not is_different:
            self._key_rests.pop(name, None)
            if self._pending_keys == name:
                self._pending_keys = None
            return
        is_resting = name in self._key_rests and self.now < self._key_rests[name][0]
        if self._pending_keys is None and not is_resting:
            self._pending_keys = name
            pause = rules.QUIET_WHILE_JOINING if self._join or self._awaits_list() else rules.S
            self._timers.set("keys", "", max(self.now + pause, self._next_keys))

    def behind(self, name: str) -> None:
        """P-32.10: a datagram of that boot under a retired key."""
        self._behind = {other: at for other, at in self._behind.items() if self.now - at < rules.KEYS_PATIENCE}
        is_resting = name in self._behind and self.now - self._behind[name] < rules.BEHIND_PAUSE
        if not is_resting and len(self._behind) < rules.BEHIND:
            self._behind[name] = self.now
            self._open_stream(name, "keys", rules.KEYS_PATIENCE)

    def _timer_keys(self, _: str) -> None:
        name, self._pending_keys = self._pending_keys, None
        if name is None or not self._other_keys[name] or self.entries[name].state == "left":
            return
        pause = min(2 * self._key_rests[name][1], rules.LONGEST_KEYS) if name in self._key_rests else rules.S
        self._key_rests[name] = (self.now + pause, pause)
        self._next_keys = self.now + rules.S
        self._open_stream(name, "keys", rules.KEYS_PATIENCE)
