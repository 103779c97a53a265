"""Several systems on the same machine in the same run, interleaved, so that what the machine does to one it
does to the others: rounds A B C, C B A, A B C, …

Each trial is a fresh cluster in a fresh network, formed, put through the cells, and taken down.
"""

import contextlib
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from .bars import judge
from .cells import CELLS, LONG_CELLS, LONGEST_SECONDS, Effort, summary
from ..nodes.cluster import Cluster, StartFailed, start_together
from ..run.interrupt import Interrupts
from ..run.limits import LIMITS
from ..nodes.namespaces import Namespaces
from .peers import Peer
from ..page.report import machine
from ..run.stage import NodeEnded, Settings, Stage
from ..suite.terminal import Terminal
from ..nodes.timeline import Timeline
from ..run.workspace import Workspace

SCHEMA = "iridium.compare/1"
# Above this share of its processors in use a machine is too busy for figures.
BUSY_SHARE = 0.25
# Until all processes listen, of which hundreds may start at once.
READY_SECONDS = 60.0
ALONE_CELLS = ("idle", "kill")


@dataclass
class Trial:
    """One system, one size, one round: its figures, or why there are none."""

    system: str
    nodes: int
    round: int
    busy: Optional[float]
    figures: Dict[str, Any] = field(default_factory=dict)
    failures: List[str] = field(default_factory=list)


def busy_share(seconds: float = 1.0) -> Optional[float]:
    """How much of all processors was in use in that time, of 1; None where the system does not tell."""
    before = _processor_times()
    time.sleep(seconds)
    after = _processor_times()
    if before is None or after is None or after[1] == before[1]:
        return None
    return round(1 - (after[0] - before[0]) / (after[1] - before[1]), 3)


def _processor_times() -> Optional[Sequence[int]]:
    try:
        fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
        # Idle, and waiting for a disk.
        return fields[3] + fields[4], sum(fields[:8])
    except (OSError, ValueError, IndexError):
        return None


def order(systems: Sequence[str], rounds: int) -> List[List[str]]:
    """The order of the systems in each round."""
    return [list(systems) if number % 2 == 0 else list(reversed(systems)) for number in range(rounds)]


class Comparison:
    """Plays all trials and keeps their figures."""

    def __init__(
        self,
        peers: Sequence[Peer],
        directory: Path,
        seed: int,
        effort: Effort,
        cells: Sequence[str],
        long_sizes: Sequence[int],
        terminal: Terminal,
        interrupts: Interrupts,
    ):
        self._peers = {peer.name: peer for peer in peers}
        self._directory = directory
        self._seed = seed
        self._effort = effort
        self._cells = cells
        # Those at which the cells that take minutes are played as well.
        self._long_sizes = long_sizes
        self._terminal = terminal
        self._interrupts = interrupts
        self.trials: List[Trial] = []

    def play(self, sizes: Sequence[int], rounds: int) -> None:
        """All sizes, all rounds."""
        for nodes in sizes:
            for number, systems in enumerate(order(list(self._peers), rounds), 1):
                for system in systems:
                    self._play_one(Trial(system, nodes, number, busy_share()), self._cells)

    def play_alone(self, sizes: Sequence[int]) -> None:
        """Iridium without the others, at sizes that the machine does not bear of all: at rest, and a death."""
        for nodes in sizes:
            if "iridium" in self._peers:
                self._play_one(Trial("iridium", nodes, 1, busy_share()), ALONE_CELLS)

    def _play_one(self, trial: Trial, cells: Sequence[str]) -> None:
        self.trials.append(trial)
        terminal, peer = self._terminal, self._peers[trial.system]
        terminal.doing(f"{trial.system} {trial.nodes}")
        place = self._directory / f"{trial.system}-{trial.nodes}-{trial.round}"
        timeline = Timeline()
        with contextlib.ExitStack() as cleaning:
            with self._interrupts.held():
                workspace = Workspace(place, self._seed)
                cleaning.callback(workspace.remove_data)
                network = Namespaces()
                cleaning.callback(network.close)
            cluster = Cluster(
                peer, workspace, timeline, network, self._seed, trial.nodes, held=self._interrupts.held
            )
            cleaning.callback(cluster.stop_following)
            cleaning.callback(cluster.end_processes)
            cleaning.callback(peer.forget_connections)
            stage = Stage(
                cluster, timeline, None, LIMITS["lan"], Settings(self._seed), terminal.progress
            )
            try:
                cluster.make_key()
                self._keep(trial, {"form": ("s", [self._form(stage)])})
                for cell in cells:
                    if cell in LONG_CELLS and trial.nodes not in self._long_sizes:
                        continue
                    # The same victims and moments for all systems.
                    stage.random = random.Random(f"{self._seed}/{trial.nodes}/{trial.round}/{cell}")
                    self._measure(trial, cell, stage)
            except (NodeEnded, StartFailed, OSError) as failure:
                self._note_failure(trial, failure)

    def _measure(self, trial: Trial, cell: str, stage: Stage) -> None:
        """One cell; what a system cannot do leaves the others to be measured."""
        try:
            self._keep(trial, CELLS[cell](stage, self._effort))
        except OSError as failure:
            self._note_failure(trial, failure)

    def _note_failure(self, trial: Trial, failure: Exception) -> None:
        trial.failures.append(str(failure))
        self._terminal.stamped(f"{trial.system} {trial.nodes}: {str(failure)[:160]}")

    def _form(self, stage: Stage) -> float:
        since = start_together(stage.cluster, READY_SECONDS)
        took = stage.wait_until_all_agree(since, LONGEST_SECONDS)
        stage.watch(2)
        return LONGEST_SECONDS if took is None else took

    def _keep(self, trial: Trial, figures: Dict[str, Any]) -> None:
        for name, (unit, values) in figures.items():
            trial.figures[name] = {"unit": unit, "values": [round(value, 5) for value in values]}
            shown = shown_figure(summary(values), unit)
            self._terminal.stamped(f"{trial.system:<8} N={trial.nodes:<3} {name:<28} {shown}")

    # --- afterwards -------------------------------------------------------------------------------

    def result(self) -> Dict[str, Any]:
        """`iridium.compare/1`."""
        tables = []
        for nodes in sorted({trial.nodes for trial in self.trials}):
            systems = {name: self._summaries(name, nodes) for name in self._peers}
            judged = judge(systems, nodes) if "iridium" in systems else []
            tables.append({"nodes": nodes, "systems": systems, "bars": judged})
        return {
            "schema": SCHEMA,
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seed": self._seed,
            "machine": machine(None),
            "versions": {name: peer.version() for name, peer in self._peers.items()},
            "effort": vars(self._effort),
            "tables": tables,
            "trials": [vars(trial) for trial in self.trials],
        }

    def _summaries(self, system: str, nodes: int) -> Dict[str, Dict[str, Any]]:
        values: Dict[str, List[float]] = {}
        units: Dict[str, str] = {}
        for trial in self.trials:
            if (trial.system, trial.nodes) == (system, nodes):
                for name, figure in trial.figures.items():
                    values.setdefault(name, []).extend(figure["values"])
                    units[name] = figure["unit"]
        return {name: {"unit": units[name], **summary(found)} for name, found in values.items()}


