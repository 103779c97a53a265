"""N nodes as processes: places, key and seeds; start, kill, pause, resume, leave, start again.

Beside the members of the run there may be guests: nodes that are started as strangers (another key,
another cluster) or that come for one scenario only.
"""

import contextlib
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, List, Optional, Sequence, Set, Tuple

from .follow import LogFollower
from ..compare.peers import Peer
from .machine import Machine
from .process import ChildProcess, ProcessIdentity, describe_exit
from .timeline import Timeline
from ..run.workspace import ClusterState, Workspace, last_lines

SEEDS_PER_NODE = 3


class StartFailed(Exception):
    """A node did not start; `node` is whose log says why."""

    def __init__(self, node: str, text: str):
        super().__init__(text)
        self.node = node


class Node:
    """One name of the cluster: its place, and the process that has it now."""

    def __init__(self, name: str, host: str, port: int):
        self.name = name
        self.host = host
        self.port = port
        self.process: Optional[ChildProcess] = None
        # Whether we want it to run; a process that ends although we do is a failure.
        self.wanted = False
        # Words put before its command, variables added to its environment, options added at its end.
        self.wrapper: List[str] = []
        self.variables: Dict[str, str] = {}
        self.options: List[str] = []
        # Another program than that of the others, as in the middle of an upgrade.
        self.program: Optional[Path] = None
        # Its own data root, if it does not use the common one.
        self.data: Optional[Path] = None
        # The name that it states, if another node has that name; the only node that it may ask.
        self.alias = name
        self.asks: Optional[List[str]] = None

    @property
    def address(self) -> str:
        """HOST:PORT, UDP and TCP."""
        return f"{self.host}:{self.port}"


