"""Plays a schedule of faults on a cluster and holds the cluster to what must be so throughout.

    healthy    two nodes without a fault for `dead_bound` seconds hold each other alive; so no healthy
               node is dead to another healthy node for longer than that
    unity      within that bound after the last fault all lists and all views are equal
    processes  none ends without a request
    memory     no process grows by more than a few MiB once it has settled

Each is a verdict of the run, with the first violation as its complaint.
"""

import heapq
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Set, Tuple

from ..nodes.namespaces import Loss
from ..nodes.sampler import Series
from .schedule import CALM_SECONDS, Deed
from ..scenarios.judging import unity_complaint
from ..run.stage import NodeEnded, Stage
from ..run.verdict import Verdict, median

_LOOK_SECONDS = 0.5
# A process is grown up after so long; from then on it may not grow by more than so much.
_SETTLED_SECONDS = 30.0
GROWTH_MEBIBYTES = 8.0


class Chaos:
    """One schedule on one stage."""

    def __init__(self, stage: Stage, deeds: Sequence[Deed], say: Callable[[str], None]):
        """`say` receives each fault as it begins."""
        self._stage = stage
        self._deeds = sorted(deeds, key=lambda deed: deed.at)
        self._say = say
        self._began = 0.0
        self._due: List[Tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._violation: Optional[Tuple[str, str]] = None
        # Deaths of healthy ones seen by healthy ones, however short.
        self._mistakes: Set[Tuple[str, str, float]] = set()
        # When something was last wrong with a node itself, and between two nodes.
        self._node_until: Dict[str, float] = {}
        self._pair_until: Dict[Tuple[str, str], float] = {}
        # Those that began a new life while the network was apart: their seeds may all be beyond the cut,
        # so they owe nothing before the heal.
        self._born_apart: Optional[Set[str]] = None

    def play(self, seconds: float, samples: Callable[[], Dict[str, Series]]) -> Iterator[Verdict]:
        """All faults, then calm; yields the verdicts at the end."""
        stage = self._stage
        self._began = stage.now()
        for deed in self._deeds:
            self._plan(deed.at, lambda deed=deed: self._begin(deed))
        ended: Optional[NodeEnded] = None
        try:
            self._go_on(self._began + max(seconds - CALM_SECONDS, self._last_end()))
            yield self._judge_unity()
        except NodeEnded as died:
            ended = died
        yield Verdict(
            "processes", "processes", f"{len(self._deeds)} faults", passed=ended is None,
            complaint=str(ended) if ended else "", blamed=ended.node if ended else None,
        )
        yield self._judge_healthy()
        yield judge_memory(samples())

    def _go_on(self, until: float) -> None:
        while self._stage.now() < until:
            following = self._due[0][0] if self._due else until
            self._stage.wait(
                lambda: False, min(following, self._stage.now() + _LOOK_SECONDS, until),
                lambda: f"{until - self._stage.now():.0f} s to go",
            )
            while self._due and self._due[0][0] <= self._stage.now():
                heapq.heappop(self._due)[2]()
            self._look()

    def _last_end(self) -> float:
        return max((deed.end for deed in self._deeds), default=0.0) + 0.1

    def _plan(self, at: float, deed: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._due, (self._began + at, self._count, deed))

    # --- faults -----------------------------------------------------------------------------------

    def _begin(self, deed: Deed) -> None:
        self._say(deed.text)
        over = self._stage.now() + deed.seconds
        end = self._begin_process(deed) if deed.kind in ("kill", "pause", "leave") else self._begin_network(deed)
        self._plan(over - self._began, end)

    def _begin_process(self, deed: Deed) -> Callable[[], None]:
        cluster, (name,) = self._stage.cluster, deed.nodes
        self._node_until[name] = float("inf")
        (self._born_apart or set()).discard(name)
        {"kill": cluster.kill, "pause": cluster.pause, "leave": cluster.leave}[deed.kind](name)

        def end() -> None:
            (cluster.resume if deed.kind == "pause" else cluster.start)(name)
            self._node_until[name] = self._stage.now()
            if deed.kind != "pause" and self._born_apart is not None:
                self._born_apart.add(name)
                self._node_until[name] = float("inf")

        return end

    def _begin_network(self, deed: Deed) -> Callable[[], None]:
        cluster, network, names = self._stage.cluster, self._stage.network, self._stage.names
        if deed.kind == "noise":
            targets = [":".join(map(str, cluster.address(name))) for name in deed.nodes]
            attacker = cluster.attack(["noise", *targets, "--seconds", str(deed.seconds)])
            return attacker.kill
        cluster.note(deed.nodes, deed.text)
        rest = [name for name in names if name not in deed.nodes]
        if deed.kind == "partition":
            pairs = [(one, other) for one in deed.nodes for other in rest]
            fault = network.split(deed.nodes, rest)
        elif deed.kind == "mute":
            pairs = [(deed.nodes[0], other) for other in rest]
            fault = network.disturb([Loss(other, deed.nodes) for other in rest])
        elif deed.kind == "deaf":
            pairs = [(deed.nodes[0], other) for other in rest]
            fault = network.disturb([Loss(deed.nodes[0], tuple(rest))])
        else:
            # Relays compensate one bad link, and repetition compensates loss: no node may be dead for these.
            pairs = []
            one_way = deed.kind == "one-way"
            fault = network.disturb(
                [Loss(deed.nodes[0], deed.nodes[1:])] if one_way
                else [Loss(name, None, deed.protocol or None, deed.percent) for name in deed.nodes]
            )
        self._mark(pairs, float("inf"))
        self._born_apart = set() if pairs else None

        def end() -> None:
            network.lift(fault)
            cluster.note(deed.nodes, f"{deed.kind} ends")
            self._mark(pairs, self._stage.now())
            for name in self._born_apart or ():
                self._node_until[name] = self._stage.now()
            self._born_apart = None

        return end

    def _mark(self, pairs: Sequence[Tuple[str, str]], until: float) -> None:
        for one, other in pairs:
            self._pair_until[one, other] = self._pair_until[other, one] = until

    # --- what must be so --------------------------------------------------------------------------

    def _look(self) -> None:
        """Whether two that are healthy hold each other alive."""
        if self._violation is not None:
            return
        bound = self._stage.limits.dead_bound
        since = self._stage.now() - bound
        healthy = [
            name for name in self._stage.names
            if self._node_until.get(name, self._began - bound) <= since
        ]
        for observer in healthy:
            beliefs = self._stage.timeline.beliefs(observer)
            for member in healthy:
                belief = beliefs.get(member)
                state = "unknown" if belief is None else belief.state
                if state in ("alive", "suspect") or self._pair_until.get((observer, member), 0) > since:
                    continue
                # One that is healthy and unknown has been so for the whole of the bound.
                held = bound if belief is None else self._stage.now() - belief.since
                if belief is not None:
                    self._mistakes.add((observer, member, belief.since))
                if held < bound:
                    continue
                self._violation = (
                    f"{observer} holds {member} as {state} for {held:.1f} s, "
                    f"{self._stage.now() - self._began:.1f} s after the start, "
                    f"though nothing was done to either in the last {bound:g} s",
                    observer,
                )
                self._say(f"VIOLATION: {self._violation[0]}")
                return

    def _judge_healthy(self) -> Verdict:
        bound = self._stage.limits.dead_bound
        complaint, blamed = self._violation or ("", None)
        return Verdict(
            "healthy", "healthy", f"no healthy node dead for more than {bound:g} s",
            passed=not complaint, complaint=complaint, blamed=blamed,
            note=f"{len(self._mistakes)} mistaken for a moment" if self._mistakes else "",
            measurements={"mistaken_deaths": len(self._mistakes)},
        )

    def _judge_unity(self) -> Verdict:
        stage, bound = self._stage, self._stage.limits.dead_bound
        since = stage.now()
        took = stage.wait_until_all_agree(since, bound)
        complaint, blamed = "", None
        if took is None:
            complaint, blamed = unity_complaint(stage, f"{bound:g} s after the last fault")
        else:
            complaint = stage.wait_until_views_equal(bound)
        stage.watch(CALM_SECONDS, lambda: "calm")
        return Verdict(
            "unity", "unity", f"{len(stage.names) - len(stage.disagreeing())}/{len(stage.names)} agree",
            passed=not complaint, seconds=took, limit=bound, complaint=complaint, blamed=blamed,
        )


def judge_memory(series: Dict[str, Series]) -> Verdict:
    """Of each process the memory at the end against that when it had settled."""
    worst, whose, judged = 0.0, None, 0
    for name, seen in series.items():
        for at, resident in seen.lives():
            settled = [size for when, size in zip(at, resident) if when - at[0] >= _SETTLED_SECONDS]
            if len(settled) < 8:
                continue
            judged += 1
            part = max(1, len(settled) // 5)
            grown = ((median(settled[-part:]) or 0) - (median(settled[:part]) or 0)) / (1 << 20)
            if grown > worst:
                worst, whose = grown, name
    passed = worst <= GROWTH_MEBIBYTES
    return Verdict(
        "memory", "memory", f"{judged} lives, the most grown by {worst:.1f} MiB",
        passed=passed and judged > 0, skipped=judged == 0,
        complaint="" if passed else f"{whose} grew by {worst:.1f} MiB, limit {GROWTH_MEBIBYTES:g}",
        blamed=None if passed else whose,
        measurements={"grown_mib": round(worst, 2), "processes": judged},
    )
