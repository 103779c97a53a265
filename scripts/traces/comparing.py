"""Section 21 of Specs/Protocol.md: when to compare views, and with which member."""

from typing import Dict, List, Optional, Tuple

from . import rules


class Comparing:
    """A part of `Member`."""

    def begin_comparing(self) -> None:
        self.changed_at = self.now
        # The member, since when, and P.
        self._pending: Optional[Tuple[str, int, int]] = None
        self._differing: Dict[str, bool] = {}
        # How long the last rest was, how often the view had changed then, and its end.
        self._rests: Dict[str, Tuple[int, int, int]] = {}
        self._synced_at: Optional[int] = None
        self._open_syncs: List[int] = []
        self._changes = 0

    def note_change(self) -> None:
        """The view hash is another one."""
        self.changed_at = self.now
        self._changes += 1

    def note_view(self, name: str, is_different: bool) -> None:
        """P-21.1: a member shows its view hash."""
        self._differing[name] = is_different
        if not is_different:
            if self._pending and self._pending[0] == name:
                self._pending = None
            self._rests.pop(name, None)
            return
        is_resting = name in self._rests and self.now < self._rests[name][2]
        if self._pending is None and not is_resting:
            patience = (0 if self.entries[name].state == "dead"
                        else rules.QUIET_WHILE_JOINING if self._join
                        else rules.QUIET_AFTER_GONE if self._has_fresh_death else rules.QUIET)
            self._pending = (name, self.now, patience)
            self._timers.set("sync", "", self.now + patience)

    def _timer_sync(self, _: str) -> None:
        """P-21.2 and P-21.3."""
        if self._pending is None:
            return
        name, since, patience = self._pending
        if self.entries[name].state == "left" or not self._differing[name]:
            self._pending = None
            return
        quiet = min(self.changed_at + patience, since + min(rules.LONGEST_QUIET, 3 * patience))
        self._open_syncs = [end for end in self._open_syncs if self.now < end]
        if self.now < quiet:
            self._timers.set("sync", "", quiet)
        elif self._synced_at is not None and len(self._open_syncs) >= rules.SYNCS:
            self._timers.set("sync", "", self.now + rules.S)
        elif self._synced_at is not None and self.now - self._synced_at < patience:
            self._timers.set("sync", "", self._synced_at + patience)
        else:
            self._sync(name, patience)

    def _sync(self, name: str, patience: int) -> None:
        self._pending = None
        self._synced_at = self.now
        self._open_syncs.append(self.now + rules.STREAM_PATIENCE)
        rest = patience
        if name in self._rests and self._rests[name][1] == self._changes:
            rest = min(max(2 * self._rests[name][0], rules.S), rules.LONGEST_REST)
        self._rests[name] = (rest, self._changes, self.now + rest)
        self._open_stream(name, "sync", rules.STREAM_PATIENCE)
