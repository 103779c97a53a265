"""Two processes with one identity: the later one must stop, and say why. One process alone must not."""

from typing import Iterator, List, Optional

from ..run.stage import Stage
from ..run.verdict import Verdict, name_list, within
from .judging import Complaint, NONE, bystander_complaint, unity_complaint

STOP_SECONDS = 10.0
ALONE_SECONDS = 12.0
MESSAGE = "IR-20"


def copied_directory(stage: Stage) -> Iterator[Verdict]:
    """A node's directory is copied and started elsewhere while the node runs: by another seed, by that node as its
    seed, without its incarnation. Then two copies start at one moment, and the node does not run."""
    victim = stage.pick()
    machine = stage.cluster.machine
    for how, copy in (
        ("through another seed", machine.copy_of(victim)),
        ("through itself", machine.copy_of(victim, asks_it=True)),
        ("without its incarnation", machine.copy_of(victim, knows_incarnation=False)),
    ):
        since = stage.cluster.start(copy)
        yield _one_stops(stage, f"{victim} {how}", victim, [copy], since)
        stage.cluster.dismiss([copy])
    copies = [machine.copy_of(victim), machine.copy_of(victim)]
    stage.cluster.kill(victim)
    for copy in copies:
        since = stage.cluster.start(copy)
    yield _one_stops(stage, f"{victim} twice at once", victim, copies, since)
    stage.cluster.dismiss(copies)


def _one_stops(stage: Stage, what: str, victim: str, copies: List[str], since: float) -> Verdict:
    """Exactly one of the copies ends, with a reason; the members then agree."""

    def stopped() -> Optional[str]:
        return next((one for one in copies if stage.cluster.exit_status(one, 0) is not None), None)

    stage.wait(lambda: stopped() is not None, since + STOP_SECONDS, lambda: f"two processes are {victim}")
    gone = stopped()
    took = None if gone is None else stage.now() - since
    changes = len(stage.timeline.events(since, ["restarted", "updated"], stage.others(victim), [victim]))
    says_why = gone is not None and any(MESSAGE in line for line in stage.cluster.last_lines(gone, 20))
    complaint: Complaint = NONE
    if not within(took, STOP_SECONDS):
        complaint = f"two processes are {victim} after {STOP_SECONDS:g} s ({changes} changes reported)", copies[0]
    elif not says_why:
        complaint = f"a process of {victim} ended without {MESSAGE}", gone
    else:
        complaint = _disagreement(stage, victim)
        if all(stage.cluster.exit_status(one, 0) is not None for one in copies) and len(copies) > 1:
            complaint = f"both processes of {victim} have stopped", copies[0]
    return Verdict(
        scenario="copied-directory",
        title=f"copied-directory {what}",
        outcome="both run" if gone is None else "one stopped",
        passed=not complaint[0],
        seconds=took,
        limit=STOP_SECONDS,
        note=f"{changes} changes reported",
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"victim": victim, "changes": changes},
    )


def _disagreement(stage: Stage, victim: str) -> Complaint:
    """About a node that does not come to list all that run, and the victim, of which one process is left."""
    expected = frozenset(stage.cluster.running()) | {victim}

    def short() -> List[str]:
        return [name for name in stage.cluster.running() if stage.timeline.alive(name) != expected]

    stage.wait(lambda: not short(), stage.now() + stage.limits.return_known, lambda: "they agree")
    if not short():
        return NONE
    name = short()[0]
    different = name_list(sorted(stage.timeline.alive(name) ^ expected))
    return f"{name} is wrong about {different} after one of two processes had stopped", name


def lost_incarnation(stage: Stage) -> Iterator[Verdict]:
    """A node is killed, loses its incarnation file and starts again: no other process is it, so it must run on,
    whatever was said by its former life."""
    victim = stage.pick()
    stage.cluster.kill(victim)
    stage.cluster.machine.forget_incarnation(victim)
    started = stage.cluster.start(victim)
    back = stage.wait_until_all_agree(started, stage.limits.return_known)
    # A process that ends unasked ends the scenario.
    stage.watch(ALONE_SECONDS, lambda: f"{victim} runs alone")
    complaint = bystander_complaint(stage, started, [victim])
    if not complaint[0]:
        complaint = unity_complaint(stage, f"after {victim} had lost its incarnation")
    yield Verdict(
        scenario="lost-incarnation",
        title=f"lost-incarnation {victim}",
        outcome=f"runs on for {ALONE_SECONDS:g} s",
        passed=not complaint[0],
        seconds=back,
        limit=stage.limits.return_known,
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"victim": victim},
    )
