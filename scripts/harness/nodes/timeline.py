"""All events of all nodes in the order in which they reached us, and what each node believes.

One thread records (the follower of the logs), another asks and waits (the scenario). A wait ends
when its condition holds or its time is over, whichever is first. How long something took is read off
the stamps of the events, never off the moment at which a wait returned.
"""

import bisect
import threading
import time
from dataclasses import dataclass
from typing import Callable, Dict, FrozenSet, Iterable, List, Optional, Set, Tuple, Union

from .events import Event, Ready


_BURST_SECONDS = 0.01


@dataclass(frozen=True)
class Belief:
    """One node's belief about one member, and since when (our clock)."""

    state: str
    incarnation: int
    since: float


class Timeline:
    """Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self._changed = threading.Condition()
        self._events: List[Event] = []
        self._stamps: List[float] = []
        # By observer; then by the member's name and id, for a name may have had several bearers.
        self._beliefs: Dict[str, Dict[Tuple[str, str], Belief]] = {}
        self._alive: Dict[str, Set[Tuple[str, str]]] = {}
        self._ready: Dict[str, Ready] = {}
        self._ready_at: Dict[str, float] = {}

    # --- recording --------------------------------------------------------------------------------

    def record(self, observer: str, item: Union[Ready, Event]) -> None:
        """Adds what `observer` has just written."""
        with self._changed:
            if isinstance(item, Ready):
                self._ready[observer] = item
                self._ready_at[observer] = self.clock()
            else:
                self._events.append(item)
                self._stamps.append(item.at)
                self._learn(item)
            self._changed.notify_all()

    def _learn(self, event: Event) -> None:
        if event.state is None and event.kind != "removed":
            # A message, or a statement that is never taken back: no member's state has changed.
            return
        beliefs = self._beliefs.setdefault(event.observer, {})
        alive = self._alive.setdefault(event.observer, set())
        bearer = (event.member, event.id)
        alive.discard(bearer)
        if event.kind == "removed":
            beliefs.pop(bearer, None)
        else:
            beliefs[bearer] = Belief(event.state, event.incarnation, event.at)
            if event.state == "alive":
                alive.add(bearer)

    def started_anew(self, observer: str) -> None:
        """A new process of that name begins: what the old one believed is gone with it."""
        with self._changed:
            self._beliefs[observer] = {}
            self._alive[observer] = set()
            self._ready.pop(observer, None)

    def wake(self) -> None:
        """Has every waiting condition looked at again: something other than an event happened."""
        with self._changed:
            self._changed.notify_all()

    # --- asking -----------------------------------------------------------------------------------

    def ready(self, observer: str) -> Optional[Ready]:
        """The ready line of the process now running under that name."""
        with self._changed:
            return self._ready.get(observer)

    def ready_at(self, observer: str) -> Optional[float]:
        """When the process now running under that name said that it is ready."""
        with self._changed:
            return self._ready_at.get(observer) if observer in self._ready else None

    def belief(self, observer: str, member: str) -> Optional[Belief]:
        """The belief of `observer` about `member` now: about the living member with that name, or the one
        it last heard of."""
        return self.beliefs(observer).get(member)

    def beliefs(self, observer: str) -> Dict[str, Belief]:
        """Everything `observer` holds now, by name."""
        with self._changed:
            held = list(self._beliefs.get(observer, {}).items())
        held.sort(key=lambda entry: (entry[1].state == "alive", entry[1].since))
        return {name: belief for (name, _), belief in held}

    def alive(self, observer: str) -> FrozenSet[str]:
        """The members that `observer` holds alive, itself included."""
        with self._changed:
            return frozenset(name for name, _ in self._alive.get(observer, ()))

    def events(
        self,
        since: float,
        kinds: Optional[Iterable[str]] = None,
        observers: Optional[Iterable[str]] = None,
        members: Optional[Iterable[str]] = None,
    ) -> List[Event]:
        """The events at `since` or later that are of one of these kinds, observers and members."""
        wanted = [None if some is None else set(some) for some in (kinds, observers, members)]
        with self._changed:
            # One thread stamps and records, so the stamps only grow.
            recent = self._events[bisect.bisect_left(self._stamps, since) :]
        return [
            event
            for event in recent
            if all(
                some is None or value in some
                for some, value in zip(wanted, (event.kind, event.observer, event.member))
            )
        ]

    def first(self, observer: str, member: str, kind: str, since: float) -> Optional[Event]:
        """The first time since then that `observer` said `kind` of `member`."""
        found = self.events(since, [kind], [observer], [member])
        return found[0] if found else None

    # --- waiting ----------------------------------------------------------------------------------

    def wait_until(self, condition: Callable[[], bool], until: float, tick: float = 0.1) -> bool:
        """Waits until the condition holds or `clock()` reaches `until`; says whether it held.

        The condition is asked after every burst of events and at least every `tick` seconds.
        """
        while True:
            if condition():
                return True
            with self._changed:
                remaining = until - self.clock()
                if remaining <= 0:
                    return False
                woken = self._changed.wait(min(tick, remaining))
            if woken:
                # Sixty nodes that meet say four thousand things at once, and need the processor.
                time.sleep(min(_BURST_SECONDS, remaining))
