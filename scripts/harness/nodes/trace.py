"""The system calls of processes, counted by strace: how often each is called, not how long it takes."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Callable, Dict, List

# strace needs a moment to take hold of all threads.
_ATTACH_SECONDS = 1.0


def calls_by_name(pids: List[int], seconds: float, wait: Callable[[float], None]) -> Dict[str, int]:
    """The calls of all of them together in that time; empty without strace. `wait` lets time pass."""
    if shutil.which("strace") is None:
        return {}
    with tempfile.TemporaryDirectory() as place:
        outputs = [Path(place) / str(pid) for pid in pids]
        tracers = [
            subprocess.Popen(
                ["strace", "-f", "-c", "-U", "calls,name", "-o", str(output), "-p", str(pid)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for pid, output in zip(pids, outputs)
        ]
        try:
            wait(_ATTACH_SECONDS + seconds)
        finally:
            for tracer in tracers:
                tracer.send_signal(signal.SIGINT)
            for tracer in tracers:
                tracer.wait()
        counts: Dict[str, int] = {}
        for output in outputs:
            for name, count in counted(output.read_text() if output.is_file() else "").items():
                counts[name] = counts.get(name, 0) + count
        return counts


def counted(table: str) -> Dict[str, int]:
    """The rows of a table that strace has written: a number and a name each, then the total."""
    counts: Dict[str, int] = {}
    for line in table.splitlines():
        words = line.split()
        if len(words) == 2 and words[0].isdigit() and words[1] != "total":
            counts[words[1]] = int(words[0])
    return counts
