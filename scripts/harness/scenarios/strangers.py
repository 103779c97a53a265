"""Others on the same network: nodes of another key or another cluster, and people who mean harm.

The members must neither accept them nor suffer from them: no member is suspected for it, no memory
grows, and meanwhile a member that restarts comes back.
"""

import json
import os
from pathlib import Path
from typing import Dict, Iterator, List

from ..run.stage import Stage
from ..run.verdict import Verdict, name_list
from .judging import bystander_complaint, unity_complaint

STRANGER_SECONDS = 6.0
ATTACK_SECONDS = 8.0


def strangers(stage: Stage) -> Iterator[Verdict]:
    """A node with another key and one of another cluster ask the members to be let in."""
    data = stage.cluster.workspace.data
    key = data / "stranger.key"
    stage.control.make_key(key)
    names = [
        stage.cluster.stranger(["--key-file", str(key)]),
        stage.cluster.stranger(["--key-file", str(_same_key(data)), "--cluster", "another"]),
    ]
    since = stage.now()
    for name in names:
        stage.cluster.start(name)
    stage.watch(STRANGER_SECONDS, lambda: "strangers knock")
    taken_in: List[str] = []
    for name in names:
        known_to = [member for member in stage.names if stage.timeline.belief(member, name)]
        knows = stage.timeline.alive(name) - {name}
        taken_in += [name] if known_to or knows else []
    heard = [name for name in names if stage.timeline.ready(name) is not None]
    complaint = bystander_complaint(stage, since)
    if taken_in:
        complaint = f"{name_list(taken_in)} knows or is known by members although it is a stranger", taken_in[0]
    elif len(heard) < len(names):
        silent = next(name for name in names if name not in heard)
        complaint = f"{silent} never started, so it proves nothing", silent
    elif not complaint[0]:
        complaint = unity_complaint(stage, "while strangers knocked")
    refused = sum(
        sum(stage.control.status(name).get("refused", {}).values()) for name in stage.names
    )
    stage.cluster.dismiss(names)
    yield Verdict(
        scenario="strangers",
        title="strangers",
        outcome=f"wrong key, wrong cluster: {len(taken_in)} taken in",
        passed=not complaint[0],
        note=f"{refused} frames refused",
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"taken_in": taken_in, "refused": refused},
    )


def _same_key(data: Path) -> Path:
    """A file with the members' key alone. The parts that a rotation has added to theirs are signed for their
    cluster, and a node with another cluster name would not start with it."""
    first, _, _ = (data / "cluster.key").read_bytes().partition(b"\n")
    copy = data / "same.key"
    with open(copy, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(first + b"\n")
    return copy


def scan(stage: Stage) -> Iterator[Verdict]:
    """A stranger knocks at thousands of ports."""
    yield _attack(stage, "scan", ATTACK_SECONDS)


def noise(stage: Stage) -> Iterator[Verdict]:
    """A stranger sends random bytes, as datagrams and on streams."""
    yield _attack(stage, "noise", ATTACK_SECONDS)


def slow_loris(stage: Stage) -> Iterator[Verdict]:
    """A stranger holds hundreds of connections open and sends nothing."""
    yield _attack(stage, "slow-loris", ATTACK_SECONDS)


def _attack(stage: Stage, how: str, seconds: float) -> Verdict:
    before = stage.resident()
    targets = [":".join(map(str, stage.cluster.address(name))) for name in stage.names]
    since = stage.now()
    attacker = stage.cluster.attack(
        [how, *targets, "--seconds", str(seconds), "--seed", str(stage.settings.seed)]
    )
    stage.watch(seconds / 3, lambda: f"{how} begins")
    # Under attack a member goes and returns.
    victim = stage.pick()
    stage.cluster.kill(victim)
    started = stage.cluster.start(victim)
    limit = stage.limits.return_known
    back = stage.wait_until_all_agree(started, limit)
    complaint = bystander_complaint(stage, since, [victim])
    if back is None:
        complaint = unity_complaint(stage, f"{limit:g} s after {victim} started again, under {how}")
    stage.watch(max(0.0, since + seconds - stage.now()), lambda: f"{how} continues")
    status = attacker.wait(seconds)
    grown = _most_grown(before, {n: size for n, size in stage.resident().items() if n != victim})
    if not complaint[0] and status != 0:
        complaint = f"the attacker itself ended with {status}", "hostile"
    if not complaint[0] and grown > stage.limits.growth_mebibytes:
        complaint = f"a node holds {grown:.0f} MiB more after {how}", None
    if not complaint[0]:
        complaint = bystander_complaint(stage, since, [victim])
    did = _did(stage)
    return Verdict(
        scenario=how,
        title=how,
        outcome=f"{seconds:g} s; {victim} restarted meanwhile",
        passed=not complaint[0],
        seconds=back,
        limit=limit,
        note=", ".join(f"{count} {word.replace('_', ' ')}" for word, count in did.items()),
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"victim": victim, "grown_mib": round(grown, 2), "attack": did},
    )


def _most_grown(before: Dict[str, int], after: Dict[str, int]) -> float:
    return max(
        [(after[name] - before[name]) / (1 << 20) for name in after if name in before], default=0.0
    )


def _did(stage: Stage) -> Dict[str, int]:
    """The attacker's report of its actions."""
    for line in reversed(stage.cluster.last_lines("hostile", 3)):
        try:
            found = json.loads(line)
            found.pop("how", None)
            return found
        except (ValueError, AttributeError):
            continue
    return {}
