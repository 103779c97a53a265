"""A process is asked to end: it says goodbye, all others hear it, and none ever calls it dead."""

from typing import Iterator

from ..run.stage import Stage, spread
from ..run.verdict import Verdict
from .judging import burial_complaint, first_missing, lists_as

# After the goodbye: time for a mistaken verdict to show.
AFTERMATH_SECONDS = 3.0


def leave(stage: Stage) -> Iterator[Verdict]:
    """Counts from SIGTERM until the last of the others has said `left`."""
    victim = stage.pick()
    since = stage.cluster.leave(victim)
    others = stage.others(victim)
    limit = stage.limits.leave_known
    left = spread(stage.wait_until_heard(others, victim, "left", since, limit))
    status = stage.cluster.exit_status(victim, since + stage.limits.leave_ended - stage.now())
    ended = stage.now() - since
    stage.watch(AFTERMATH_SECONDS, lambda: f"{left.count}/{len(others)} saw it leave")
    wrong = stage.wrongly_failed(since)
    complaint, blamed = "", None
    if left.count < len(others):
        blamed = first_missing(stage, others, victim, "left", since)
        complaint = f"{lists_as(stage, blamed, victim)} {limit:g} s after it was asked to end"
    elif status is None:
        blamed = victim
        complaint = f"{victim} still runs {stage.limits.leave_ended:g} s after it was asked to end"
    elif status != 0:
        blamed = victim
        complaint = f"{victim} ended with status {status}, not 0"
    elif wrong:
        complaint, blamed = burial_complaint(wrong)
        complaint = complaint.replace("although it ran", "although it had left or ran")
    yield Verdict(
        scenario="leave",
        title=f"leave {victim}",
        outcome=f"{left.count}/{len(others)} saw it leave",
        passed=not complaint,
        seconds=left.last,
        limit=limit,
        note="" if status is None else f"ended after {ended:.1f} s",
        complaint=complaint,
        blamed=blamed,
        measurements={
            "victim": victim,
            "known": left.as_json(),
            "ended_ms": round(ended * 1000, 1),
            "exit_status": status,
        },
    )
