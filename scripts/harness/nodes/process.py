"""One child process: started, signalled, ended, and never another one by mistake.

A process is named by its pid *and* the moment it started, because the system uses pids again. Our own
children cannot be mixed up (their pids stay reserved until we collect them); processes of an earlier
run, known from a file, are signalled only if the start moment is still the same.

Each child leads a separate process group, so that a Ctrl-C at the terminal reaches the harness only,
which then decides. On Linux a child also dies with the harness, however that ends, unless it is
meant to stay.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


@dataclass(frozen=True)
class ProcessIdentity:
    """A process that cannot be confused with a later one of the same pid."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Optional["ProcessIdentity"]:
        """The process with this pid now; None if there is none, or only a dead one not yet collected."""
        started = _start_moment(pid)
        return None if started is None else cls(pid, started)

    def is_running(self) -> bool:
        """Whether it is still the same process, and not merely a dead one."""
        return ProcessIdentity.of(self.pid) == self

    def signal(self, number: int) -> bool:
        """Signals it if it is still the same process; says whether it was."""
        if hasattr(os, "pidfd_open"):
            return self._signal_by_handle(number)
        if not self.is_running():
            return False
        return _deliver(lambda: os.kill(self.pid, number))

    def _signal_by_handle(self, number: int) -> bool:
        # The handle is opened before the check, so the pid cannot change hands between the two.
        try:
            handle = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            if not self.is_running():
                return False
            return _deliver(lambda: signal.pidfd_send_signal(handle, number))
        finally:
            os.close(handle)


def _deliver(send: Callable[[], None]) -> bool:
    try:
        send()
        return True
    except ProcessLookupError:
        return False


def _start_moment(pid: int) -> Optional[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None if os.path.isdir("/proc/self") else _start_moment_by_ps(pid)
    # The command's name is in parentheses and may contain any; the fields follow the last one.
    fields = text.rpartition(")")[2].split()
    state, ticks = fields[0], fields[19]
    return None if state in "ZX" else ticks


def _start_moment_by_ps(pid: int) -> Optional[str]:
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True, text=True, timeout=5, check=False,
    ).stdout.split()
    return None if not shown or shown[0].startswith("Z") else " ".join(shown[1:])


class ChildProcess:
    """A process of ours whose output goes to a file."""

    def __init__(
        self,
        arguments: List[str],
        output: Path,
        environment: Dict[str, str],
        stays: bool = False,
        directory: Optional[Path] = None,
    ):
        """Starts it, in our own directory or another. `stays`: it outlives the harness."""
        with open(output, "ab", buffering=0) as log:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=directory,
                start_new_session=True,
                preexec_fn=None if stays else _die_with(os.getpid()),
            )
        self.started_at = time.monotonic()
        self.identity = ProcessIdentity.of(self.pid)
        self.paused = False

    @property
    def pid(self) -> int:
        """Stays ours until the exit status is collected."""
        return self._process.pid

    @property
    def exit_status(self) -> Optional[int]:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    def signal(self, number: int) -> None:
        """Does nothing if it has ended."""
        if self.exit_status is None:
            _deliver(lambda: os.kill(self.pid, number))
            if number in (signal.SIGSTOP, signal.SIGCONT):
                self.paused = number == signal.SIGSTOP

    def wait(self, seconds: float) -> Optional[int]:
        """Its exit status, or None if it still runs after that time."""
        try:
            return self._process.wait(timeout=max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return None

    def end(self, grace: float) -> None:
        """Asks it to end, and kills it with whatever it started if it has not in that time."""
        self.signal(signal.SIGTERM)
        self.wait(grace)
        self.kill()

    def kill(self) -> None:
        """Ends it and whatever it started, at once, and collects it. SIGKILL ends a paused one too."""
        if self.exit_status is None:
            _deliver(lambda: os.killpg(self.pid, signal.SIGKILL))
        self.wait(5)


def _die_with(parent: int) -> Optional[Callable[[], None]]:
    """Runs first in a fresh child on Linux: asks to be killed when its parent ends."""
    if _libc is None:
        return None
    prctl = _libc.prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(127)

    return ask


def describe_exit(status: int) -> str:
    """`exit code 69`, or `ended by SIGSEGV`."""
    if status >= 0:
        return f"exit code {status}"
    try:
        return f"ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"ended by signal {-status}"


def end_all(processes: List[ProcessIdentity], grace: float) -> List[ProcessIdentity]:
    """Asks them to leave, kills those that have not after `grace` seconds; gives back survivors."""
    for process in processes:
        process.signal(signal.SIGTERM)
        process.signal(signal.SIGCONT)
    left = _still_running(processes, grace)
    for process in left:
        process.signal(signal.SIGKILL)
    return _still_running(left, 5.0)


def _still_running(processes: List[ProcessIdentity], seconds: float) -> List[ProcessIdentity]:
    until = time.monotonic() + seconds
    running = [process for process in processes if process.is_running()]
    while running and time.monotonic() < until:
        time.sleep(0.02)
        running = [process for process in running if process.is_running()]
    return running
