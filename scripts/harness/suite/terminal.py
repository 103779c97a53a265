"""The lines a person reads: one per verdict, and on a terminal a live line while something is awaited."""

import os
import sys
import time
from typing import Callable, List, Optional, TextIO

from ..run.verdict import Verdict

_COLORS = {"PASS": "32", "FAIL": "31;1", "SKIP": "33", "OPEN": "33"}


class Terminal:
    """Writes to one stream. The clock of the lines starts with `restart_clock`."""

    def __init__(self, stream: TextIO = sys.stdout, clock: Callable[[], float] = time.monotonic):
        self._stream = stream
        self._clock = clock
        self._began = clock()
        self._live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._color = self._live and "NO_COLOR" not in os.environ
        self._shown = ""
        self._title = ""

    def restart_clock(self) -> None:
        """Lines count from now on."""
        self._began = self._clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the clock was started."""
        return self._clock() - self._began

    def line(self, text: str) -> None:
        """A line that stays."""
        self._erase()
        self._stream.write(text + "\n")
        self._stream.flush()

    def stamped(self, text: str) -> None:
        """A line with the time in front."""
        self.line(f"[{self.elapsed:4.1f}s] {text}")

    def verdict(self, verdict: Verdict) -> None:
        """The line of a scenario."""
        word = verdict.word
        shown = f"\x1b[{_COLORS[word]}m{word}\x1b[0m" if self._color else word
        self.stamped(verdict_text(verdict, shown))

    def details(self, lines: List[str]) -> None:
        """Indented lines that belong to the line before."""
        for line in lines:
            self.line(f"        {line}")

    def doing(self, title: str) -> None:
        """Names what `progress` is about."""
        self._title = title

    def progress(self, text: str) -> None:
        """A line that the next one replaces; nothing where that cannot be."""
        if not self._live:
            return
        shown = f"[{self.elapsed:4.1f}s] {self._title:<10} {text}"[:100]
        if shown != self._shown:
            self._stream.write("\r\x1b[K" + shown)
            self._stream.flush()
            self._shown = shown

    def _erase(self) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._shown = ""


def verdict_text(verdict: Verdict, word: Optional[str] = None) -> str:
    """`kill n4    4/4 saw dead                  2.1 s   (limit 8 s)    PASS   suspect after 1.2 s`."""
    text = f"{verdict.title:<10} {verdict.outcome}"
    if verdict.seconds is not None or verdict.limit is not None:
        took = "never" if verdict.seconds is None else duration(verdict.seconds)
        limit = "" if verdict.limit is None else f"(limit {verdict.limit:g} s)"
        text = f"{text:<40} {took:<7} {limit}"
    text = f"{text:<63} {word or verdict.word}"
    return f"{text}   {verdict.note}" if verdict.note else text


def duration(seconds: float) -> str:
    """`2.1 s`, `0.04 s`: two digits are enough to compare."""
    return f"{seconds:.2f} s" if seconds < 0.095 else f"{seconds:.1f} s"
