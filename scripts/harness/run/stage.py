"""The view and the actions of a scenario: the cluster, the clock, the dice, and waiting with a bound.

A scenario is a generator of verdicts over a stage. It never touches a process, a file or the time
by itself, so a scenario can be tested with a scripted cluster and a clock that jumps.
"""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from ..nodes.control import Control, ControlError, distinct_views
from ..nodes.events import Event
from .limits import Limits
from ..nodes.measure import Figures, Sample, cpu_seconds, figures, resident_bytes, sample
from ..nodes.timeline import Timeline
from .verdict import Spread


# How often the processes are looked at while something is awaited.
_LOOK_SECONDS = 0.1


class NodeEnded(Exception):
    """A process ended without a request."""

    def __init__(self, node: str, how: str):
        super().__init__(f"{node} ended by itself ({how})")
        self.node = node


@dataclass
class Settings:
    """The choices of the user."""

    seed: int
    profile: str = "lan"
    quiet_window: float = 5.0
    idle_window: float = 10.0
    build: str = "release"
    # The program of the previous version, if there is one to upgrade from.
    old_binary: Optional[Path] = None


class Stage:
    """One run's cluster, as scenarios see it."""

    def __init__(
        self,
        cluster: Any,
        timeline: Timeline,
        control: Control,
        limits: Limits,
        settings: Settings,
        progress: Callable[[str], None] = lambda text: None,
    ):
        """`cluster` is a `Cluster` or anything with its verbs."""
        self.cluster = cluster
        self.timeline = timeline
        self.control = control
        self.limits = limits
        self.settings = settings
        self.progress = progress
        self.random = random.Random(f"{settings.seed}")
        # Whether anything was done to the cluster since it formed.
        self.is_disturbed = False

    def begin(self, scenario: str) -> None:
        """The dice of a scenario depend on the seed and its name only, not on what ran before."""
        self.random = random.Random(f"{self.settings.seed}/{scenario}")

    # --- time -------------------------------------------------------------------------------------

    def now(self) -> float:
        """Seconds, from nowhere in particular."""
        return self.timeline.clock()

    def wait(
        self,
        condition: Callable[[], bool],
        until: float,
        progress: Optional[Callable[[], str]] = None,
    ) -> bool:
        """Whether the condition came to hold by then. Throws `NodeEnded`."""

        looked = -_LOOK_SECONDS

        def checked() -> bool:
            nonlocal looked
            if self.now() - looked >= _LOOK_SECONDS:
                looked = self.now()
                ended = self.cluster.ended_unasked()
                if ended is not None:
                    raise NodeEnded(*ended)
            if progress is not None:
                self.progress(progress())
            return condition()

        return self.timeline.wait_until(checked, until)

    def watch(self, seconds: float, progress: Optional[Callable[[], str]] = None) -> None:
        """Lets that time pass. Throws `NodeEnded`."""
        self.wait(lambda: False, self.now() + seconds, progress)

    # --- who ------------------------------------------------------------------------------------

    @property
    def names(self) -> List[str]:
        """All nodes of the run."""
        return self.cluster.names

    def pick(self) -> str:
        """A node for a fault, by the seed. It may be any node, also the first, which is the seed of all others."""
        return self.random.choice(self.cluster.running())

    def pick_rested(self, besides: Sequence[str] = ()) -> str:
        """A node to fall silent, in a new process unless nothing was done to the cluster yet. One that
        was late within the last minute is given longer before it counts as dead, and a restart ends
        that (Specs/Protocol.md, "Slow members")."""
        victim = self.random.choice(self.others(*besides))
        if self.is_disturbed:
            self.cluster.kill(victim)
            self.wait_until_all_agree(self.cluster.start(victim), self.limits.return_known)
        return victim

    def others(self, *victims: str) -> List[str]:
        """The running nodes but these."""
        return [name for name in self.cluster.running() if name not in victims]

    def split(self, count: int) -> Tuple[List[str], List[str]]:
        """So many running nodes by the seed, and the rest."""
        running = list(self.cluster.running())
        chosen = self.random.sample(running, count)
        return chosen, [name for name in running if name not in chosen]

    @property
    def network(self) -> Any:
        """Where the nodes live; see `harness.nodes.network`."""
        return self.cluster.network

    # --- what was said ----------------------------------------------------------------------------

    def heard(self, observers: Iterable[str], member: str, kind: str, since: float) -> Dict[str, float]:
        """For each observer that said `kind` of `member` since then: after how many seconds."""
        found: Dict[str, float] = {}
        for event in self.timeline.events(since, [kind], observers, [member]):
            found.setdefault(event.observer, event.at - since)
        return found

    def wait_until_heard(
        self, observers: Sequence[str], member: str, kind: str, since: float, limit: float
    ) -> Dict[str, float]:
        """The same, as soon as all have said it, or after `limit` seconds since then."""

        def all_said() -> bool:
            return len(self.heard(observers, member, kind, since)) == len(observers)

        def progress() -> str:
            return f"{len(self.heard(observers, member, kind, since))}/{len(observers)} said {kind}"

        self.wait(all_said, since + limit, progress)
        return self.heard(observers, member, kind, since)

    def holds_alive(self, observer: str, member: str, above: int = -1, since: float = 0.0) -> bool:
        """Whether it does, by an incarnation above that one."""
        belief = self.timeline.belief(observer, member)
        return (
            belief is not None
            and belief.state == "alive"
            and belief.incarnation > above
            and belief.since >= since
        )

    def disagreeing(self) -> List[str]:
        """The running nodes that do not hold exactly the running nodes alive."""
        expected = frozenset(self.cluster.running())
        return [name for name in self.cluster.running() if self.timeline.alive(name) != expected]

    def last_change(self, since: float) -> float:
        """Seconds from then to the last event of all; 0 if there was none."""
        events = self.timeline.events(since)
        return events[-1].at - since if events else 0.0

    def wait_until_all_agree(self, since: float, limit: float) -> Optional[float]:
        """Seconds from then until every running node held exactly the running nodes alive."""
        count = len(self.cluster.running())

        def progress() -> str:
            return f"{count - len(self.disagreeing())}/{count} agree"

        agreed = self.wait(lambda: not self.disagreeing(), since + limit, progress)
        return self.last_change(since) if agreed else None

    def wrongly_failed(
        self, since: float, besides: Sequence[str] = (), unheard: Sequence[str] = ()
    ) -> Dict[str, List[str]]:
        """Members declared dead since then that were not meant to be, and by whom.

        Reports about `besides` do not count, nor do reports of `unheard`: a node that is cut off may believe
        anything.
        """
        wrong: Dict[str, List[str]] = {}
        for event in self.timeline.events(since, ["failed"], self.names, self.names):
            if event.member in besides or event.observer in unheard:
                continue
            if not self._is_former(event):
                by = wrong.setdefault(event.member, [])
                by += [] if event.observer in by else [event.observer]
        return wrong

    def _is_former(self, event: Event) -> bool:
        """Whether it is about an earlier bearer of the name, with another identity."""
        now = self.timeline.ready(event.member)
        return now is not None and event.id not in ("", now.id)

    def wrongly_suspected(self, since: float, besides: Sequence[str] = ()) -> List[str]:
        """Members suspected since then that were not meant to be; sorted."""
        said = self.timeline.events(since, ["suspected"], self.names)
        suspected = {event.member for event in said}
        return sorted(suspected.difference(besides))

    # --- asking the nodes -------------------------------------------------------------------------

    def wait_until_views_equal(self, limit: float) -> str:
        """Asks every running node for its view digest until all are equal; "" or what is wrong."""
        until = self.now() + limit
        while True:
            complaint = self._views_differ()
            if not complaint or self.now() >= until:
                return complaint
            self.watch(0.2)

    def _views_differ(self) -> str:
        try:
            answers = {name: self.control.status(name) for name in self.cluster.running()}
        except ControlError as error:
            return str(error)
        views = distinct_views(answers)
        if len(views) <= 1:
            return ""
        shown = "; ".join(f"{', '.join(names)}: {view}" for view, names in sorted(views.items(), key=str))
        return f"{len(views)} different views ({shown})"

    def measure(self, seconds: float) -> List[Figures]:
        """The resources that each running node uses while nothing happens for that time."""
        # The first question of all wakes what a first question wakes; only then is it idle.
        for name in self.cluster.running():
            self.control.status(name)
        self.watch(0.5)
        before = {name: self._sample(name, cpu_last=True) for name in self.cluster.running()}
        self.watch(seconds, lambda: f"idle, {seconds:g} s")
        after = {name: self._sample(name, cpu_last=False) for name in self.cluster.running()}
        return [figures(name, before[name], after[name]) for name in after]

    def resident(self) -> Dict[str, int]:
        """Bytes of memory of each running node, where the system tells."""
        found = {name: resident_bytes(self.cluster.pid(name)) for name in self.cluster.running()}
        return {name: size for name, size in found.items() if size is not None}

    def _sample(self, name: str, cpu_last: bool) -> Sample:
        pid = self.cluster.pid(name)
        cpu = cpu_seconds(pid)
        traffic = self.control.status(name)["traffic"]
        return sample(pid, traffic, self.now(), cpu_seconds(pid) if cpu_last else cpu)

    def version(self) -> Optional[str]:
        """Of the nodes; None if the first does not answer."""
        try:
            return str(self.control.status(self.names[0])["version"])
        except (ControlError, KeyError):
            return None


def spread(heard: Dict[str, float]) -> Spread:
    """How long it took those who heard."""
    return Spread(sorted(heard.values()))
