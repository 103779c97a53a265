"""The cost of a node, measured from outside: memory and processor time from the system, datagrams from
the node's own counters (`iridium status --json`).

Where the system does not tell (there is no /proc on macOS), the figure is None and printed as "-".
"""

import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional

from ..run.verdict import median

# IPv4 and UDP headers: counters hold payloads, a wire holds these too.
HEADER_BYTES = 28
_CLOCK_OF_SCHEDULER = 2


@dataclass(frozen=True)
class Sample:
    """One node at one moment."""

    at: float
    cpu_seconds: Optional[float]
    resident_bytes: Optional[int]
    proportional_bytes: Optional[int]
    datagrams_out: int
    bytes_out: int
    datagrams_in: int
    bytes_in: int


@dataclass(frozen=True)
class Figures:
    """One node over a window of time."""

    node: str
    window_seconds: float
    resident_mebibytes: Optional[float]
    proportional_mebibytes: Optional[float]
    cpu_seconds_per_minute: Optional[float]
    datagrams_per_second: float
    bytes_per_second: float

    @property
    def wire_bytes_per_second(self) -> float:
        """Sent, with IP and UDP headers."""
        return self.bytes_per_second + self.datagrams_per_second * HEADER_BYTES

    def as_json(self) -> Dict[str, Any]:
        """For the report."""
        return {
            "node": self.node,
            "window_ms": round(self.window_seconds * 1000, 1),
            "rss_mib": rounded(self.resident_mebibytes, 2),
            "pss_mib": rounded(self.proportional_mebibytes, 2),
            "cpu_s_per_minute": rounded(self.cpu_seconds_per_minute, 4),
            "udp_sent_datagrams_per_s": round(self.datagrams_per_second, 2),
            "udp_sent_payload_bytes_per_s": round(self.bytes_per_second, 1),
            "udp_sent_wire_bytes_per_s": round(self.wire_bytes_per_second, 1),
        }


def sample(pid: int, traffic: Dict[str, Any], at: float, cpu: Optional[float]) -> Sample:
    """That process now, with the counters it reports and its processor time.

    The processor time is the caller's to take, on the side of the question for the counters that
    leaves the cost of the answer out of the window.
    """
    return Sample(
        at=at,
        cpu_seconds=cpu,
        resident_bytes=_memory(Path(f"/proc/{pid}/status"), "VmRSS:"),
        proportional_bytes=_memory(Path(f"/proc/{pid}/smaps_rollup"), "Pss:"),
        datagrams_out=int(traffic["datagrams_out"]),
        bytes_out=int(traffic["bytes_out"]),
        datagrams_in=int(traffic["datagrams_in"]),
        bytes_in=int(traffic["bytes_in"]),
    )


def figures(node: str, before: Sample, after: Sample) -> Figures:
    """The resources that the node used between two samples; memory as it was at the second."""
    seconds = max(after.at - before.at, 1e-6)
    cpu = None
    if before.cpu_seconds is not None and after.cpu_seconds is not None:
        cpu = max(0.0, after.cpu_seconds - before.cpu_seconds) * 60 / seconds
    return Figures(
        node=node,
        window_seconds=seconds,
        resident_mebibytes=_mebibytes(after.resident_bytes),
        proportional_mebibytes=_mebibytes(after.proportional_bytes),
        cpu_seconds_per_minute=cpu,
        datagrams_per_second=(after.datagrams_out - before.datagrams_out) / seconds,
        bytes_per_second=(after.bytes_out - before.bytes_out) / seconds,
    )


def medians(all_figures: List[Figures]) -> Dict[str, Optional[float]]:
    """The median node, figure by figure; None where no node has the figure."""
    rows = [figures.as_json() for figures in all_figures]
    names = [name for name in (rows[0] if rows else {}) if name != "node"]
    return {name: _median_known([row[name] for row in rows]) for name in names}


def _median_known(values: List[Optional[float]]) -> Optional[float]:
    return rounded(median([value for value in values if value is not None]), 4)


def rounded(value: Optional[float], digits: int) -> Optional[float]:
    """None stays None."""
    return None if value is None else round(value, digits)


def cpu_seconds(pid: int) -> Optional[float]:
    """Processor time of the process so far, with all the threads it ever had.

    From the kernel's own clock of that process, in nanoseconds: the usual counters tick every 10 ms,
    which is more than an idle node uses in ten seconds, and those of single threads go with the threads.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        # The answer of clock_getcpuclockid(3): the pid's complement above the kind of clock.
        return time.clock_gettime((~pid << 3) | _CLOCK_OF_SCHEDULER)
    except (OSError, OverflowError):
        return _cpu_seconds_by_ticks(pid)


def _cpu_seconds_by_ticks(pid: int) -> Optional[float]:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


def wakes(pid: int) -> Dict[str, int]:
    """How often each of its threads has waited for something and gone on; empty if it is not known."""
    counts = {}
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        try:
            found = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status.read_text(), re.M)
        except OSError:
            continue
        if found:
            counts[status.parent.name] = int(found[1])
    return counts


def wakes_since(before: Dict[str, int], after: Dict[str, int]) -> Optional[int]:
    """Of all threads together; those of a thread that has ended meanwhile are lost."""
    if not before or not after:
        return None
    return sum(count - before.get(thread, 0) for thread, count in after.items())


def resident_bytes(pid: int) -> Optional[int]:
    """Its memory that is in use now."""
    return _memory(Path(f"/proc/{pid}/status"), "VmRSS:")


def proportional_bytes(pid: int) -> Optional[int]:
    """The same, where pages shared by several processes count in shares."""
    return _memory(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def _memory(path: Path, key: str) -> Optional[int]:
    try:
        for line in path.read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def _mebibytes(count: Optional[int]) -> Optional[float]:
    return None if count is None else count / (1 << 20)
