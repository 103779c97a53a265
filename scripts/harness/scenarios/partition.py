"""The network comes apart and grows together again.

`partition` cuts the cluster in two for a while. `one-way` makes one member deaf to one other, which
relays must compensate. `mute` takes away everything that one member sends: it hears all and no other
member hears it, and it must not harm the others. `udp-blocked` leaves a member only its streams.
"""

from typing import Iterator, List, Sequence

from ..nodes.namespaces import Loss
from ..run.stage import Stage
from ..run.verdict import Verdict, milliseconds
from .judging import Complaint, NONE, bystander_complaint, unity_complaint

PARTITION_SECONDS = 20.0
ONE_WAY_SECONDS = 10.0
UDP_BLOCKED_SECONDS = 15.0
# After a fault that all should survive: time for a late verdict to show.
AFTERMATH_SECONDS = 3.0


def partition(stage: Stage) -> Iterator[Verdict]:
    """The larger part declares the smaller one dead; after the heal all agree again."""
    few, many = stage.split(len(stage.names) // 2)
    since = stage.cluster.note(few, "cut off from the rest")
    fault = stage.network.split(few, many)

    def parted(group: Sequence[str]) -> List[str]:
        return [name for name in group if stage.timeline.alive(name) == frozenset(group)]

    stage.wait(
        lambda: len(parted(many)) == len(many) and stage.now() - since > PARTITION_SECONDS / 2,
        since + PARTITION_SECONDS, lambda: f"{len(parted(many))}/{len(many)} of the larger part see it",
    )
    saw = len(parted(many))
    small = len(parted(few))
    complaint: Complaint = NONE
    if saw < len(many):
        blind = next(name for name in many if name not in parted(many))
        complaint = f"{blind} does not list exactly its own part {PARTITION_SECONDS:g} s after the cut", blind
    # Within each part no member may be declared dead.
    for group in (few, many):
        for event in stage.timeline.events(since, ["failed"], group, group):
            complaint = f"{event.observer} declared {event.member} dead on its own side", event.observer
    healed = stage.cluster.note(few, "joined to the rest again")
    stage.network.lift(fault)
    limit = stage.limits.return_known
    returned = stage.wait_until_all_agree(healed, limit)
    if returned is None and not complaint[0]:
        complaint = unity_complaint(stage, f"{limit:g} s after the heal")
    yield Verdict(
        scenario="partition",
        title=f"partition {len(few)}|{len(many)}",
        outcome=f"{saw}/{len(many)} saw the cut, {len(stage.names) - len(stage.disagreeing())}/{len(stage.names)} back",
        passed=not complaint[0],
        seconds=returned,
        limit=limit,
        note=f"cut {healed - since:.0f} s; {small}/{len(few)} of the smaller part saw it",
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={
            "victims": few, "cut_ms": milliseconds(healed - since), "returned_ms": milliseconds(returned),
        },
    )


def one_way(stage: Stage) -> Iterator[Verdict]:
    """One member hears nothing from one other: no member may come to harm."""
    (deaf,), rest = stage.split(1)
    source = stage.random.choice(rest)
    since = stage.cluster.note([deaf], f"hears nothing of {source}")
    fault = stage.network.disturb([Loss(deaf, (source,))])
    yield _borne(stage, "one-way", f"one-way {source}→{deaf}", since, ONE_WAY_SECONDS, fault)


def udp_blocked(stage: Stage) -> Iterator[Verdict]:
    """One member neither sends nor receives datagrams; its streams pass, so it is not dead."""
    (victim,), rest = stage.split(1)
    since = stage.cluster.note([victim], "UDP blocked both ways, TCP open")
    losses = [Loss(victim, None, "udp")] + [Loss(name, (victim,), "udp") for name in rest]
    fault = stage.network.disturb(losses)
    yield _borne(stage, "udp-blocked", f"udp-blocked {victim}", since, UDP_BLOCKED_SECONDS, fault)


def _borne(
    stage: Stage, scenario: str, title: str, since: float, seconds: float, fault: int
) -> Verdict:
    """The verdict on a fault for which no member may be declared dead."""
    stage.watch(seconds, lambda: "no node may be declared dead")
    stage.cluster.note([title.split()[-1].split("→")[-1]], "healed")
    stage.network.lift(fault)
    healed = stage.now()
    stage.wait_until_all_agree(healed, stage.limits.return_known)
    stage.watch(AFTERMATH_SECONDS)
    wrong = stage.wrongly_failed(since)
    complaint = bystander_complaint(stage, since)
    if not complaint[0]:
        complaint = unity_complaint(stage, f"{AFTERMATH_SECONDS:g} s after the heal")
    suspected = stage.wrongly_suspected(since)
    return Verdict(
        scenario=scenario,
        title=title,
        outcome=f"{seconds:g} s, {len(wrong)} declared dead",
        passed=not complaint[0],
        note=f"{len(suspected)} suspected" if suspected else "",
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"false_deaths": wrong, "false_suspicions": suspected},
    )


def mute(stage: Stage) -> Iterator[Verdict]:
    """No node hears one member: it is declared dead, no other is, and it is taken back."""
    (victim,), rest = stage.split(1)
    since = stage.cluster.note([victim], "is heard by no node")
    fault = stage.network.disturb([Loss(name, (victim,)) for name in rest])
    limit = stage.limits.many_deaths_known
    dead = stage.wait_until_heard(rest, victim, "failed", since, limit)
    stage.watch(max(0.0, since + limit - stage.now()), lambda: f"{len(dead)}/{len(rest)} saw dead")
    complaint = bystander_complaint(stage, since, [victim], [victim])
    if len(dead) < len(rest):
        blind = next(name for name in rest if name not in dead)
        complaint = f"{blind} does not know {limit:g} s later that {victim} is heard by no node", blind
    healed = stage.cluster.note([victim], "is heard again")
    stage.network.lift(fault)
    returned = stage.wait_until_all_agree(healed, stage.limits.return_known)
    if returned is None and not complaint[0]:
        complaint = unity_complaint(stage, f"{stage.limits.return_known:g} s after the heal")
    yield Verdict(
        scenario="mute",
        title=f"mute {victim}",
        outcome=f"{len(dead)}/{len(rest)} saw dead, no other",
        passed=not complaint[0],
        seconds=returned,
        limit=stage.limits.return_known,
        note=f"dead after {max(dead.values()):.1f} s" if dead else "",
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"victim": victim, "returned_ms": milliseconds(returned)},
    )
