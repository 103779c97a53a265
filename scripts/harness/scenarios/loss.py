"""Packets are lost at random, of UDP or of everything: that must not make a member declare another dead."""

from typing import Callable, Iterator, Optional

from ..nodes.namespaces import Loss
from ..run.stage import Stage
from ..run.verdict import Verdict
from .judging import bystander_complaint, unity_complaint

LOSS_SECONDS = 20.0


def loss(percent: int, protocol: Optional[str]) -> Callable[[Stage], Iterator[Verdict]]:
    """The scenario of so many of a hundred packets lost by every receiver."""
    name = f"loss-{percent}" if protocol else f"loss-all-{percent}"
    of = "UDP" if protocol else "everything"

    def run(stage: Stage) -> Iterator[Verdict]:
        since = stage.cluster.note(stage.cluster.running(), f"loses {percent} % of {of}")
        fault = stage.network.disturb(
            [Loss(name, None, protocol, percent) for name in stage.cluster.running()]
        )
        stage.watch(LOSS_SECONDS, lambda: f"{percent} % of {of} are lost")
        stage.cluster.note(stage.cluster.running(), "loses nothing any more")
        stage.network.lift(fault)
        limit = stage.limits.return_known
        healed = stage.now()
        agreed = stage.wait_until_all_agree(healed, limit)
        wrong = stage.wrongly_failed(since)
        complaint = bystander_complaint(stage, since)
        if agreed is None and not complaint[0]:
            complaint = unity_complaint(stage, f"{limit:g} s after the loss ended")
        suspected = stage.timeline.events(since, ["suspected"], stage.names)
        yield Verdict(
            scenario=name,
            title=name,
            outcome=f"{percent} % of {of}, {LOSS_SECONDS:g} s: {len(wrong)} false deaths",
            passed=not complaint[0],
            note=f"{len({event.member for event in suspected})} suspected" if suspected else "",
            complaint=complaint[0],
            blamed=complaint[1],
            measurements={
                "false_deaths": wrong,
                "false_suspicions": sorted({event.member for event in suspected}),
                "suspicions_said": len(suspected),
            },
        )

    return run
