"""Faults of a node's machine: it takes its file descriptors, reads none of its output, copies its directory."""

import os
import resource
import shutil
import socket
from pathlib import Path
from typing import Any, Dict, List

from .measure import cpu_seconds


class Machine:
    """The machine under a cluster's nodes. Close it, whatever happens."""

    def __init__(self, cluster: Any):
        """`cluster` is a `Cluster`."""
        self._cluster = cluster
        self._limits: Dict[str, tuple] = {}
        self._connections: List[socket.socket] = []
        self._pipes: List[int] = []

    def copy_of(self, name: str, asks_it: bool = False, knows_incarnation: bool = True) -> str:
        """A guest with that node's name and a copy of its data directory, perhaps without its incarnation; not
        yet started. It asks that node alone, or any but that one."""
        copy = self._cluster.stranger([])
        root = self._cluster.workspace.data / f"copy-{copy}"
        (root / "nodes").mkdir(parents=True)
        root.chmod(0o700)
        shutil.copytree(self._cluster.workspace.data / "nodes" / name, root / "nodes" / name)
        if not knows_incarnation:
            (root / "nodes" / name / "incarnation").unlink(missing_ok=True)
        node = self._cluster.nodes[copy]
        node.alias, node.data = name, root
        node.asks = [one for one in self._cluster.names if (one == name) == asks_it]
        return copy

    def forget_incarnation(self, name: str) -> None:
        """That node must not run."""
        (self._cluster.workspace.data / "nodes" / name / "incarnation").unlink(missing_ok=True)
        self._cluster.note([name], "its incarnation file is removed")

    def unread(self, name: str) -> None:
        """From its next start on nothing reads that node's standard output."""
        pipe = self._cluster.workspace.data / f"unread-{name}"
        os.mkfifo(pipe, 0o600)
        # Open at both ends: the node finds a reader, which never reads.
        self._pipes.append(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))
        self._cluster.nodes[name].wrapper = ["sh", "-c", 'exec "$@" >"$0"', str(pipe)]

    def no_more_files(self, name: str) -> None:
        """That node can open nothing from now on: the limit is the number of its next descriptor."""
        pid = self._cluster.pid(name)
        opened = {int(number) for number in os.listdir(f"/proc/{pid}/fd")}
        lowest = next(number for number in range(len(opened) + 1) if number not in opened)
        self._limits[name] = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest, self._limits[name][1]))
        self._cluster.note([name], f"can open no descriptor from {lowest} on")

    def files_again(self, name: str) -> None:
        limits = self._limits.pop(name, None)
        if limits is not None and self._cluster.pid(name):
            resource.prlimit(self._cluster.pid(name), resource.RLIMIT_NOFILE, limits)

    def connect(self, name: str, count: int) -> int:
        """So many TCP connections to that node that say nothing; how many the system let be made."""
        made = 0
        for _ in range(count):
            try:
                self._connections.append(self._cluster.network.connect(name, self._cluster.address(name)))
                made += 1
            except OSError:
                break
        return made

    def hang_up(self) -> None:
        for one in self._connections:
            one.close()
        self._connections.clear()

    def processor_seconds(self, name: str) -> float:
        return cpu_seconds(self._cluster.pid(name)) or 0.0

    def remove_control_socket(self, name: str) -> None:
        (self._control_socket(name)).unlink()
        self._cluster.note([name], "its control socket is removed")

    def _control_socket(self, name: str) -> Path:
        return (self._cluster.nodes[name].data or self._cluster.workspace.data) / "run" / f"{name}.sock"

    def close(self) -> None:
        self.hang_up()
        for name in list(self._limits):
            self.files_again(name)
        for end in self._pipes:
            os.close(end)
        self._pipes.clear()
