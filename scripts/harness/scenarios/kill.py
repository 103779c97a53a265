"""Processes fall silent without a goodbye; all others must notice, and declare no other member dead.

Three ways: one is killed (its port refuses from then on), one is stopped for good (its sockets still
take what is sent, so only silence tells), and three of ten are killed at one moment.
"""

import math
from typing import Callable, Iterator, List

from ..run.stage import Stage
from ..run.verdict import Spread, Verdict, name_list
from .judging import bystander_complaint, first_missing, lists_as


def kill(stage: Stage) -> Iterator[Verdict]:
    """Counts from SIGKILL until the last of the others has said `failed`."""
    yield silence(stage, "kill", [stage.pick_rested()], stage.cluster.kill, stage.limits.crash_known)


def silent_kill(stage: Stage) -> Iterator[Verdict]:
    """The same from a SIGSTOP that nothing follows."""
    victim = stage.pick_rested()
    yield silence(stage, "silent-kill", [victim], stage.cluster.pause, stage.limits.death_known)
    stage.cluster.kill(victim)


def mass_kill(stage: Stage) -> Iterator[Verdict]:
    """Three of ten at once, never more than leave two."""
    count = min(math.ceil(len(stage.names) * 0.3), len(stage.names) - 2)
    victims, _ = stage.split(max(1, count))
    yield silence(stage, "mass-kill", victims, stage.cluster.kill, stage.limits.many_deaths_known)


def silence(
    stage: Stage, scenario: str, victims: List[str], deed: Callable[[str], float], limit: float
) -> Verdict:
    stage.watch(stage.random.uniform(0, 1))
    since = [deed(victim) for victim in victims][0]
    others = stage.others(*victims)
    seen: List[float] = []
    complaint, blamed = "", None
    complete = set(others)
    for victim in victims:
        heard = stage.wait_until_heard(others, victim, "failed", since, limit)
        seen += heard.values()
        complete &= set(heard)
        if len(heard) < len(others) and not complaint:
            blamed = first_missing(stage, others, victim, "failed", since)
            complaint = f"{lists_as(stage, blamed, victim)} {limit:g} s after it fell silent"
    if not complaint:
        complaint, blamed = bystander_complaint(stage, since, victims)
    dead = Spread(sorted(seen))
    suspect = Spread([
        after for victim in victims
        for after in stage.heard(others, victim, "suspected", since).values()
    ])
    whom = victims[0] if len(victims) == 1 else f"{len(victims)}"
    what = "dead" if len(victims) == 1 else f"{len(victims)} dead"
    return Verdict(
        scenario=scenario,
        title=f"{scenario} {whom}",
        outcome=f"{len(complete)}/{len(others)} saw {what}",
        passed=not complaint,
        seconds=dead.last if len(complete) == len(others) else None,
        limit=limit,
        note="" if suspect.first is None else f"suspect after {suspect.first:.1f} s",
        complaint=complaint,
        blamed=blamed,
        measurements={
            "victim": name_list(victims, 99),
            "detection": dead.as_json(),
            "detection_ms": [round(value * 1000, 1) for value in dead.values],
            "suspected": suspect.as_json(),
            "false_suspicions": stage.wrongly_suspected(since, besides=victims),
        },
    )
