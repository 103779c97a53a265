"""Two processes with one identity: the later one must stop, and say why."""

from typing import Iterator

from ..run.stage import Stage
from ..run.verdict import Verdict, within
from .judging import Complaint, NONE, unity_complaint

STOP_SECONDS = 10.0
MESSAGE = "IR-20"


def copied_directory(stage: Stage) -> Iterator[Verdict]:
    """A node's directory is copied and started elsewhere, while the node runs, by another seed than that node."""
    victim = stage.pick()
    copy = stage.cluster.machine.copy_of(victim)
    started = stage.cluster.start(copy)
    stopped = stage.wait(
        lambda: stage.cluster.exit_status(copy, 0) is not None, started + STOP_SECONDS,
        lambda: f"two processes are {victim}")
    took = stage.now() - started if stopped else None
    says_why = any(MESSAGE in line for line in stage.cluster.last_lines(copy, 20))
    changes = len(stage.timeline.events(started, ["updated"], stage.others(victim), [victim]))
    complaint: Complaint = NONE
    if not within(took, STOP_SECONDS):
        complaint = f"the copy of {victim} still runs after {STOP_SECONDS:g} s ({changes} changes told)", copy
    elif not says_why:
        complaint = f"the copy of {victim} ended without {MESSAGE}", copy
    stage.cluster.dismiss([copy])
    if not complaint[0]:
        stage.wait_until_all_agree(stage.now(), stage.limits.return_known)
        complaint = unity_complaint(stage, f"after a copy of {victim} had stopped")
    yield Verdict(
        scenario="copied-directory",
        title=f"copied-directory {victim}",
        outcome="the copy stopped" if stopped else "both run",
        passed=not complaint[0],
        seconds=took,
        limit=STOP_SECONDS,
        note=f"{changes} changes told",
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"victim": victim, "changes": changes},
    )
