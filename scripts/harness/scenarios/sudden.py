"""Processes that die on machines that live, and what only looks like it to those who hold a connection."""

from typing import Iterator, List

from ..nodes.namespaces import Loss
from ..run.stage import Stage
from ..run.verdict import Verdict
from .judging import bystander_complaint, unity_complaint
from .kill import silence

WATCH_SECONDS = 12.0


def abort(stage: Stage) -> Iterator[Verdict]:
    """SIGABRT: the process ends as by a failed assertion. Without Swift's backtrace, which keeps the sockets open while
    it is written, and after which a process that was signaled from outside runs on."""
    victim = stage.pick_rested()
    node = stage.cluster.nodes[victim]
    before = node.wrapper
    node.wrapper = [*before, "env", "SWIFT_BACKTRACE=enable=no"]
    try:
        stage.cluster.kill(victim)
        started = stage.cluster.start(victim)
        stage.wait_until_all_agree(started, stage.limits.anew_known)
        yield silence(stage, "abort", [victim], stage.cluster.abort, stage.limits.crash_known)
    finally:
        node.wrapper = before


def kill_under_loss(stage: Stage) -> Iterator[Verdict]:
    """SIGKILL while every receiver loses 20 % of all packets, refusals and farewells included."""
    fault = stage.network.disturb([Loss(name, None, None, 20) for name in stage.cluster.running()])
    try:
        victim = stage.pick_rested()
        yield silence(
            stage, "kill-loss-20", [victim], stage.cluster.kill, stage.limits.many_deaths_known)
    finally:
        stage.network.lift(fault)


def network_removed(stage: Stage) -> Iterator[Verdict]:
    """SIGKILL, and the network of that node goes with it, as with a container."""
    victim = stage.pick_rested()

    def remove(name: str) -> float:
        since = stage.cluster.kill(name)
        stage.network.disturb([Loss(name)])
        return since

    try:
        yield silence(stage, "network-removed", [victim], remove, stage.limits.death_known)
    finally:
        stage.network.heal()


def lines_reset(stage: Stage) -> Iterator[Verdict]:
    """A middlebox resets every connection there is, several times: no process has died."""
    running = stage.cluster.running()
    since = stage.cluster.note(running, "its connections are reset")
    reset = 0
    for _ in range(4):
        reset += stage.network.reset_connections(running)
        stage.watch(WATCH_SECONDS / 4, lambda: "all connections were reset")
    yield _nothing_happened(stage, "lines-reset", f"{reset} connections reset", since)


def tcp_refused(stage: Stage) -> Iterator[Verdict]:
    """Every connection is reset, and from then on a filter refuses new ones while UDP passes."""
    running = stage.cluster.running()
    since = stage.cluster.note(running, "TCP is refused")
    fault = stage.network.disturb([Loss(name, None, "tcp", refuse=True) for name in running])
    try:
        stage.network.reset_connections(running)
        stage.watch(WATCH_SECONDS, lambda: "TCP is refused everywhere")
    finally:
        stage.network.lift(fault)
    yield _nothing_happened(stage, "tcp-refused", f"TCP refused for {WATCH_SECONDS:g} s", since)


def _nothing_happened(stage: Stage, scenario: str, outcome: str, since: float) -> Verdict:
    limit = stage.limits.return_known
    agreed = stage.wait_until_all_agree(stage.now(), limit)
    complaint = bystander_complaint(stage, since)
    if agreed is None and not complaint[0]:
        complaint = unity_complaint(stage, f"{limit:g} s after {outcome}")
    suspected: List[str] = sorted(
        {event.member for event in stage.timeline.events(since, ["suspected"], stage.names)})
    return Verdict(
        scenario=scenario,
        title=scenario,
        outcome=f"{outcome}: {len(stage.wrongly_failed(since))} false deaths",
        passed=not complaint[0],
        note=f"{len(suspected)} suspected" if suspected else "",
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"false_suspicions": suspected},
    )
