"""An attack and its outcome."""

from dataclasses import dataclass
from typing import Callable, Dict, List

OUTSIDE, KEY, MEMBER = "outside", "with the key", "as a member"


@dataclass(frozen=True)
class Outcome:
    """`remains` is what the defence does not cover, if anything."""

    held: bool
    happened: str
    remains: str = ""


@dataclass(frozen=True)
class Attack:
    name: str
    posture: str
    tries: str
    run: Callable[["object"], Outcome]
    # Whether it is over in some seconds with what every machine has, and so part of every run of the
    # tests.
    is_quick: bool
    # Whether Specs/ThreatModel.md says that it does not hold yet. The mark goes with the gap.
    is_known_gap: bool = False
    # The effect of the attack on a release build without the defence.
    undefended: str = ""


class Skipped(Exception):
    """It cannot be tried here; the text says why."""


ATTACKS: Dict[str, Attack] = {}


def attack(
    name: str, posture: str, tries: str, quick: bool = True, gap: bool = False, undefended: str = "",
):
    """Adds an attack to the list."""

    def add(run: Callable[["object"], Outcome]) -> Callable[["object"], Outcome]:
        ATTACKS[name] = Attack(name, posture, tries, run, quick, gap, undefended)
        return run

    return add


def chosen(names: List[str], only_quick: bool) -> List[Attack]:
    """Those asked for, in the order of the list."""
    wanted = names or list(ATTACKS)
    return [one for one in ATTACKS.values() if one.name in wanted and (one.is_quick or not only_quick)]
