"""Values that members publish: written on both sides of a cut and through a kill, and equal at all in the end."""

from typing import Dict, Iterator, List

from ..nodes.control import ControlError
from ..run.stage import Stage
from ..run.verdict import Verdict

CUT_SECONDS = 12.0
LARGE = "v" * 4000

# By member: what it publishes.
States = Dict[str, Dict[str, str]]


def states(stage: Stage) -> Iterator[Verdict]:
    """All write; a part is cut off, both sides write, one member is killed; after the heal all hold the same."""
    expected: States = {}

    def write(name: str, key: str, value: str) -> None:
        stage.control.set_state(name, key, value)
        expected.setdefault(name, {})[key] = value

    for name in stage.names:
        write(name, "ready", "yes")
    few, many = stage.split(len(stage.names) // 2)
    stage.cluster.note(few, "cut off from the rest")
    fault = stage.network.split(few, many)
    try:
        for name in [few[0], many[0]]:
            write(name, "side", "few" if name in few else "many")
            write(name, "large", LARGE)
        victim = many[-1]
        stage.cluster.kill(victim)
        expected.pop(victim)
        stage.watch(CUT_SECONDS, lambda: "the parts are cut off")
        for number in range(20):
            write(many[0], f"count/{number % 4}", str(number))
    finally:
        stage.network.lift(fault)
    healed = stage.cluster.note(few, "joined to the rest again")
    limit = 2 * stage.limits.return_known
    running = list(stage.cluster.running())
    equal = stage.wait(
        lambda: not _differing(stage, expected), healed + limit,
        lambda: f"{len(running) - len(_differing(stage, expected))}/{len(running)} hold what was published")
    took = stage.now() - healed if equal else None
    differing = _differing(stage, expected)
    stage.cluster.start(victim)
    yield Verdict(
        scenario="states",
        title=f"states {len(few)}|{len(many)}",
        outcome=f"{len(running) - len(differing)}/{len(running)} hold what all others published",
        passed=not differing,
        seconds=took,
        limit=limit,
        note=f"cut {CUT_SECONDS:g} s, {victim} killed",
        complaint=f"{differing[0]} does not hold what the others published" if differing else "",
        blamed=differing[0] if differing else None,
        measurements={"differing": differing},
    )


def _differing(stage: Stage, expected: States) -> List[str]:
    """The running nodes that hold something else."""
    return [name for name in stage.cluster.running() if _held(stage, name) != expected]


def _held(stage: Stage, name: str) -> States:
    try:
        return {row["member"]: row["values"] for row in stage.control.state(name)["members"]}
    except ControlError:
        # A node that is overwhelmed answers later.
        return {}
