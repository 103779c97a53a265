"""Which faults come when: made from a seed, written as lines of JSON, read again to be replayed.

A schedule knows no cluster; it names nodes and times only. At any moment at most three of ten nodes are
stopped or away, and at most one thing is wrong with the network, so that a majority can always be right.
"""

import json
import random
from dataclasses import asdict, dataclass
from typing import Dict, List, Optional, Sequence, Set, Tuple

# The possible faults, their relative frequency, and their duration (seconds, least and most).
_PROCESS: Dict[str, Tuple[int, float, float]] = {
    "kill": (4, 0.2, 20.0),
    "pause": (5, 0.2, 12.0),
    "leave": (2, 0.5, 10.0),
}
_NETWORK: Dict[str, Tuple[int, float, float]] = {
    "partition": (2, 2.0, 20.0),
    "one-way": (2, 2.0, 15.0),
    "mute": (1, 2.0, 15.0),
    "deaf": (1, 2.0, 15.0),
    "loss": (2, 5.0, 20.0),
    "noise": (1, 3.0, 8.0),
}
_GAP_SECONDS = (0.2, 6.0)
_MOST_AWAY = 0.3
# After the last fault has ended the cluster is only watched.
CALM_SECONDS = 5.0


@dataclass(frozen=True)
class Deed:
    """One fault: from `at` on for `seconds`, done to `nodes` (in the order that the kind gives them)."""

    at: float
    kind: str
    seconds: float
    nodes: Tuple[str, ...]
    # Loss: how many of a hundred packets, and of which protocol ("" all).
    percent: int = 0
    protocol: str = ""

    @property
    def end(self) -> float:
        """When it is over."""
        return self.at + self.seconds

    @property
    def text(self) -> str:
        """For a person: `pause n3 for 4.2 s`."""
        how = f" {self.percent} % of {self.protocol or 'everything'}" if self.kind == "loss" else ""
        whom = "all" if self.kind in ("loss", "noise") else " ".join(self.nodes)
        return f"{self.kind}{how} {whom} for {self.seconds:g} s"


def make(names: Sequence[str], seconds: float, seed: int, network: bool) -> List[Deed]:
    """A schedule of that length for those nodes; the same for the same arguments."""
    dice = random.Random(f"{seed}/chaos")
    kinds = {**_PROCESS, **(_NETWORK if network else {})}
    words = list(kinds)
    weights = [kinds[word][0] for word in words]
    most_away = max(1, int(len(names) * _MOST_AWAY))
    deeds: List[Deed] = []
    at = dice.uniform(*_GAP_SECONDS)
    while at < seconds - CALM_SECONDS - 1:
        kind = dice.choices(words, weights)[0]
        least, most = kinds[kind][1:]
        lasting = round(min(dice.uniform(least, most), seconds - CALM_SECONDS - at), 1)
        deed = _deed(kind, round(at, 1), lasting, names, _busy(deeds, at), dice)
        away = len(_busy([d for d in deeds if d.kind in _PROCESS], at))
        at_fault = any(d.kind in _NETWORK and d.end > at for d in deeds)
        fits = away < most_away if kind in _PROCESS else not at_fault
        if deed is not None and fits:
            deeds.append(deed)
        at += dice.uniform(*_GAP_SECONDS)
    return deeds


def _busy(deeds: Sequence[Deed], at: float) -> Set[str]:
    """The nodes that a fault of their own holds at that time, or did a second ago."""
    return {
        name for deed in deeds if deed.end + 1 > at and deed.kind not in ("loss", "noise", "partition")
        for name in deed.nodes
    }


def _deed(
    kind: str, at: float, seconds: float, names: Sequence[str], busy: Set[str], dice: random.Random
) -> Optional[Deed]:
    free = [name for name in names if name not in busy]
    if kind in ("loss", "noise"):
        percent = dice.choice((5, 10, 20, 30)) if kind == "loss" else 0
        return Deed(at, kind, seconds, tuple(names), percent, dice.choice(("udp", "")))
    wanted = {"partition": dice.randint(1, max(1, len(names) // 2)), "one-way": 2}.get(kind, 1)
    pool = list(names) if kind == "partition" else free
    if len(pool) < wanted:
        return None
    return Deed(at, kind, seconds, tuple(dice.sample(pool, wanted)))


def write(deeds: Sequence[Deed]) -> str:
    """One line of JSON for each."""
    return "".join(json.dumps(asdict(deed)) + "\n" for deed in deeds)


def read(text: str) -> List[Deed]:
    """Reads the text of `write`. Throws ValueError for anything else."""
    deeds = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            fields = json.loads(line)
            deeds.append(Deed(**{**fields, "nodes": tuple(fields["nodes"])}))
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"line {number} is not a fault: {error}") from error
    return deeds