def shown_figure(figure: Dict[str, Any], unit: str) -> str:
    """`2.7 s (2.1–3.0) of 6`, in milliseconds where that reads better."""
    if figure["median"] is None:
        return "-"
    scale, unit = (1000, "ms") if unit == "s" and figure["max"] < 1 else (1, unit)
    low, middle, high = (_short(figure[key] * scale) for key in ("min", "median", "max"))
    text = f"{middle} {unit}".strip()
    if figure["count"] > 1:
        text += f" ({low}–{high})"
    return text + (f", {figure['outliers']} far off" if figure["outliers"] else "")


def _short(value: float) -> str:
    if value == 0:
        return "0"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def beside(bar: Dict[str, Any]) -> str:
    """`kinship: 0.02 s/min`, the best that another system has reached; "" if none was measured."""
    best = bar.get("best_other")
    return f"{best['system']}: {_short(best['reached'])} {bar['unit']}".strip() if best else ""


def table_lines(table: Dict[str, Any]) -> List[str]:
    """One size as lines of text: figures down, systems across, then the bars."""
    systems = list(table["systems"])
    names: List[str] = []
    for figures in table["systems"].values():
        names += [name for name in figures if name not in names]
    width = max([27, *map(len, names)]) + 1
    lines = [f"N = {table['nodes']}", f"  {'':<{width}}" + "".join(f"{system:<34}" for system in systems)]
    for name in names:
        cells = []
        for system in systems:
            figure = table["systems"][system].get(name)
            cells.append("-" if figure is None else shown_figure(figure, figure["unit"]))
        lines.append(f"  {name:<{width}}" + "".join(f"{cell:<33} " for cell in cells))
    for bar in table["bars"]:
        word, reached = "not measured", "-"
        if bar["reached"] is not None:
            word = "met" if bar["met"] else "SHORT"
            reached = f"{_short(bar['reached'])} {bar['unit']}".strip()
        limit = f"bar {bar['bar']:g} {bar['unit']}"
        lines.append(
            f"  {bar['figure'] + ', ' + bar['statistic']:<40} {reached:<12} {limit:<16} "
            f"{word:<13}{beside(bar)}".rstrip()
        )
    return lines
