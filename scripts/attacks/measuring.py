"""The measurements of attacks: durations, and the resources that a node used meanwhile."""

import threading
import time
from typing import Callable, Dict, List, Optional

from .target import Target


def seconds_until(condition: Callable[[], bool], longest: float) -> Optional[float]:
    """None if it does not come to that."""
    began = time.monotonic()
    while time.monotonic() - began < longest:
        try:
            if condition():
                return time.monotonic() - began
        except (OSError, ValueError, KeyError):
            # A node that is too busy to answer has not said yes.
            pass
        time.sleep(0.02)
    return None


def in_words(seconds: Optional[float], longest: float) -> str:
    return f"not within {longest:g} s" if seconds is None else f"{seconds:.2f} s"


def status_seconds(target: Target, name: str) -> Optional[float]:
    """How long that command takes; None if there is no answer in half a minute."""
    began = time.monotonic()
    try:
        target.status(name)
    except TimeoutError:
        return None
    return time.monotonic() - began


def death_noticed(target: Target, victim: str, observers: List[str], longest: float) -> Dict[str, Optional[float]]:
    """Kills it; how long each of the others takes to declare it dead, by its own events."""
    before = {name: _failures(target, name, victim) for name in observers}
    target.kill(victim)
    began, found = time.monotonic(), {}
    while len(found) < len(observers) and time.monotonic() - began < longest:
        for name in observers:
            if name not in found and _failures(target, name, victim) > before[name]:
                found[name] = time.monotonic() - began
        time.sleep(0.05)
    return {name: found.get(name) for name in observers}


def _failures(target: Target, observer: str, name: str) -> int:
    return sum(event.get("event") == "failed" and event.get("member") == name
               for event in target.events(observer))


def slowest(found: Dict[str, Optional[float]]) -> Optional[float]:
    """None if one never noticed."""
    times = list(found.values())
    return None if None in times else max(times)


class Paced:
    """Does something so many times a second, beside what else goes on, until it is left."""

    def __init__(self, what: Callable[[int], None], per_second: float):
        self._what, self._per_second = what, per_second
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.count = 0
        self._began = self._ended = time.monotonic()

    def __enter__(self) -> "Paced":
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ends.set()
        self._thread.join(10)
        self._ended = time.monotonic()

    @property
    def rate(self) -> float:
        """The measured rate: this machine may be too slow for more."""
        return self.count / max(0.001, self._ended - self._began)

    def _run(self) -> None:
        began = time.monotonic()
        while not self._ends.is_set():
            due = int((time.monotonic() - began) * self._per_second)
            while self.count < due and not self._ends.is_set():
                self._what(self.count)
                self.count += 1
            self._ends.wait(0.005)
