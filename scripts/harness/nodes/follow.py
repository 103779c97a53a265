"""Reads the logs of the nodes as they grow and stamps each line with our own clock.

A log is a plain file and not a pipe, for two reasons: a node may outlive the harness, and a harness
that is slow can never hold up a node that writes. On Linux the kernel says which file has grown
(inotify), so a stamp is late by a thread switch; elsewhere the files are looked at every 5 ms.
"""

import contextlib
import ctypes
import os
import select
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Set

from .events import parse_line
from .timeline import Timeline

_IN_MODIFY = 0x00000002
_NOTICE = struct.Struct("iIII")
_POLL_SECONDS = 0.005
_SAFETY_SECONDS = 0.25
_PRIORITY = -10


class _Tail:
    """One log and how far it has been read."""

    def __init__(self, name: str, path: Path):
        self.name = name
        self.descriptor = os.open(path, os.O_RDONLY)
        self.partial = b""

    def new_lines(self) -> Iterator[bytes]:
        """The complete lines that were added since the last call."""
        while True:
            chunk = os.read(self.descriptor, 1 << 16)
            if not chunk:
                return
            *lines, self.partial = (self.partial + chunk).split(b"\n")
            yield from lines


class LogFollower:
    """Feeds a timeline from a separate thread, until closed."""

    def __init__(self, timeline: Timeline, parse: Callable[[bytes, str, float], Any] = parse_line):
        """`parse`: what a line of a node, read at that time, says."""
        self._timeline = timeline
        self._parse = parse
        self._lock = threading.Lock()
        self._tails: Dict[str, _Tail] = {}
        self._closing = False
        self._watch = _Watch.make()
        self._thread = threading.Thread(target=self._follow, name="log follower", daemon=True)
        self._thread.start()

    def add(self, name: str, path: Path) -> None:
        """Follows that file from its beginning as the log of node `name`; once is enough."""
        with self._lock:
            if name in self._tails:
                return
            self._tails[name] = _Tail(name, path)
            if self._watch is not None:
                self._watch.add(name, path)

    def catch_up(self) -> None:
        """Returns when everything written before the call has been read."""
        with self._lock:
            self._read(self._tails)

    def close(self) -> None:
        """Stops the thread; the files stay."""
        self._closing = True
        self._thread.join(timeout=2)
        with self._lock:
            for tail in self._tails.values():
                os.close(tail.descriptor)
            self._tails.clear()
        if self._watch is not None:
            self._watch.close()

    def _follow(self) -> None:
        # On a busy machine a stamp would be as late as we are. This concerns this thread alone (on Linux
        # each has its own), costs next to nothing, and takes root; without, stamps are what they are.
        with contextlib.suppress(OSError):
            if self._watch is not None:
                os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
        while not self._closing:
            if self._watch is not None:
                grown = self._watch.wait(_SAFETY_SECONDS)
            else:
                time.sleep(_POLL_SECONDS)
                grown = None
            with self._lock:
                self._read(grown or list(self._tails))

    def _read(self, names: Iterable[str]) -> None:
        for tail in [self._tails[name] for name in names]:
            for line in tail.new_lines():
                item = self._parse(line, tail.name, self._timeline.clock())
                if item is not None:
                    self._timeline.record(tail.name, item)


class _Watch:
    """The kernel's word that one of some files has grown."""

    def __init__(self, descriptor: int, add_watch: Callable[[int, bytes, int], int]):
        self._descriptor = descriptor
        self._add_watch = add_watch
        self._names: Dict[int, str] = {}
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    @classmethod
    def make(cls) -> Optional["_Watch"]:
        """None where there is no inotify, or no watch left to give."""
        if not sys.platform.startswith("linux"):
            return None
        libc = ctypes.CDLL(None, use_errno=True)
        descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        return None if descriptor < 0 else cls(descriptor, libc.inotify_add_watch)

    def add(self, name: str, path: Path) -> None:
        """A file that cannot be watched is still read every quarter of a second."""
        self._names[self._add_watch(self._descriptor, os.fsencode(path), _IN_MODIFY)] = name

    def wait(self, seconds: float) -> Set[str]:
        """The files that have grown since the last call; none when that time is over."""
        if not self._poll.poll(seconds * 1000):
            return set()
        notices = os.read(self._descriptor, 64 * _NOTICE.size)
        # A notice about a file carries no name after it, so all are of one size.
        watches = {watch for watch, _, _, _ in _NOTICE.iter_unpack(notices)}
        return {self._names[watch] for watch in watches if watch in self._names}

    def close(self) -> None:
        """The thread must have ended."""
        os.close(self._descriptor)
