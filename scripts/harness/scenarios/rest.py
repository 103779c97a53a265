"""No node is touched for a minute: no member may be suspected, and all nodes together use little."""

from typing import Iterator

from ..run.stage import Stage
from ..run.verdict import Verdict, name_list

SETTLE_SECONDS = 30.0
WINDOW_SECONDS = 60.0


def rest(stage: Stage) -> Iterator[Verdict]:
    """Begins 30 s after the last change, because a node does some work once after its start."""
    stage.watch(SETTLE_SECONDS, lambda: "settling")
    since = stage.now()
    names = stage.cluster.running()
    machine = stage.cluster.machine
    before = {name: machine.processor_seconds(name) for name in names}
    stage.watch(WINDOW_SECONDS, lambda: "at rest")
    seconds = stage.now() - since
    used = [machine.processor_seconds(name) - before[name] for name in names]
    share = sum(used) / seconds
    suspected = stage.wrongly_suspected(since)
    limit = stage.limits.rest_cores
    complaint, blamed = "", None
    if suspected:
        first = stage.timeline.events(since, ["suspected"])[0]
        complaint = f"{name_list(suspected)} suspected at rest ({first.why or 'no reason'})"
        blamed = first.observer
    elif share > limit:
        complaint = f"all {len(names)} nodes together use {share:.1%} of one core, limit {limit:.0%}"
    yield Verdict(
        scenario="rest",
        title=f"rest {WINDOW_SECONDS:g} s",
        outcome=f"{len(suspected)} suspected, {share:.1%} of one core",
        passed=not complaint,
        note=f"{share * 60 / len(names):.3f} s a minute and node",
        complaint=complaint,
        blamed=blamed,
        measurements={"false_suspicions": suspected, "cores": share, "nodes": len(names)},
    )
