"""Members that a member invents: signed by invented identities, without a process."""

from typing import List, Optional

from .measuring import Paced
from .postures import Known, Member
from .target import Target

REFRESHES_A_FRAME = 13


def invent(target: Target, count: int, name: str = "ghost") -> List[Known]:
    """Members with a signature to show and no process behind it."""
    return [Known(target, f"{name}{number}", port=1 + number) for number in range(count)]


def enter_all(member: Member, ghosts: List[Known], to: Optional[List[str]] = None) -> None:
    for start in range(0, len(ghosts), 4):
        member.gossip(*(one.full() for one in ghosts[start : start + 4]), to=to)


def refute_all(member: Member, ghosts: List[Known], per_second: float, to: Optional[List[str]]) -> Paced:
    """The next incarnation of some of them at a time, in turns."""
    turn = [0]

    def some(_: int) -> None:
        items = []
        for _ in range(REFRESHES_A_FRAME):
            ghost = ghosts[turn[0] % len(ghosts)]
            turn[0] += 1
            ghost.incarnation += 1
            items.append(ghost.refresh(ghost.incarnation))
        member.gossip(*items, to=to)

    return Paced(some, per_second / REFRESHES_A_FRAME)
