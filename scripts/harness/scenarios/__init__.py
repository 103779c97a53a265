"""The scenarios by name: what is done to the cluster, and what must be so afterwards.

Each is a function from a stage to verdicts, in a file of its own. `form` opens every run and `quiet`
closes it; the others run in an order that the seed decides, or in the order that was asked for.
"""

import random
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple

from ..stage import Stage
from ..verdict import Verdict
from .form import form
from .idle import idle
from .kill import kill
from .leave import leave
from .pause import pause
from .quiet import quiet
from .restart import restart


class Scenario(NamedTuple):
    """A name to ask for, how many nodes it needs, and what it does."""

    name: str
    least_nodes: int
    run: Callable[[Stage], Iterator[Verdict]]


FIRST = Scenario("form", 1, form)
LAST = Scenario("quiet", 1, quiet)

# Disturbances: any order.
DISTURBANCES: List[Scenario] = [
    Scenario("kill", 2, kill),
    Scenario("pause", 2, pause),
    Scenario("restart", 2, restart),
    Scenario("leave", 2, leave),
]

# Observations of a cluster that was left alone for a moment: after the disturbances.
OBSERVATIONS: List[Scenario] = [Scenario("idle", 1, idle)]

BY_NAME: Dict[str, Scenario] = {
    scenario.name: scenario for scenario in [FIRST, *DISTURBANCES, *OBSERVATIONS, LAST]
}


def plan(asked: Iterable[str], seed: int) -> List[Scenario]:
    """The scenarios of a run, first to last.

    Asked for by name: in that order. Not asked: all, the disturbances shuffled by the seed.
    """
    names = [name for name in asked if name not in (FIRST.name, LAST.name)]
    if names or list(asked):
        between = [BY_NAME[name] for name in names]
    else:
        between = list(DISTURBANCES)
        random.Random(f"{seed}/order").shuffle(between)
        between += OBSERVATIONS
    return [FIRST, *between, LAST]
