"""Many come at one moment and later leave at one moment."""

from typing import Callable, Iterator

from ..run.stage import Stage
from ..run.verdict import Verdict, milliseconds
from .judging import bystander_complaint, unity_complaint


def bulk(to: Callable[[int], int], name: str) -> Callable[[Stage], Iterator[Verdict]]:
    """The scenario of growing to `to(N)` members by starting all that lack at once."""

    def run(stage: Stage) -> Iterator[Verdict]:
        before = len(stage.names)
        guests = stage.cluster.invite(max(1, to(before) - before))
        began = stage.now()
        for guest in guests:
            since = stage.cluster.start(guest)
        count = len(stage.names)
        limit = stage.limits.form(count)
        joined = stage.wait_until_all_agree(since, 3 * limit)
        complaint = bystander_complaint(stage, began)
        if joined is None or joined > limit:
            complaint = unity_complaint(stage, f"{stage.now() - since:.1f} s after the last start")
            complaint = complaint if complaint[0] else (f"all {count} agreed only after {joined:.1f} s", None)
        if not complaint[0]:
            complaint = stage.wait_until_views_equal(stage.limits.views_equal), None
        leaving = stage.now()
        for guest in guests:
            stage.cluster.leave(guest)
        parted = stage.wait_until_all_agree(leaving, stage.limits.leave_ended)
        stage.watch(2, lambda: "the guests have left")
        if not complaint[0]:
            complaint = bystander_complaint(stage, began)
        if not complaint[0] and parted is None:
            complaint = unity_complaint(stage, f"{stage.limits.leave_ended:g} s after the guests left")
        stage.cluster.dismiss(guests)
        yield Verdict(
            scenario=name,
            title=f"{name} {count}",
            outcome=f"{len(guests)} join at once, all leave at once",
            passed=not complaint[0],
            seconds=joined,
            limit=limit,
            note="" if parted is None else f"leaves known after {parted:.2f} s",
            complaint=complaint[0],
            blamed=complaint[1],
            measurements={
                "nodes": count, "joined_ms": milliseconds(joined), "left_ms": milliseconds(parted),
            },
        )

    return run
