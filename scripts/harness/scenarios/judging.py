"""Complaints that several scenarios make in the same words."""

from typing import Dict, List, Optional, Sequence, Tuple

from ..run.stage import Stage
from ..run.verdict import name_list

Complaint = Tuple[str, Optional[str]]
NONE: Complaint = ("", None)


def burial_complaint(wrong: Dict[str, List[str]]) -> Tuple[str, str]:
    """The complaint about members that were declared dead although they ran, and the node whose log to read."""
    member = sorted(wrong)[0]
    by = wrong[member]
    return f"{member} was declared dead by {name_list(by)} although it ran", by[0]


def bystander_complaint(
    stage: Stage, since: float, besides: Sequence[str] = (), unheard: Sequence[str] = ()
) -> Complaint:
    """Of members that were declared dead since then though nothing was done to them."""
    wrong = stage.wrongly_failed(since, besides, unheard)
    return burial_complaint(wrong) if wrong else NONE


def unity_complaint(stage: Stage, what: str) -> Complaint:
    """Of the first that does not list exactly the running nodes as alive."""
    short = stage.disagreeing()
    if not short:
        return NONE
    alive, running = stage.timeline.alive(short[0]), set(stage.cluster.running())
    missing, extra = sorted(running - alive), sorted(alive - running)
    lists = f"does not list {name_list(missing)}" if missing else f"still lists {name_list(extra)}"
    return f"{short[0]} {lists} as alive {what}", short[0]


def first_missing(
    stage: Stage, observers: Sequence[str], member: str, kind: str, since: float
) -> Optional[str]:
    """The first of the observers that has not said so of that member."""
    heard = stage.heard(observers, member, kind, since)
    return next((name for name in observers if name not in heard), None)


def lists_as(stage: Stage, observer: Optional[str], member: str) -> str:
    """`n5 still lists n1 as dead`."""
    belief = None if observer is None else stage.timeline.belief(observer, member)
    return f"{observer} still lists {member} as {belief.state if belief else 'unknown'}"
