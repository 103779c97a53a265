"""REPLs side by side: one tmux pane a node, the first starts a cluster and the others join it.

The panes run under a tmux server of their own (`tmux -L iridium-<seed>`), so that ending it ends
nothing else.
"""

import shutil
import subprocess
import time
from pathlib import Path
from typing import Dict, List

from ..nodes.process import ProcessIdentity


class TmuxFailed(Exception):
    """tmux is missing or said no."""


class Panes:
    """One tmux session of REPLs."""

    def __init__(self, seed: int, environment: Dict[str, str]):
        if shutil.which("tmux") is None:
            raise TmuxFailed("--tmux needs tmux (Debian, Ubuntu: sudo apt-get install tmux)")
        self.socket = f"iridium-{seed}"
        self._environment = environment

    def open(self, commands: List[List[str]]) -> List[ProcessIdentity]:
        """A pane for each command; gives back who runs in them."""
        first, *others = commands
        size = ["-x", "200", "-y", str(max(50, 12 * len(commands)))]
        self._tmux(["-f", "/dev/null", "new-session", "-d", "-s", "iridium", *size, *first])
        self._tmux(["set-option", "-g", "remain-on-exit", "on"])
        for command in others:
            self._tmux(["split-window", "-t", "iridium", *command])
            # Without this the next split may find no room.
            self._tmux(["select-layout", "-t", "iridium", "tiled"])
        shown = self._tmux(["list-panes", "-t", "iridium", "-F", "#{pane_pid}"])
        found = [ProcessIdentity.of(int(line)) for line in shown.split()]
        return [identity for identity in found if identity is not None]

    def type(self, pane: int, line: str) -> None:
        """Types a line and Enter into the pane of that number, from 0."""
        self._tmux(["send-keys", "-t", f"iridium.{pane}", "-l", line])
        self._tmux(["send-keys", "-t", f"iridium.{pane}", "Enter"])

    def text(self, pane: int) -> str:
        """The text of the pane, including lines that have scrolled away."""
        return self._tmux(["capture-pane", "-p", "-J", "-S", "-", "-t", f"iridium.{pane}"])

    def wait_for(self, pane: int, words: str, seconds: float) -> None:
        """Returns when these words appear in the pane."""
        until = time.monotonic() + seconds
        while words not in self.text(pane):
            if time.monotonic() > until:
                end = "\n".join(self.text(pane).strip().splitlines()[-5:])
                raise TmuxFailed(f"pane {pane} does not show {words!r} after {seconds:g} s:\n{end}")
            time.sleep(0.05)

    @property
    def attach_command(self) -> str:
        """For a person to type."""
        return f"tmux -L {self.socket} attach"

    def _tmux(self, arguments: List[str]) -> str:
        try:
            done = subprocess.run(
                ["tmux", "-L", self.socket, *arguments], env=self._environment,
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TmuxFailed(f"tmux {arguments[0]}: {error}") from error
        if done.returncode != 0:
            raise TmuxFailed(f"tmux {arguments[0]}: {done.stderr.strip()}")
        return done.stdout


def end(socket: str) -> None:
    """Ends the tmux server of that socket with everything in its panes."""
    if shutil.which("tmux") is not None:
        subprocess.run(
            ["tmux", "-L", socket, "kill-server"], stdin=subprocess.DEVNULL,
            capture_output=True, timeout=10, check=False,
        )


def repl_command(binary: Path, name: str, port: int, data: Path) -> List[str]:
    """A REPL as a person would start it, with files of its own place."""
    return [
        str(binary), "--node-alias", name, "-P", str(port), "--data-root-dir", str(data),
    ]
