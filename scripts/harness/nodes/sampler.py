"""Looks at every node of a run once a second, from outside, and keeps what it saw for the report.

Memory and processor time come from /proc. Datagrams and bytes are the counters of the node's own network
namespace, read through /proc as well, so that looking costs the node nothing; on loopback, where all share
one network, there are none.
"""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

from .measure import cpu_seconds, resident_bytes


@dataclass
class Series:
    """One node over time; the lists are of equal length, None where the system did not tell."""

    at: List[float] = field(default_factory=list)
    pid: List[int] = field(default_factory=list)
    resident: List[Optional[int]] = field(default_factory=list)
    cpu: List[Optional[float]] = field(default_factory=list)
    # Since the namespace was made, over restarts: UDP datagrams and IP bytes that it sent.
    datagrams: List[Optional[int]] = field(default_factory=list)
    octets: List[Optional[int]] = field(default_factory=list)

    def lives(self) -> List[Tuple[List[float], List[int]]]:
        """Times and memory of each process that bore the name."""
        found: List[Tuple[List[float], List[int]]] = []
        last = 0
        for at, pid, resident in zip(self.at, self.pid, self.resident):
            if resident is None:
                continue
            if pid != last:
                found.append(([], []))
                last = pid
            found[-1][0].append(at)
            found[-1][1].append(resident)
        return found


class Sampler:
    """Samples from a thread of its own until closed."""

    def __init__(
        self,
        pids: Callable[[], Dict[str, int]],
        clock: Callable[[], float],
        counters: bool,
        seconds: float = 1.0,
    ):
        """`pids`: the processes to look at by name; `counters`: whether each has its own network."""
        self.series: Dict[str, Series] = {}
        self._pids = pids
        self._clock = clock
        self._counters = counters
        self._seconds = seconds
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._sample_on, name="sampler", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """The series stay."""
        self._closing.set()
        self._thread.join(timeout=5)

    def sample(self) -> None:
        """One look at all."""
        for name, pid in self._pids().items():
            if pid == 0:
                continue
            seen = self.series.setdefault(name, Series())
            sent = sent_so_far(pid) if self._counters else (None, None)
            seen.at.append(self._clock())
            seen.pid.append(pid)
            seen.resident.append(resident_bytes(pid))
            seen.cpu.append(cpu_seconds(pid))
            seen.datagrams.append(sent[0])
            seen.octets.append(sent[1])

    def as_json(self, began: float) -> Dict[str, Any]:
        """For the report: times from the start of the run in milliseconds, the rest as counted."""
        return {
            name: {
                "at_ms": [round((at - began) * 1000) for at in seen.at],
                "rss_kib": [None if size is None else size // 1024 for size in seen.resident],
                "cpu_ms": [None if used is None else round(used * 1000, 1) for used in seen.cpu],
                "datagrams": seen.datagrams,
                "octets": seen.octets,
            }
            for name, seen in sorted(self.series.items())
        }

    def _sample_on(self) -> None:
        while not self._closing.wait(self._seconds):
            self.sample()


def sent_so_far(pid: int) -> Tuple[Optional[int], Optional[int]]:
    """UDP datagrams and IP bytes that the network of that process has sent."""
    return (
        _counter(Path(f"/proc/{pid}/net/snmp"), "Udp:", "OutDatagrams"),
        _counter(Path(f"/proc/{pid}/net/netstat"), "IpExt:", "OutOctets"),
    )


def _counter(path: Path, protocol: str, name: str) -> Optional[int]:
    """Of a file in which a line of names is followed by a line of values."""
    try:
        lines = [line.split() for line in path.read_text().splitlines() if line.startswith(protocol)]
        return int(lines[1][lines[0].index(name)])
    except (OSError, ValueError, IndexError):
        return None
