"""One run's place and cluster, set up in the right order and taken down in the reverse, whatever happens."""

import contextlib
import os
from pathlib import Path
from typing import Any, Dict, Iterator, Optional

from ..suite.build import OUT
from ..nodes.cluster import Cluster, clean_environment
from ..nodes.control import Control
from .interrupt import Interrupts
from .limits import LIMITS
from ..nodes.network import make_network
from ..compare.peers.iridium import Iridium
from .run import Run
from ..nodes.sampler import Sampler
from .stage import Settings, Stage
from ..suite.terminal import Terminal
from ..nodes.timeline import Timeline
from .verdict import counted
from .workspace import Workspace


class Session:
    """The tools of a run while it lasts."""

    def __init__(self, workspace: Workspace, cluster: Cluster, stage: Stage, sampler: Sampler, run: Run):
        self.workspace = workspace
        self.cluster = cluster
        self.stage = stage
        self.sampler = sampler
        self.run = run
        self.left_running = False

    @property
    def place(self) -> str:
        """Where its logs and reports are, as one types it here."""
        return os.path.relpath(self.workspace.directory)

    def leave_running(self) -> None:
        """Ends nothing at the end; `down` does."""
        self.cluster.leave_running()
        self.left_running = True


@contextlib.contextmanager
def session(
    binary: Path,
    interrupts: Interrupts,
    terminal: Terminal,
    facts: Dict[str, Any],
    stays: bool = False,
    disturbable: bool = True,
    idle_window: float = 10.0,
    sample_seconds: float = 1.0,
    old_binary: Optional[Path] = None,
) -> Iterator[Session]:
    """`facts` (seed, nodes, profile, build, …) say what to set up and go into the report as they are."""
    seed, nodes, profile = facts["seed"], facts["nodes"], facts["profile"]
    timeline = Timeline()
    with contextlib.ExitStack() as cleaning:
        made = None

        def unless_left(deed: Any) -> Any:
            return cleaning.callback(lambda: None if made and made.left_running else deed())

        with interrupts.held():
            workspace = Workspace(OUT, seed)
            unless_left(workspace.remove_data)
            network = make_network(disturbable and not stays, seed)
            unless_left(network.close)
        has_lifelines = facts.get("lifelines", True)
        peer = Iridium(binary, profile, has_lifelines)
        limits = LIMITS[profile] if has_lifelines else LIMITS[profile].without_lifelines()
        cluster = Cluster(peer, workspace, timeline, network, seed, nodes, stays, interrupts.held)
        control = Control(binary, workspace.data, clean_environment(workspace.data))
        cleaning.callback(cluster.stop_following)
        unless_left(cluster.end_processes)
        sampler = Sampler(cluster.pids, timeline.clock, network.can_disturb, sample_seconds)
        cleaning.callback(sampler.close)
        cleaning.callback(interrupts.ignore)
        stage = Stage(
            cluster, timeline, control, limits,
            Settings(
                seed, profile, idle_window=idle_window, build=facts["build"], old_binary=old_binary
            ),
            terminal.progress,
        )
        run = Run(stage, cluster, terminal, facts, sampler)
        made = Session(workspace, cluster, stage, sampler, run)
        terminal.restart_clock()
        terminal.stamped(
            f"build ok · {counted(nodes, 'node')} on {cluster.ports_text} · logs {made.place}/ · seed {seed}"
        )
        cluster.make_key()
        yield made
