"""The values that members publish, put through faults: at the end each living member is asked what it holds of every other,
and that is compared with what its owner wrote last.

All systems get the same writes at the same moments. A member publishes its values when its process begins, and
changes some of them now and then; it never repeats itself for the sake of others. An entry is one key of one
owner at one holder, and it is *wrong* if it is missing, old, or there although its owner does not have it. An
entry that is wrong for a minute after the fault and the last write is *lost*.
"""

from typing import Any, Callable, Dict, List, Sequence

from ..nodes.namespaces import Loss
from ..run.stage import Stage

Values = Dict[str, str]

SOON_SECONDS = 5.0
LOST_SECONDS = 60.0
WRITE_GAP = 0.1
FAULT_SECONDS = 20.0
LOSS_PERCENT = 30
# A killed process stays away for longer than any of the systems needs to know it.
AWAY_SECONDS = 12.0
# Now and then a value is larger than a datagram.
LARGE = 2000
READY_SECONDS = 15.0


class Ledger:
    """The values that each process has published since it began."""

    def __init__(self, stage: Stage):
        """All running members begin. Throws `NotImplementedError` if the system has no such thing."""
        self._stage = stage
        self._cluster = stage.cluster
        self._written: Dict[str, Values] = {}
        self._count = 0
        for name in stage.cluster.running():
            self.begin(name)

    def begin(self, name: str) -> None:
        """Publishes what a fresh process does, in place of all that it has published."""
        stage = self._stage
        stage.wait(lambda: stage.timeline.ready(name) is not None, stage.now() + READY_SECONDS)
        old = self._held(name).get(name, {})
        self._written[name] = {}
        first = {"ready": "yes", "zone": f"zone-{stage.random.randrange(3)}", "load": "0"}
        self._publish(name, {**{key: None for key in old if key not in first}, **first})

    def forget(self, name: str) -> None:
        """Its process ends, and what it published with it."""
        self._written.pop(name, None)

    def write_for(self, seconds: float, progress: str) -> None:
        """One of the members changes a value, ten times a second."""
        stage = self._stage
        until = stage.now() + seconds
        while stage.now() < until:
            self._write(stage.random.choice(sorted(self._written)))
            stage.watch(WRITE_GAP, lambda: progress)

    def _write(self, name: str) -> None:
        dice = self._stage.random
        self._count += 1
        part = f"part/{dice.randrange(6)}"
        if part in self._written[name] and dice.random() < 0.4:
            self._publish(name, {part: None})
        elif dice.random() < 0.02:
            self._publish(name, {"large": f"{self._count:08}" * (LARGE // 8)})
        else:
            self._publish(name, {dice.choice(["load", part]): f"value {self._count}"})

    def _publish(self, name: str, values: Dict[str, Any]) -> None:
        cluster = self._cluster
        cluster.peer.publish(cluster.nodes[name], cluster.workspace.data, values)
        for key, value in values.items():
            if value is None:
                self._written[name].pop(key, None)
            else:
                self._written[name][key] = value

    def _held(self, holder: str) -> Dict[str, Values]:
        cluster = self._cluster
        return cluster.peer.published(cluster.nodes[holder], cluster.workspace.data)

    def wrong(self) -> int:
        """How many entries are, at all living members together."""
        return sum(differences(self._written, self._held(name)) for name in self._cluster.running())


def differences(written: Dict[str, Values], held: Dict[str, Values]) -> int:
    """The keys of all owners that are not the same in both."""
    count = 0
    for owner in {*written, *held}:
        ours, theirs = written.get(owner, {}), held.get(owner, {})
        count += sum(ours.get(key) != theirs.get(key) for key in {*ours, *theirs})
    return count


def _kill(stage: Stage, ledger: Ledger) -> None:
    """A process is killed while all write, and starts again."""
    ledger.write_for(3, "all write")
    victim = stage.pick()
    stage.cluster.kill(victim)
    ledger.forget(victim)
    ledger.write_for(AWAY_SECONDS, f"all but {victim} write")
    stage.cluster.start(victim)
    ledger.begin(victim)
    ledger.write_for(2, "all write")


def _partition(stage: Stage, ledger: Ledger) -> None:
    """Both halves write while they are apart; no member writes afterwards."""
    few, many = stage.split(len(stage.cluster.running()) // 2)
    fault = stage.network.split(few, many)
    ledger.write_for(FAULT_SECONDS, f"{len(few)}|{len(many)} write apart")
    stage.network.lift(fault)


def _loss(stage: Stage, ledger: Ledger) -> None:
    """All lose packets while they write; no member writes afterwards."""
    fault = stage.network.disturb([Loss(name, None, None, LOSS_PERCENT) for name in stage.cluster.running()])
    ledger.write_for(FAULT_SECONDS, f"all write at {LOSS_PERCENT} % loss")
    stage.network.lift(fault)


def _rolling(stage: Stage, ledger: Ledger) -> None:
    """Each leaves and starts again while the others write, as for an upgrade."""
    for name in list(stage.cluster.running()):
        stage.cluster.leave(name)
        ledger.forget(name)
        ledger.write_for(1, f"{name} is away")
        stage.cluster.exit_status(name, READY_SECONDS)
        started = stage.cluster.start(name)
        ledger.begin(name)
        ledger.write_for(1, f"{name} is back")
        stage.wait_until_all_agree(started, LOST_SECONDS)


Fault = Callable[[Stage, Ledger], None]


def _cell(title: str, fault: Fault) -> Callable[[Stage, Any], Dict[str, Any]]:
    def play(stage: Stage, effort: Any) -> Dict[str, Any]:
        equal: List[float] = []
        soon: List[float] = []
        lost: List[float] = []
        try:
            for _ in range(effort.repeats):
                _compare(stage, Ledger(stage), fault, (equal, soon, lost))
        except NotImplementedError:
            return {}
        return {
            f"{title}: equal after": ("s", equal),
            f"{title}: wrong after {SOON_SECONDS:g} s": ("", soon),
            f"{title}: lost": ("", lost),
        }

    play.__doc__ = fault.__doc__
    return play


def _compare(stage: Stage, ledger: Ledger, fault: Fault, figures: Sequence[List[float]]) -> None:
    equal, soon, lost = figures
    fault(stage, ledger)
    since = stage.now()

    def becomes_equal(within: float) -> bool:
        return stage.wait(lambda: ledger.wrong() == 0, since + within, lambda: "becoming equal")

    is_equal = becomes_equal(SOON_SECONDS)
    soon.append(0.0 if is_equal else float(ledger.wrong()))
    is_equal = is_equal or becomes_equal(LOST_SECONDS)
    equal.append(stage.now() - since if is_equal else LOST_SECONDS)
    lost.append(0.0 if is_equal else float(ledger.wrong()))
    stage.wait_until_all_agree(stage.now(), LOST_SECONDS)


STATE_CELLS: Dict[str, Callable[[Stage, Any], Dict[str, Any]]] = {
    "state-kill": _cell("state kill", _kill),
    "state-partition": _cell("state partition", _partition),
    "state-loss": _cell(f"state loss {LOSS_PERCENT} %", _loss),
    "state-rolling": _cell("state rolling", _rolling),
}
