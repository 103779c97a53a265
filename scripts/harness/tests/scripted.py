"""A cluster that does what a test says, in time that jumps: for testing scenarios.

A test schedules the reports of the nodes after each fault. Waiting moves the clock to the next scheduled
report, or to the end of the wait, at once.
"""

import heapq
from typing import Callable, Dict, List, Optional, Tuple

from harness.nodes.control import ControlError
from harness.nodes.events import STATE_AFTER, Event
from harness.run.limits import LIMITS
from harness.run.stage import Settings, Stage
from harness.nodes.timeline import Timeline


class JumpingTimeline(Timeline):
    """Time passes only during a wait."""

    def __init__(self) -> None:
        self.time = 100.0
        self._due: List[Tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        super().__init__(lambda: self.time)

    def schedule(self, after: float, deed: Callable[[], None]) -> None:
        """Has it done so many seconds from now."""
        self._count += 1
        heapq.heappush(self._due, (self.time + after, self._count, deed))

    def wait_until(self, condition: Callable[[], bool], until: float, tick: float = 0.1) -> bool:
        while not condition():
            if self._due and self._due[0][0] <= until:
                self.time, _, deed = heapq.heappop(self._due)
                deed()
            elif self.time < until:
                self.time = until
            else:
                return False
        return True


class ScriptedNetwork:
    """Holds the faults that were made; a test's script says what they do."""

    can_disturb = True

    def __init__(self) -> None:
        self.faults: List[object] = []
        self.after: Callable[[str], None] = lambda verb: None

    def split(self, group: List[str], rest: List[str]) -> int:
        self.faults.append((group, rest))
        self.after("disturb")
        return 1

    def disturb(self, losses: List[object]) -> int:
        self.faults.append(losses)
        self.after("disturb")
        return 1

    def add_address_of_six(self, name: str) -> str:
        del name
        return "fd99::1"

    def lift(self, fault: int) -> None:
        del fault
        self.faults.clear()
        self.after("lift")


class ScriptedNode:
    """Takes what a scenario gives a node."""

    def __init__(self) -> None:
        self.options: List[str] = []


class ScriptedMachine:
    """The actions of the machine, by a test's script."""

    def __init__(self, cluster: "ScriptedCluster"):
        self._cluster = cluster
        # Of a core, from when no descriptor is left.
        self.share = 0.0

    def copy_of(self, name: str, asks_it: bool = False, knows_incarnation: bool = True) -> str:
        del name, asks_it, knows_incarnation
        return self._cluster.stranger([])

    def forget_incarnation(self, name: str) -> None:
        del name

    def unread(self, name: str) -> None:
        del name

    def no_more_files(self, name: str) -> None:
        self._cluster.after.get("no_more_files", lambda name: None)(name)

    def files_again(self, name: str) -> None:
        del name

    def connect(self, name: str, count: int) -> int:
        del name
        return count

    def hang_up(self) -> None:
        """There was no connection to close."""

    def processor_seconds(self, name: str) -> float:
        del name
        return self._cluster.timeline.time * self.share

    def remove_control_socket(self, name: str) -> None:
        self._cluster.after.get("remove_control_socket", lambda name: None)(name)


class ScriptedCluster:
    """Has the verbs of a cluster and, for each, a script of what the nodes then say."""

    def __init__(self, count: int, timeline: JumpingTimeline):
        self.names = [f"n{number}" for number in range(1, count + 1)]
        self.timeline = timeline
        self.network = ScriptedNetwork()
        self.up = list(self.names)
        self.incarnation = 1
        self.deeds: List[Tuple[str, str]] = []
        self.after: Dict[str, Callable[[str], None]] = {}
        self.machine = ScriptedMachine(self)
        self.nodes: Dict[str, ScriptedNode] = {}
        self.lines: Dict[str, List[str]] = {}
        self.status: Optional[int] = 0
        # Of those that differ from the others.
        self.statuses: Dict[str, Optional[int]] = {}
        self.ended: Optional[Tuple[str, str]] = None

    def say(self, observers: List[str], kind: str, member: str, after: float) -> None:
        """These observers will say so, in that many seconds."""
        for observer in observers:
            self.timeline.schedule(after, lambda name=observer: self.say_now(name, kind, member))

    def say_now(self, observer: str, kind: str, member: str) -> None:
        """One observer says so at this moment."""
        state = STATE_AFTER.get(kind, "alive")
        self.timeline.record(
            observer,
            Event(self.timeline.time, observer, member, kind, state, self.incarnation, (), "scripted"),
        )

    def form(self) -> None:
        """Every member knows every other."""
        for observer in self.names:
            for member in self.names:
                self.say_now(observer, "joined", member)
        self.timeline.time += 1

    def others(self, member: str) -> List[str]:
        """All running but that one."""
        return [name for name in self.up if name != member]

    def calm(self) -> None:
        self.network.faults.clear()

    def note(self, names: List[str], text: str) -> float:
        del names, text
        return self.timeline.time

    def stranger(self, options: List[str]) -> str:
        name = f"x{len(self.nodes) + 1}"
        self.nodes[name] = ScriptedNode()
        self.nodes[name].options = list(options)
        return name

    def dismiss(self, names: List[str]) -> None:
        self.up = [name for name in self.up if name not in names]

    def address(self, name: str) -> Tuple[str, int]:
        del name
        return "10.0.0.1", 2254

    def last_lines(self, name: str, count: int) -> List[str]:
        return self.lines.get(name, [])[-count:]

    # --- the verbs --------------------------------------------------------------------------------

    def _do(self, verb: str, name: str) -> float:
        self.deeds.append((verb, name))
        began = self.timeline.time
        self.after.get(verb, lambda name: None)(name)
        return began

    def kill(self, name: str) -> float:
        self.up.remove(name)
        return self._do("kill", name)

    def leave(self, name: str) -> float:
        if name in self.up:
            self.up.remove(name)
        return self._do("leave", name)

    def pause(self, name: str) -> float:
        return self._do("pause", name)

    def resume(self, name: str) -> float:
        return self._do("resume", name)

    def start(self, name: str) -> float:
        if name in self.names:
            self.up.append(name)
            self.up.sort()
        return self._do("start", name)

    def running(self) -> List[str]:
        return self.up

    def ended_unasked(self) -> Optional[Tuple[str, str]]:
        return self.ended

    def exit_status(self, name: str, within: float) -> Optional[int]:
        del within
        return self.statuses.get(name, self.status)


class ScriptedControl:
    """Every node answers with the view it was given; all the same if it was given none."""

    def __init__(self) -> None:
        self.views: Dict[str, str] = {}
        self.silent: List[str] = []
        self.sent = 0

    def send(self, node: str, text: str) -> None:
        del node, text
        self.sent += 1

    def status(self, node: str) -> dict:
        if node in self.silent:
            raise ControlError(f"{node} does not answer")
        return {"view": self.views.get(node, "one view"), "version": "0.0.0"}


def formed(count: int = 5, seed: int = 7) -> Tuple[Stage, ScriptedCluster]:
    """A stage with a cluster that has formed."""
    timeline = JumpingTimeline()
    cluster = ScriptedCluster(count, timeline)
    stage = Stage(cluster, timeline, ScriptedControl(), LIMITS["lan"], Settings(seed))
    cluster.form()
    return stage, cluster
