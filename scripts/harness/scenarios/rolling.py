"""Every node is restarted, one after the other, as for an upgrade; and one comes back with a new identity."""

from typing import Iterator

from ..run.stage import Stage
from ..run.verdict import Verdict, milliseconds
from .judging import bystander_complaint, unity_complaint


def rolling(stage: Stage) -> Iterator[Verdict]:
    """Each says goodbye, ends and starts again; the next follows when all agree. No member is ever dead."""
    since = stage.now()
    slowest = 0.0
    complaint = ("", None)
    done = 0
    limit = stage.limits.return_known
    for name in list(stage.names):
        others = stage.others(name)
        leaving = stage.cluster.leave(name)
        stage.wait_until_heard(others, name, "left", leaving, stage.limits.leave_known)
        if stage.cluster.exit_status(name, stage.limits.leave_ended) is None:
            complaint = f"{name} still runs {stage.limits.leave_ended:g} s after it was asked to end", name
            break
        started = stage.cluster.start(name)
        took = stage.wait_until_all_agree(started, limit)
        if took is None:
            complaint = unity_complaint(stage, f"{limit:g} s after {name} started again")
            break
        slowest = max(slowest, took)
        done += 1
    if not complaint[0]:
        complaint = bystander_complaint(stage, since)
    yield Verdict(
        scenario="rolling",
        title="rolling",
        outcome=f"{done}/{len(stage.names)} restarted one by one",
        passed=not complaint[0],
        seconds=slowest if done else None,
        limit=limit,
        note=f"all in {stage.now() - since:.1f} s",
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"slowest_ms": milliseconds(slowest)},
    )


def restart_anew(stage: Stage) -> Iterator[Verdict]:
    """Killed, robbed of its identity, started at the same name and address: a new member, not the old."""
    victim = stage.pick()
    others = stage.others(victim)
    old = stage.timeline.ready(victim)
    since = stage.cluster.kill(victim)
    stage.cluster.forget_identity(victim)
    # Its name is taken while its old self counts as alive, so that one must be known dead.
    stage.wait_until_heard(others, victim, "failed", since, stage.limits.death_known)
    started = stage.cluster.start(victim)
    limit = stage.limits.anew_known
    took = stage.wait_until_all_agree(started, limit)
    new = stage.timeline.ready(victim)
    complaint = bystander_complaint(stage, since, [victim])
    if old is not None and new is not None and old.id == new.id:
        complaint = f"{victim} has the id {new.id} again although its identity was removed", victim
    elif took is None:
        complaint = unity_complaint(stage, f"{limit:g} s after {victim} started as a new member")
    yield Verdict(
        scenario="restart-anew",
        title=f"restart-anew {victim}",
        outcome=f"{len(stage.names) - len(stage.disagreeing())}/{len(stage.names)} agree",
        passed=not complaint[0],
        seconds=took,
        limit=limit,
        note=f"id {old.id[:8]} → {new.id[:8]}" if old and new else "",
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"victim": victim, "returned_ms": milliseconds(took)},
    )