class Cluster:
    """The processes of one run. Close it, whatever happens."""

    def __init__(
        self,
        peer: Peer,
        workspace: Workspace,
        timeline: Timeline,
        network: Any,
        seed: int,
        count: int,
        stays: bool = False,
        held: Callable[[], ContextManager] = contextlib.nullcontext,
    ):
        self.workspace = workspace
        self.timeline = timeline
        self.network = network
        self.began = timeline.clock()
        self.names = [f"n{number}" for number in range(1, count + 1)]
        self.faults: List[Tuple[float, str, str]] = []
        self.peer = peer
        self._stays = stays
        self._held = held
        self._environment = clean_environment(workspace.data)
        self._follower = LogFollower(timeline, peer.parse)
        self._state = ClusterState(
            seed=seed, directory=str(workspace.data), stays=stays,
            harness=ProcessIdentity.of(os.getpid()),
        )
        self.nodes: Dict[str, Node] = {}
        self.machine = Machine(self)
        self._attackers: List[ChildProcess] = []
        self._invited: Set[str] = set()
        self._guests_so_far = 0
        self.place()

    def place(self) -> None:
        """Gives each node an address; again only while none runs."""
        self.network.add(self.names)
        self.nodes = {name: Node(name, *self.network.address(name)) for name in self.names}

    def make_key(self) -> None:
        """Before the first start."""
        self.peer.prepare(self.workspace.data)

    # --- what scenarios do ------------------------------------------------------------------------

    def start(self, name: str) -> float:
        """Starts that node and gives back the moment before. One of that name must have been ended."""
        node = self.nodes[name]
        if node.process is not None:
            node.process.kill()
        self._follower.catch_up()
        self.timeline.started_anew(name)
        arguments = self._arguments(node)
        self._note(name, "start")
        with self._held():
            began = self.timeline.clock()
            node.process = ChildProcess(
                arguments, self.workspace.log(name), {**self._environment, **node.variables},
                self._stays,
            )
            node.wanted = True
            if node.process.identity is not None:
                self._state.nodes[name] = node.process.identity
            self._state.write(self.workspace.state_file)
        self._follower.add(name, self.workspace.log(name))
        return began

    def kill(self, name: str) -> float:
        """SIGKILL: it is gone without a word. The moment before, as with all of these."""
        self.nodes[name].wanted = False
        return self._signal(name, signal.SIGKILL, "kill")

    def abort(self, name: str) -> float:
        """SIGABRT: as by a failed assertion."""
        self.nodes[name].wanted = False
        return self._signal(name, signal.SIGABRT, "abort")

    def pause(self, name: str) -> float:
        """SIGSTOP: it neither runs nor answers."""
        return self._signal(name, signal.SIGSTOP, "pause")

    def resume(self, name: str) -> float:
        """SIGCONT: it goes on as if nothing had been."""
        return self._signal(name, signal.SIGCONT, "resume")

    def leave(self, name: str) -> float:
        """SIGTERM, or what the system takes for it: it says goodbye and ends."""
        self.nodes[name].wanted = False
        return self._signal(name, self.peer.leave_signal, "leave")

    def exit_status(self, name: str, within: float) -> Optional[int]:
        """How its process ended; None if it still runs after that time."""
        process = self.nodes[name].process
        return None if process is None else process.wait(within)

    def forget_identity(self, name: str) -> None:
        """Removes what that node kept of itself; it must not run."""
        shutil.rmtree(self.workspace.data / "nodes" / name, ignore_errors=True)
        self._note(name, "its identity is removed")

    def invite(self, count: int) -> List[str]:
        """Names of so many more members, not yet started."""
        fresh = self._guests("m", count)
        self.names += fresh
        return fresh

    def stranger(self, options: Sequence[str]) -> str:
        """The name of a node that is not a member and not yet started, with separate options."""
        (name,) = self._guests("x", 1)
        self.nodes[name].options = list(options)
        return name

    def dismiss(self, names: Sequence[str]) -> None:
        """Ends guests for good; those among the members are members no more."""
        for name in names:
            process = self.nodes[name].process
            self.nodes[name].wanted = False
            if process is not None:
                process.kill()
            if name in self.names:
                self.names.remove(name)

    def attack(self, arguments: Sequence[str]) -> ChildProcess:
        """Starts `attacks.strangers` at a separate place, its output in hostile.log. The caller ends it."""
        self.network.add(["hostile"])
        command = [*self.network.prefix("hostile"), sys.executable, "-m", "attacks.strangers", *arguments]
        environment = {**self._environment, "PYTHONPATH": str(Path(__file__).parents[2])}
        with self._held():
            process = ChildProcess(command, self.workspace.log("hostile"), environment)
            self._attackers.append(process)
        self._mark("hostile", " ".join(arguments[:1]))
        return process

    def note(self, names: Sequence[str], text: str) -> float:
        """Writes down something that is done to those nodes from outside. The moment before."""
        began = self.timeline.clock()
        for name in names:
            self._note(name, text)
        return began

    def calm(self) -> None:
        """Ends everything that a scenario may have left: faults, attackers, guests, pauses."""
        self.network.heal()
        self.machine.close()
        for process in self._attackers:
            process.kill()
        self._attackers.clear()
        self.dismiss([name for name in self.nodes if name in self._invited])
        self._invited.clear()
        for node in self.nodes.values():
            if node.process is not None and node.process.paused:
                node.process.signal(signal.SIGCONT)

    def _guests(self, letter: str, count: int) -> List[str]:
        fresh = [f"{letter}{self._guests_so_far + number}" for number in range(1, count + 1)]
        self._guests_so_far += count
        self._invited.update(fresh)
        self.network.add(fresh)
        for name in fresh:
            self.nodes[name] = Node(name, *self.network.address(name))
        return fresh

    # --- what scenarios ask -----------------------------------------------------------------------

    def running(self) -> List[str]:
        """Those we want to run, paused or not."""
        return [name for name in self.names if self.nodes[name].wanted]

    def ended_unasked(self) -> Optional[Tuple[str, str]]:
        """A node whose process has ended without a request, and how."""
        for name in self.running():
            process = self.nodes[name].process
            status = None if process is None else process.exit_status
            if status is not None:
                return name, describe_exit(status)
        return None

    def pid(self, name: str) -> int:
        """Of the process that runs under that name; 0 if there is none."""
        process = self.nodes[name].process
        return 0 if process is None or not self.nodes[name].wanted else process.pid

    def last_lines(self, name: str, count: int) -> List[str]:
        """The end of its log."""
        return last_lines(self.workspace.log(name), count)

    def pids(self) -> Dict[str, int]:
        """The process of each member; 0 where there is none."""
        return {name: self.pid(name) for name in list(self.names)}

    def address(self, name: str) -> Tuple[str, int]:
        """Where that node listens, UDP and TCP."""
        return self.nodes[name].host, self.nodes[name].port

    @property
    def ports_text(self) -> str:
        """`127.0.0.1:20001-20005`, or where else the nodes are."""
        return self.network.text

    # --- ending -----------------------------------------------------------------------------------

    def end_processes(self) -> None:
        """Kills every process of this cluster and collects it."""
        self.machine.close()
        for process in self._attackers:
            process.kill()
        for node in self.nodes.values():
            node.wanted = False
            if node.process is not None:
                node.process.signal(signal.SIGKILL)
        for node in self.nodes.values():
            if node.process is not None:
                node.process.kill()

    def leave_running(self) -> None:
        """Stops looking after the processes; `down` ends them."""
        self._state.harness = None
        self._state.write(self.workspace.state_file)

    def stop_following(self) -> None:
        """Reads no more of the logs."""
        self._follower.close()

    # --- inside -----------------------------------------------------------------------------------

    def _arguments(self, node: Node) -> List[str]:
        said = self.peer.command(node, self._seeds_for(node), self.workspace.data)
        return [*self.network.prefix(node.name), *node.wrapper, *said]

    def _seeds_for(self, node: Node) -> List[Node]:
        """The first few that run: none for the very first node, others than before for a late one."""
        running = [self.nodes[name] for name in self.running()
                   if name != node.name and (node.asks is None or name in node.asks)]
        return running[:SEEDS_PER_NODE]

    def _signal(self, name: str, number: int, word: str) -> float:
        self._note(name, f"{word} ({signal.Signals(number).name})")
        began = self.timeline.clock()
        process = self.nodes[name].process
        if process is not None:
            process.signal(number)
        return began

    def _note(self, name: str, text: str) -> None:
        """Writes what we do to a node into its log, where a reader of the log looks for it."""
        now = self.timeline.clock()
        self._mark(name, text)
        note = f"# [{now - self.began:6.2f}s] harness: {text}\n"
        with open(self.workspace.log(name), "ab+") as log:
            size = log.seek(0, os.SEEK_END)
            if size > 0:
                log.seek(size - 1)
                # A process that was killed may have left half a line.
                note = note if log.read(1) == b"\n" else "\n" + note
            log.write(note.encode())

    def _mark(self, name: str, text: str) -> None:
        self.faults.append((self.timeline.clock(), name, text))


