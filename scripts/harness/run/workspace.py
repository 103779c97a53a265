"""Where a run keeps its files: what stays (logs, reports) and what does not (the nodes' own files).

`out/run-<seed>/` stays and is replaced by the next run of the same seed. The nodes' own files (key,
identities, control sockets) live in a short temporary directory, because the path of a Unix socket
may have only about 100 bytes; it goes when the cluster goes.

`cluster.json` in the first names every process of a cluster that runs, so that `down`, a later run,
or the run after a crash can end exactly those and nothing else.
"""

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Dict, List, Optional

from ..nodes.process import ProcessIdentity

STATE_SCHEMA = "iridium.local-cluster-state/1"


class WorkspaceInUse(Exception):
    """A cluster of the same seed still runs."""


@dataclass
class ClusterState:
    """The data needed to talk to a cluster and to end it."""

    seed: int
    directory: str
    harness: Optional[ProcessIdentity]
    stays: bool
    nodes: Dict[str, ProcessIdentity] = field(default_factory=dict)
    tmux_socket: Optional[str] = None

    def running(self) -> List[ProcessIdentity]:
        """Its nodes that still run."""
        return [node for node in self.nodes.values() if node.is_running()]

    def is_abandoned(self) -> bool:
        """Whether no harness looks after it any more."""
        return self.harness is None or not self.harness.is_running()

    def remove_directory(self) -> None:
        """The nodes' own files; a path that is not one of ours is left alone."""
        directory = Path(self.directory)
        if directory.name.startswith("iridium-"):
            shutil.rmtree(directory, ignore_errors=True)

    def write(self, path: Path) -> None:
        """Replaces the file at once, so that a reader never sees half of it."""
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"schema": STATE_SCHEMA, **asdict(self)}, indent=2) + "\n")
        os.replace(fresh, path)

    @classmethod
    def read(cls, path: Path) -> Optional["ClusterState"]:
        """None if there is no such file or it is not one of ours."""
        try:
            fields = json.loads(path.read_text())
            if fields.pop("schema", None) != STATE_SCHEMA:
                return None
            harness = fields.pop("harness")
            nodes = fields.pop("nodes")
            return cls(
                **fields,
                harness=None if harness is None else ProcessIdentity(**harness),
                nodes={name: ProcessIdentity(**node) for name, node in nodes.items()},
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None


class Workspace:
    """The directories of one run."""

    def __init__(self, out: Path, seed: int):
        """Makes them fresh. Throws `WorkspaceInUse` rather than disturb a cluster that runs."""
        self.directory = out / f"run-{seed}"
        self.state_file = self.directory / "cluster.json"
        for other in out.glob("run-*/cluster.json"):
            clear_killed(other)
        clear_abandoned(self.state_file)
        if self.directory.exists():
            shutil.rmtree(self.directory)
        self.directory.mkdir(parents=True)
        base = "/tmp" if os.access("/tmp", os.W_OK) else None
        self.data = Path(tempfile.mkdtemp(prefix="iridium-", dir=base))

    def log(self, name: str) -> Path:
        """The log of that node."""
        return self.directory / f"{name}.log"

    def keep_data(self) -> None:
        """Puts the nodes' own files beside the logs, for a look at what a failed run left."""
        shutil.copytree(self.data, self.directory / "data", ignore=_unkept, dirs_exist_ok=True)

    def remove_data(self) -> None:
        """After the last process has ended."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.state_file.unlink(missing_ok=True)


def _unkept(directory: str, names: List[str]) -> List[str]:
    """The sockets' directories, and pipes, which cannot be copied."""
    return [name for name in names if name == "run" or (Path(directory) / name).is_fifo()]


def clear_abandoned(state_file: Path) -> None:
    """Removes what a harness that was killed could not. Throws `WorkspaceInUse` if it still runs."""
    state = ClusterState.read(state_file)
    if state is None:
        return
    if state.running() or not state.is_abandoned():
        raise WorkspaceInUse(
            f"the cluster of seed {state.seed} still runs "
            f"(end it: scripts/local-cluster down --seed {state.seed})"
        )
    state.remove_directory()


def clear_killed(state_file: Path) -> None:
    """The same for any other run, quietly: only of one whose harness was killed and left nothing running."""
    state = ClusterState.read(state_file)
    if state is None or state.harness is None or state.harness.is_running() or state.running():
        return
    state.remove_directory()
    state_file.unlink(missing_ok=True)


def last_lines(path: Path, count: int) -> List[str]:
    """The last lines of a log; at most 64 KiB of it are read."""
    try:
        with open(path, "rb") as log:
            log.seek(max(0, os.path.getsize(path) - (1 << 16)))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line for line in text.split("\n") if line][-count:]
