"""A process is killed and started again at once, with its name, its identity and its port.

It must come back as the same member by a higher incarnation, whether or not another member had missed it.
"""

from typing import Iterator

from ..run.stage import Stage
from ..run.verdict import Verdict, milliseconds
from .judging import burial_complaint


def restart(stage: Stage) -> Iterator[Verdict]:
    """Counts from the start of the new process until all hold it alive by a higher incarnation."""
    victim = stage.pick()
    others = stage.others(victim)
    held = [stage.timeline.belief(name, victim) for name in others]
    before = max((belief.incarnation for belief in held if belief is not None), default=0)
    killed = stage.cluster.kill(victim)
    stage.watch(stage.random.uniform(0.1, 0.6))
    started = stage.cluster.start(victim)
    limit = stage.limits.return_known

    def waiting() -> list:
        return [name for name in others if not stage.holds_alive(name, victim, above=before)]

    def done() -> bool:
        return not waiting() and not stage.disagreeing()

    back = stage.wait(
        done, started + limit, lambda: f"{len(others) - len(waiting())}/{len(others)} saw it return"
    )
    took = stage.last_change(started) if back else None
    wrong = stage.wrongly_failed(killed, besides=[victim])
    complaint, blamed = "", None
    if waiting():
        blamed = waiting()[0]
        belief = stage.timeline.belief(blamed, victim)
        lists = f"as {belief.state}, incarnation {belief.incarnation}" if belief else "not at all"
        complaint = (
            f"{blamed} lists {victim} {lists}, {limit:g} s after its second start (before: {before})"
        )
    elif not back:
        blamed = stage.disagreeing()[0]
        complaint = f"{blamed} does not list all nodes as alive {limit:g} s after the second start"
    elif wrong:
        complaint, blamed = burial_complaint(wrong)
    after = stage.timeline.belief(others[0], victim)
    yield Verdict(
        scenario="restart",
        title=f"restart {victim}",
        outcome=f"{len(others) - len(waiting())}/{len(others)} saw it return",
        passed=not complaint,
        seconds=took,
        limit=limit,
        note=f"incarnation {before} → {after.incarnation}" if after else "",
        complaint=complaint,
        blamed=blamed,
        measurements={
            "victim": victim,
            "away_ms": milliseconds(started - killed),
            "returned_ms": milliseconds(took),
            "incarnation_before": before,
            "incarnation_after": after.incarnation if after else None,
            "false_suspicions": stage.wrongly_suspected(killed, besides=[victim]),
        },
    )
