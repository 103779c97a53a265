"""The scenarios by name: what is done to the cluster, and what must be so afterwards.

Each is a function from a stage to verdicts, in a file with its like. `form` opens every run and `quiet`
closes it; the others run in an order that the seed decides, or in the order that was asked for. The
quick ones are played when none is asked for, the others by name or by `--all`.
"""

import random
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple

from ..run.stage import Stage
from ..run.verdict import Verdict
from .bulk import bulk
from .form import form
from .identity import copied_directory, lost_incarnation
from .idle import idle
from .kill import kill, mass_kill, silent_kill
from .leave import leave
from .loss import loss
from .machine import clock, disk_full
from .partition import mute, one_way, partition, udp_blocked
from .pause import pause
from .quiet import quiet
from .reach import no_route, uncallable
from .rest import rest
from .restart import restart
from .rolling import restart_anew, rolling
from .rotate import rotate
from .states import states
from .strangers import noise, scan, slow_loris, strangers
from .sudden import abort, kill_under_loss, lines_reset, network_removed, tcp_refused
from .surroundings import control_socket, descriptors, unread_output
from .upgrade import upgrade


class Scenario(NamedTuple):
    """A name to ask for, how many nodes it needs, and what it does."""

    name: str
    least_nodes: int
    run: Callable[[Stage], Iterator[Verdict]]
    # Whether it breaks the network, which takes network namespaces.
    network: bool = False
    quick: bool = True
    # Whether what it looks for is known to be missing. The mark goes with the gap.
    known_gap: bool = False
    # Whether it takes a program of the previous version.
    needs_old: bool = False


FIRST = Scenario("form", 1, form)
LAST = Scenario("quiet", 1, quiet)

# Disturbances: any order.
DISTURBANCES: List[Scenario] = [
    Scenario("kill", 2, kill),
    Scenario("silent-kill", 2, silent_kill),
    Scenario("mass-kill", 4, mass_kill, quick=False),
    Scenario("abort", 2, abort, quick=False),
    Scenario("pause", 2, pause),
    Scenario("restart", 2, restart),
    Scenario("restart-anew", 3, restart_anew, quick=False),
    Scenario("rolling", 3, rolling, quick=False),
    Scenario("upgrade", 3, upgrade, quick=False, needs_old=True),
    Scenario("leave", 2, leave),
    Scenario("rotate", 3, rotate, quick=False),
    Scenario("bulk", 2, bulk(lambda count: max(2 * count, 16), "bulk"), quick=False),
    Scenario("crowd", 2, bulk(lambda count: 64, "crowd"), quick=False),
    Scenario("partition", 5, partition, network=True),
    Scenario("states", 4, states, network=True, quick=False),
    Scenario("one-way", 3, one_way, network=True, quick=False),
    Scenario("mute", 4, mute, network=True, quick=False),
    Scenario("udp-blocked", 4, udp_blocked, network=True, quick=False),
    Scenario("loss-5", 2, loss(5, "udp"), network=True, quick=False),
    Scenario("loss-20", 2, loss(20, "udp"), network=True, quick=False),
    Scenario("loss-30", 2, loss(30, "udp"), network=True, quick=False),
    Scenario("loss-all-5", 2, loss(5, None), network=True, quick=False),
    Scenario("loss-all-20", 2, loss(20, None), network=True, quick=False),
    Scenario("loss-all-30", 2, loss(30, None), network=True, quick=False),
    Scenario("kill-loss-20", 3, kill_under_loss, network=True, quick=False),
    Scenario("network-removed", 3, network_removed, network=True, quick=False),
    Scenario("lines-reset", 2, lines_reset, network=True, quick=False),
    Scenario("tcp-refused", 2, tcp_refused, network=True, quick=False),
    Scenario("strangers", 2, strangers, quick=False),
    Scenario("scan", 2, scan, quick=False),
    Scenario("noise", 2, noise, quick=False),
    Scenario("slow-loris", 2, slow_loris, quick=False),
    Scenario("clock", 3, clock, quick=False),
    Scenario("disk-full", 3, disk_full, quick=False),
    Scenario("uncallable", 2, uncallable, quick=False),
    Scenario("no-route", 2, no_route, network=True, quick=False),
    Scenario("copied-directory", 3, copied_directory, quick=False),
    Scenario("lost-incarnation", 3, lost_incarnation, quick=False),
    Scenario("descriptors", 2, descriptors, quick=False),
    Scenario("unread-output", 2, unread_output, quick=False),
    Scenario("control-socket", 2, control_socket, quick=False),
]

# Observations of a cluster that was left alone for a moment: after the disturbances.
OBSERVATIONS: List[Scenario] = [Scenario("idle", 1, idle), Scenario("rest", 1, rest, quick=False)]

BY_NAME: Dict[str, Scenario] = {
    scenario.name: scenario for scenario in [FIRST, *DISTURBANCES, *OBSERVATIONS, LAST]
}


def plan(asked: Iterable[str], seed: int, everything: bool = False) -> List[Scenario]:
    """The scenarios of a run, first to last.

    Asked for by name: in that order. Not asked: the quick ones or all, shuffled by the seed.
    """
    names = [name for name in asked if name not in (FIRST.name, LAST.name)]
    if names or list(asked):
        between = [BY_NAME[name] for name in names]
    else:
        between = [scenario for scenario in DISTURBANCES if scenario.quick or everything]
        random.Random(f"{seed}/order").shuffle(between)
        between += [scenario for scenario in OBSERVATIONS if scenario.quick or everything]
    return [FIRST, *between, LAST]
