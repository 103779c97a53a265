"""One run from first to last: form, disturb, observe, judge, report."""

from dataclasses import replace
from typing import Any, Dict, Iterator, List, Optional

from ..page import report
from ..nodes.cluster import Cluster, StartFailed
from ..nodes.control import ControlError
from ..nodes.events import readable
from .interrupt import OutOfTime
from ..nodes.namespaces import NetworkFailed
from ..nodes.network import missing_for_namespaces
from ..scenarios import FIRST, Scenario
from ..page.command import write_beside
from ..nodes.sampler import Sampler
from .stage import NodeEnded, Stage
from ..suite.terminal import Terminal
from .verdict import Verdict, counted, failed_verdicts

# After a scenario, until the nodes that it took away are back and all agree again.
RESTORE_SECONDS = 15.0
LOG_LINES_SHOWN = 5


class Run:
    """Plays scenarios on a stage, prints their verdicts and keeps them."""

    def __init__(
        self,
        stage: Stage,
        cluster: Cluster,
        terminal: Terminal,
        facts: Dict[str, Any],
        sampler: Sampler,
    ):
        """`facts` go into the report as they are."""
        self.verdicts: List[Verdict] = []
        self._stage = stage
        self._cluster = cluster
        self._terminal = terminal
        self._facts = facts
        self._sampler = sampler
        self._load = report.load_average()

    def play(self, scenarios: List[Scenario]) -> None:
        """All of them, until one leaves no cluster to go on with."""
        for scenario in scenarios:
            if len(self._stage.names) < scenario.least_nodes:
                self._add(_skipped(scenario, f"needs {scenario.least_nodes} nodes"))
            elif scenario.network and not self._stage.network.can_disturb:
                self._add(_skipped(scenario, missing_for_namespaces() or "not on loopback"))
            elif scenario.needs_old and self._stage.settings.old_binary is None:
                self._add(_skipped(scenario, "needs --old-binary or --old-commit"))
            elif not self._play_one(scenario):
                break

    def judge(self, verdicts: Iterator[Verdict]) -> None:
        """Adds the verdicts of a play that is not a scenario."""
        try:
            for verdict in verdicts:
                self._add(verdict)
        except (ControlError, NetworkFailed, OutOfTime) as error:
            self._add(
                Verdict("run", "run", "could not be carried through", passed=False, complaint=str(error))
            )

    def _play_one(self, scenario: Scenario) -> bool:
        """Whether the cluster is whole afterwards."""
        self._terminal.doing(scenario.name)
        self._stage.begin(scenario.name)
        before = len(self.verdicts)
        try:
            for verdict in scenario.run(self._stage):
                verdict.known_gap = scenario.known_gap
                self._add(verdict)
            if scenario is FIRST:
                self._facts["version"] = self._stage.version()
                return not failed_verdicts(self.verdicts)
            self._stage.is_disturbed = True
            return self._restore(scenario)
        except (NodeEnded, StartFailed) as ended:
            self._add(_aborted(scenario, str(ended), ended.node))
            if scenario.known_gap:
                # The others go on with a new process in its place.
                self._cluster.kill(ended.node)
                return self._restore(scenario)
        except (ControlError, NetworkFailed) as error:
            self._add(_aborted(scenario, str(error), None))
        except OutOfTime:
            self._add(_aborted(scenario, "the time of the whole run is over (--timeout)", None))
        return len(failed_verdicts(self.verdicts[before:])) == 0

    def _restore(self, scenario: Scenario) -> bool:
        """Ends what the scenario left and starts what it took away: the next begins with a whole
        cluster."""
        self._cluster.calm()
        since = self._stage.now()
        for name in self._stage.names:
            if name not in self._cluster.running():
                since = self._cluster.start(name)
        if self._stage.wait_until_all_agree(since, RESTORE_SECONDS) is not None:
            return True
        short = self._stage.disagreeing()[0]
        known = len(self._stage.timeline.alive(short))
        complaint = (
            f"{short} lists {known} of {len(self._stage.names)} as alive "
            f"{RESTORE_SECONDS:g} s after all nodes were started again"
        )
        # A run on less than a whole cluster would prove nothing: a known gap is no excuse.
        self._add(replace(_aborted(scenario, complaint, short), known_gap=False))
        return False

    def _add(self, verdict: Verdict) -> None:
        self.verdicts.append(verdict)
        self._terminal.verdict(verdict)
        if verdict.word in ("FAIL", "OPEN"):
            self._explain(verdict)

    def _explain(self, verdict: Verdict) -> None:
        self._terminal.line(f"{verdict.word} {verdict.scenario}: {verdict.complaint or verdict.outcome}.")
        if verdict.blamed is not None:
            lines = self._cluster.last_lines(verdict.blamed, LOG_LINES_SHOWN)
            self._terminal.line(f"  Last {len(lines)} lines of {verdict.blamed}.log:")
            self._terminal.details([readable(line) for line in lines])

    # --- afterwards -------------------------------------------------------------------------------

    @property
    def passed(self) -> bool:
        """Whether there was a verdict and none failed."""
        return bool(self.verdicts) and not failed_verdicts(self.verdicts)

    def write_report(self) -> Dict[str, Any]:
        """report.json, report.html and junit.xml; gives back the first."""
        made = report.compose(
            self._facts, self.verdicts, self._stage.timeline, self._cluster.faults,
            self._cluster.began, report.machine(self._load), self._sampler.as_json(self._cluster.began),
        )
        blamed = {verdict.blamed for verdict in self.verdicts if verdict.blamed is not None}
        logs = {name: self._cluster.last_lines(name, 20) for name in blamed}
        directory = self._cluster.workspace.directory
        report.write(directory, made, logs)
        write_beside(directory / "report.json", made)
        return made

    def summary(self) -> str:
        """`PASS 5/5 · detection p50 2.0 s max 2.1 s · 0.3 kB/s per node`."""
        failed = len(failed_verdicts(self.verdicts))
        skipped = sum(verdict.skipped for verdict in self.verdicts)
        gaps = sum(verdict.word == "OPEN" for verdict in self.verdicts)
        judged = len(self.verdicts) - skipped - gaps
        parts = [f"{'PASS' if self.passed else 'FAIL'} {judged - failed}/{judged}"]
        if skipped:
            parts[0] += f" ({skipped} skipped)"
        if gaps:
            parts[0] += f" ({counted(gaps, 'known gap')})"
        seen = report.detection(self.verdicts)
        if seen.p50 is not None and seen.last is not None:
            parts.append(f"detection p50 {seen.p50:.1f} s max {seen.last:.1f} s")
        rate: Optional[float] = report.idle_bytes_per_second(self.verdicts)
        if rate is not None:
            parts.append(f"{rate / 1000:.2f} kB/s per node")
        return " · ".join(parts)


def _skipped(scenario: Scenario, why: str) -> Verdict:
    return Verdict(scenario.name, scenario.name, why, passed=False, skipped=True)


def _aborted(scenario: Scenario, complaint: str, blamed: Optional[str]) -> Verdict:
    return Verdict(
        scenario.name, scenario.name, "could not be carried through", passed=False,
        complaint=complaint, blamed=blamed, known_gap=scenario.known_gap,
    )
