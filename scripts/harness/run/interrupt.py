"""Signals to the harness, turned into exceptions at moments where that does no harm.

Ctrl-C, a request to end, a hang-up and the end of `--timeout` all unwind the main thread, so that
each `finally` on the way ends what it started. While a process is being started they wait: one that
ran but was not yet noted down would stay behind.
"""

import contextlib
import signal
from typing import Iterator, Optional


class Interrupted(BaseException):
    """The run was ended from outside."""

    def __init__(self, number: int):
        super().__init__(signal.Signals(number).name)
        self.number = number

    @property
    def exit_status(self) -> int:
        """The status that a shell shows for a process that the signal ended."""
        return 128 + self.number


class OutOfTime(Exception):
    """`--timeout` is over."""


class Interrupts:
    """The handlers of one run; used by the main thread."""

    _ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self._holding = 0
        self._pending: Optional[int] = None
        self._ignoring = False
        for number in self._ending + (signal.SIGALRM,):
            signal.signal(number, self._handle)

    def set_timeout(self, seconds: float) -> None:
        """From now on; 0: none."""
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def ignore(self) -> None:
        """For cleaning up, which is bounded by itself: nothing interrupts it."""
        self._ignoring = True
        signal.setitimer(signal.ITIMER_REAL, 0)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Signals that come in the meantime are delivered at the end."""
        self._holding += 1
        try:
            yield
        finally:
            self._holding -= 1
            if self._holding == 0 and self._pending is not None:
                number, self._pending = self._pending, None
                self._handle(number, None)

    def _handle(self, number: int, frame: object) -> None:
        if self._ignoring:
            return
        if self._holding > 0:
            self._pending = number
        elif number == signal.SIGALRM:
            raise OutOfTime()
        else:
            raise Interrupted(number)