def clean_environment(home: Path) -> Dict[str, str]:
    """The environment of the nodes: nothing in it points at this user's own nodes."""
    kept = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TERM", "TMPDIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment["HOME"] = str(home)
    return environment


def start_together(cluster: Cluster, ready_within: float) -> float:
    """Starts the first node, and when it listens all others at once.

    Returns the moment before the last start. Throws `StartFailed`. Ports that another process took between
    our look and the start are replaced by others, twice.
    """
    for attempt in range(3):
        try:
            first, *others = cluster.names
            last = cluster.start(first)
            _await_ready(cluster, [first], ready_within)
            for name in others:
                last = cluster.start(name)
            _await_ready(cluster, cluster.names, ready_within)
            return last
        except StartFailed as failure:
            taken = any("IR-01" in line for line in cluster.last_lines(failure.node, 20))
            if not taken or attempt == 2:
                raise
            cluster.end_processes()
            cluster.place()
    raise StartFailed(cluster.names[0], "no free ports")


def _await_ready(cluster: Cluster, names: List[str], seconds: float) -> None:
    def all_ready() -> bool:
        ended = cluster.ended_unasked()
        if ended is not None:
            name, how = ended
            raise StartFailed(name, f"{name} ended before it was ready ({how})")
        return all(cluster.timeline.ready(name) is not None for name in names)

    if not cluster.timeline.wait_until(all_ready, cluster.timeline.clock() + seconds):
        late = [name for name in names if cluster.timeline.ready(name) is None]
        raise StartFailed(late[0], f"{late[0]} was not ready after {seconds:g} s")
