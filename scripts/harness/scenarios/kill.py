"""A process dies without a word; everybody else must notice, and bury nobody else."""

from typing import Iterator

from ..stage import Stage, spread
from ..verdict import Verdict, within
from .judging import burial_complaint, first_missing, lists_as


def kill(stage: Stage) -> Iterator[Verdict]:
    """Counts from SIGKILL until the last of the others has said `failed`."""
    victim = stage.pick()
    stage.watch(stage.random.uniform(0, 1))
    since = stage.cluster.kill(victim)
    others = stage.others(victim)
    limit = stage.limits.death_known
    dead = spread(stage.wait_until_heard(others, victim, "failed", since, limit))
    suspect = spread(stage.heard(others, victim, "suspected", since))
    complaint, blamed = "", None
    if dead.count < len(others):
        blamed = first_missing(stage, others, victim, "failed", since)
        complaint = f"{lists_as(stage, blamed, victim)} {limit:g} s after it was killed"
    elif wrong := stage.wrongly_failed(since, besides=[victim]):
        complaint, blamed = burial_complaint(wrong)
    yield Verdict(
        scenario="kill",
        title=f"kill {victim}",
        outcome=f"{dead.count}/{len(others)} saw dead",
        passed=not complaint and within(dead.last, limit),
        seconds=dead.last,
        limit=limit,
        note="" if suspect.first is None else f"suspect after {suspect.first:.1f} s",
        complaint=complaint,
        blamed=blamed,
        measurements={
            "victim": victim,
            "detection": dead.as_json(),
            "detection_ms": [round(value * 1000, 1) for value in dead.values],
            "suspected": suspect.as_json(),
            "false_suspicions": stage.wrongly_suspected(since, besides=[victim]),
        },
    )
