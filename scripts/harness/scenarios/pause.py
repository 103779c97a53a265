"""A process stops and continues: for a short time, which must have no consequence, and for so long that it is
declared dead and must be taken back.

A stopped process is the hardest honest case for a failure detector: its sockets still accept what
is sent, and when it wakes its own timers are all overdue and its own view is old.
"""

from typing import Iterator

from ..run.stage import Stage, spread
from ..run.verdict import Verdict, milliseconds, name_list, within
from .judging import burial_complaint, first_missing

# After a short stop: time for a late verdict to show.
AFTERMATH_SECONDS = 4.0


def pause(stage: Stage) -> Iterator[Verdict]:
    """The short stop, then the long one, of two victims."""
    short = _short(stage)
    yield short
    yield _long(stage, besides=short.measurements["victim"])


def _short(stage: Stage) -> Verdict:
    victim = stage.pick()
    seconds = stage.limits.short_pause
    since = stage.cluster.pause(victim)
    stage.watch(seconds, lambda: f"{victim} stopped")
    stage.cluster.resume(victim)
    stage.watch(AFTERMATH_SECONDS, lambda: f"{victim} continues")
    wrong = stage.wrongly_failed(since)
    suspected = stage.heard(stage.others(victim), victim, "suspected", since)
    complaint, blamed = burial_complaint(wrong) if wrong else ("", None)
    if not complaint and stage.disagreeing():
        blamed = stage.disagreeing()[0]
        complaint = f"{blamed} does not list all nodes as alive {AFTERMATH_SECONDS:g} s after the stop"
    return Verdict(
        scenario="pause",
        title=f"pause {victim}",
        outcome=f"stopped {seconds:g} s, {len(wrong)} declared dead",
        passed=not complaint,
        note=f"suspected by {len(suspected)}" if suspected else "",
        complaint=complaint,
        blamed=blamed,
        measurements={
            "victim": victim,
            "stopped_ms": milliseconds(seconds),
            "suspected": spread(suspected).as_json(),
            "false_deaths": wrong,
        },
    )


def _long(stage: Stage, besides: str) -> Verdict:
    victim = stage.pick_rested([besides])
    others = stage.others(victim)
    seconds, limit = stage.limits.long_pause, stage.limits.return_known
    stopped = stage.cluster.pause(victim)
    dead = spread(
        stage.wait_until_heard(others, victim, "failed", stopped, stage.limits.death_known)
    )
    stage.watch(stopped + seconds - stage.now(), lambda: f"{victim} stopped, {dead.count} saw dead")
    unseen = first_missing(stage, others, victim, "failed", stopped)
    resumed = stage.cluster.resume(victim)
    returned = stage.wait_until_all_agree(resumed, limit)
    wrong = stage.wrongly_failed(stopped, besides=[victim])
    complaint, blamed = "", None
    if unseen is not None or not within(dead.last, stage.limits.death_known):
        blamed = unseen or others[0]
        complaint = (
            f"{dead.count} of {len(others)} declared {victim} dead within "
            f"{stage.limits.death_known:g} s of its stop"
        )
    elif returned is None:
        blamed = stage.disagreeing()[0]
        held = name_list(sorted(stage.timeline.alive(blamed)))
        complaint = f"{blamed} lists only {held} as alive {limit:g} s after {victim} went on"
    elif wrong:
        complaint, blamed = burial_complaint(wrong)
    back = sum(stage.holds_alive(name, victim, since=resumed) for name in others)
    return Verdict(
        scenario="pause",
        title=f"pause {victim}",
        outcome=f"{seconds:g} s: {dead.count}/{len(others)} dead, {back}/{len(others)} back",
        passed=not complaint,
        seconds=returned,
        limit=limit,
        note="" if dead.last is None else f"dead after {dead.last:.1f} s",
        complaint=complaint,
        blamed=blamed,
        measurements={
            "victim": victim,
            "stopped_ms": milliseconds(seconds),
            "detection": dead.as_json(),
            "detection_ms": [round(value * 1000, 1) for value in dead.values],
            "returned_ms": milliseconds(returned),
            "false_suspicions": stage.wrongly_suspected(stopped, besides=[victim]),
        },
    )
