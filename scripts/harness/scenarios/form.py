"""N processes that know one address each become a cluster in which every member knows every other."""

from typing import Iterator

from ..nodes.cluster import start_together
from ..run.stage import Stage
from ..run.verdict import Verdict, milliseconds, name_list, within


def form(stage: Stage) -> Iterator[Verdict]:
    """Counts from the start of the last process until all N hold exactly all N alive."""
    since = start_together(stage.cluster, stage.limits.ready)
    yield judge_formation(stage, since)


def judge_formation(stage: Stage, since: float) -> Verdict:
    """The same for processes that were started, the last of them at `since`."""
    count = len(stage.names)
    limit = stage.limits.form(count)
    # Waiting on after the limit costs little and tells "too slow" from "never".
    took = stage.wait_until_all_agree(since, max(3 * limit, 10))
    short = stage.disagreeing()
    complaint, blamed = "", None
    if took is None:
        blamed = short[0]
        known = len(stage.timeline.alive(blamed))
        complaint = f"{blamed} knows {known} of {count} {stage.now() - since:.1f} s after the last start"
    elif not within(took, limit):
        complaint = f"all {count} agreed only {took:.1f} s after the last start"
    else:
        complaint = stage.wait_until_views_equal(stage.limits.views_equal)
    wrong = sorted(stage.wrongly_failed(0.0))
    if not complaint and wrong:
        complaint = f"{name_list(wrong)} declared dead while the cluster formed"
    return Verdict(
        scenario="form",
        title="form",
        outcome=f"{count - len(short)}/{count} agree",
        passed=not complaint,
        seconds=took,
        limit=limit,
        complaint=complaint,
        blamed=blamed,
        measurements={"nodes": count, "formed_ms": milliseconds(took)},
    )
