"""The machine under a node misbehaves: its clock is set, its disk is full."""

import os
import shutil
from pathlib import Path
from typing import Iterator

from ..nodes.faketime import FalseClock
from ..run.stage import Stage
from ..run.verdict import Verdict
from .judging import bystander_complaint, unity_complaint

CLOCK_STEPS = ("+3600", "-86400", "+0")
STEP_SECONDS = 4.0
FULL_SECONDS = 5.0


def clock(stage: Stage) -> Iterator[Verdict]:
    """One node's time of day jumps an hour ahead, then back a day: this must have no effect."""
    false_clock = FalseClock.by_file(stage.cluster.workspace.data / "clock")
    if false_clock is None:
        yield _skipped("clock", "needs libfaketime (the package faketime)")
        return
    victim = stage.pick()
    node = stage.cluster.nodes[victim]
    node.variables, node.wrapper = false_clock.variables, false_clock.wrapper
    try:
        stage.cluster.kill(victim)
        started = stage.cluster.start(victim)
        stage.wait_until_all_agree(started, stage.limits.anew_known)
        since = stage.now()
        for step in CLOCK_STEPS:
            stage.cluster.note([victim], f"clock {step} s")
            false_clock.set(step)
            stage.watch(STEP_SECONDS, lambda: "the clock was set")
        complaint = bystander_complaint(stage, since)
        if not complaint[0]:
            complaint = unity_complaint(stage, "after its clock was set")
        suspected = stage.wrongly_suspected(since)
    finally:
        node.variables, node.wrapper = {}, []
        # The next process of that name runs by the true clock.
        stage.cluster.kill(victim)
    yield Verdict(
        scenario="clock",
        title=f"clock {victim}",
        outcome=f"{', '.join(CLOCK_STEPS)} s: {len(suspected)} suspected",
        passed=not complaint[0],
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"victim": victim, "false_suspicions": suspected},
    )


def disk_full(stage: Stage) -> Iterator[Verdict]:
    """One node's data directory takes no more bytes: it must go on as a member, and refute if it must."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        yield _skipped("disk-full", "needs root and unshare")
        return
    victim = stage.pick()
    node = stage.cluster.nodes[victim]
    root = stage.cluster.workspace.data / "small"
    root.mkdir(exist_ok=True)
    # A small disk that only this process sees, and that goes with it.
    script = f'mount -t tmpfs -o size=64k,mode=700 tmpfs "{root}" && exec "$@"'
    node.wrapper = ["unshare", "--mount", "sh", "-c", script, "sh"]
    node.data = root
    try:
        stage.cluster.kill(victim)
        started = stage.cluster.start(victim)
        stage.wait_until_all_agree(started, stage.limits.anew_known)
        seen = Path(f"/proc/{stage.cluster.pid(victim)}/root{root}")
        stage.control.data_of[victim] = seen
        since = stage.cluster.note([victim], "its disk is full")
        filled = _fill(seen / "filler")
        # A member that was away must write its next incarnation.
        stage.cluster.pause(victim)
        stage.watch(stage.limits.death_known, lambda: f"{victim} stopped, its disk full")
        stage.cluster.resume(victim)
        back = stage.wait_until_all_agree(stage.now(), stage.limits.return_known)
        stage.watch(FULL_SECONDS, lambda: "its disk is full")
        complaint = bystander_complaint(stage, since, [victim])
        if not complaint[0]:
            complaint = unity_complaint(stage, "with its disk full")
    finally:
        node.wrapper, node.data = [], None
        stage.control.data_of.pop(victim, None)
        ended = stage.cluster.kill(victim)
        # The next process has the identity that is on the large disk, and the same name.
        stage.wait_until_heard(stage.others(victim), victim, "failed", ended, stage.limits.death_known)
    yield Verdict(
        scenario="disk-full",
        title=f"disk-full {victim}",
        outcome=f"{filled} bytes fitted; stopped and back",
        passed=not complaint[0],
        seconds=back,
        limit=stage.limits.return_known,
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"victim": victim},
    )


def _fill(path: Path) -> int:
    written = 0
    try:
        with open(path, "wb", buffering=0) as filler:
            for size in (4096, 256, 1):
                try:
                    while True:
                        written += filler.write(b"\0" * size)
                except OSError:
                    continue
    except OSError:
        pass
    return written


def _skipped(name: str, why: str) -> Verdict:
    return Verdict(name, name, why, passed=False, skipped=True)
