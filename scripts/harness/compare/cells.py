"""The measurements of every system in the same way: one function a cell, each on a cluster that has formed.

A cell returns its figures by name, each a list of values and their unit. Latencies count from the moment
before the action to the moment at which the last of those who should know has said so. One that never does
counts as the limit of the wait: too long is a figure as well, and leaving it out would flatter.
"""

import math
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ..nodes.measure import cpu_seconds, proportional_bytes, resident_bytes, wakes, wakes_since
from ..nodes.trace import calls_by_name
from ..nodes.namespaces import Loss
from ..run.stage import NodeEnded, Stage
from .state_cells import STATE_CELLS

Figures = Dict[str, Tuple[str, List[float]]]

LONGEST_SECONDS = 60.0
SETTLE_SECONDS = 3.0
# Tracing slows a process down, and not all need it.
TRACED_NODES = 3
TRACED_SECONDS = 15.0


@dataclass
class Effort:
    """How often and how long; the same for all systems of a comparison."""

    repeats: int = 3
    updates: int = 15
    idle_seconds: float = 60.0
    # From the last join or leave until the window of `idle` begins.
    rest_seconds: float = 30.0
    grid_seconds: float = 120.0
    stop_seconds: float = 16.0
    stop_gap: float = 0.25
    noise_seconds: float = 5.0
    loss_percents: Tuple[int, ...] = (30,)


def join(stage: Stage, effort: Effort) -> Figures:
    """One more: from the start of its process, and from its being ready, until every member knows every other.

    The first includes what a language needs to start, and is the same for all. The second is not: one
    system says that it is ready before it joins (Iridium), another only after (serf), so it is for comparing
    a system with itself.
    """
    from_start, from_ready = [], []
    for _ in range(effort.repeats):
        (guest,) = stage.cluster.invite(1)
        started = stage.cluster.start(guest)
        agreed = stage.wait_until_all_agree(started, LONGEST_SECONDS)
        ready = stage.timeline.ready_at(guest) or started
        took = LONGEST_SECONDS if agreed is None else agreed
        from_start.append(took)
        from_ready.append(max(0.0, took - (ready - started)))
        # It goes by a goodbye, and is waited for, so that the next begins from the same.
        stage.cluster.leave(guest)
        stage.wait_until_all_agree(stage.now(), LONGEST_SECONDS)
        stage.cluster.exit_status(guest, 10)
        stage.cluster.dismiss([guest])
        stage.watch(1)
    return {"start to known": ("s", from_start), "join": ("s", from_ready)}


def kill(stage: Stage, effort: Effort) -> Figures:
    """SIGKILL of one, until the last says dead."""
    return {"kill": ("s", _deaths(stage, effort, stage.cluster.kill))}


def silent_kill(stage: Stage, effort: Effort) -> Figures:
    """SIGSTOP of one for good, until the last says dead."""
    return {"silent kill": ("s", _deaths(stage, effort, stage.cluster.pause))}


def _deaths(stage: Stage, effort: Effort, deed: Callable[[str], float]) -> List[float]:
    values = []
    for _ in range(effort.repeats):
        stage.watch(stage.random.uniform(0, 1))
        victim = stage.pick()
        others = stage.others(victim)
        since = deed(victim)
        values.append(_last_word(stage, others, victim, "failed", since))
        stage.cluster.kill(victim)
        _restore(stage, victim)
    return values


def leave(stage: Stage, effort: Effort) -> Figures:
    """A goodbye, until the last says left."""
    values = []
    for _ in range(effort.repeats):
        victim = stage.pick()
        others = stage.others(victim)
        since = stage.cluster.leave(victim)
        values.append(_last_word(stage, others, victim, "left", since))
        stage.cluster.exit_status(victim, 15)
        _restore(stage, victim)
    return {"leave": ("s", values)}


def update(stage: Stage, effort: Effort) -> Figures:
    """One changes what it tells about itself, until the last of the others has said so."""
    values = []
    for number in range(effort.updates):
        node = stage.pick()
        others = stage.others(node)
        since = stage.now()
        cluster = stage.cluster
        cluster.peer.update(cluster.nodes[node], stage.network, cluster.workspace.data, f"text {number}")
        values.append(_last_word(stage, others, node, "updated", since))
        stage.watch(0.5)
    return {"update": ("s", values)}


def message(stage: Stage, effort: Effort) -> Figures:
    """A message of a user to all, until the last of the others has it; nothing if it cannot be said."""
    values = []
    for number in range(effort.updates):
        node = stage.pick()
        others = stage.others(node)
        since = stage.now()
        cluster, word = stage.cluster, f"word-{number}"
        if not cluster.peer.message(cluster.nodes[node], stage.network, cluster.workspace.data, word):
            return {}
        values.append(_last_word(stage, others, word, "message", since))
        stage.watch(0.5)
    return {"message": ("s", values)}


def idle(stage: Stage, effort: Effort) -> Figures:
    """Nothing happens: what each node uses. A wake is one return of a thread from a wait."""
    stage.watch(effort.rest_seconds, lambda: "at rest")
    names = stage.cluster.running()
    pids = {name: stage.cluster.pid(name) for name in names}
    before = {
        name: (cpu_seconds(pids[name]), stage.network.counted(name), wakes(pids[name])) for name in names
    }
    began = stage.now()
    stage.watch(effort.idle_seconds, lambda: "idle")
    found: Dict[str, Tuple[str, List[float]]] = {}

    def add(figure: str, unit: str, value: Optional[float]) -> None:
        if value is not None:
            found.setdefault(figure, (unit, []))[1].append(value)

    for name in names:
        cpu, counted = cpu_seconds(pids[name]), stage.network.counted(name)
        seconds = stage.now() - began
        add("idle CPU", "s/min", _per(cpu, before[name][0], seconds / 60))
        add("idle wakes", "1/s", _per(wakes_since(before[name][2], wakes(pids[name])), 0, seconds))
        add("RSS", "MiB", _mebibytes(resident_bytes(pids[name])))
        add("PSS", "MiB", _mebibytes(proportional_bytes(pids[name])))
        for index, (figure, unit) in enumerate((("idle datagrams", "1/s"), ("idle UDP bytes", "B/s"))):
            add(figure, unit, (counted["udp_out"][index] - before[name][1]["udp_out"][index]) / seconds)
        tcp = counted["tcp_out"][1] - before[name][1]["tcp_out"][1]
        add("idle TCP bytes", "B/s", tcp / seconds)
    if "idle CPU" in found:
        # All processes together, of one core.
        found["idle cores"] = ("", [sum(found["idle CPU"][1]) / 60])
    suspected = {event.member for event in stage.timeline.events(began, ["suspected"], names, names)}
    found["idle: suspected"] = ("", [float(len(suspected))])
    return found


def calls(stage: Stage, effort: Effort) -> Figures:
    """Nothing happens: the system calls of some nodes, in all and by name; nothing without strace."""
    del effort
    found: Figures = {}
    traced = stage.cluster.running()[-TRACED_NODES:]
    counts = calls_by_name(
        [stage.cluster.pid(name) for name in traced], TRACED_SECONDS,
        lambda seconds: stage.watch(seconds, lambda: "system calls"))
    if counts:
        per_node = TRACED_SECONDS * len(traced)
        found["idle calls"] = ("1/s", [sum(counts.values()) / per_node])
        for name, count in sorted(counts.items(), key=lambda item: -item[1]):
            if count >= per_node / 10:
                found[f"idle {name}"] = ("1/s", [count / per_node])
    return found


def stops(stage: Stage, effort: Effort) -> Figures:
    """Half of the processes stop for long and run for a moment, again and again: how many that nothing is
    done to are declared dead by others that nothing is done to."""
    stopped, rest = stage.split(len(stage.cluster.running()) // 2)
    since = stage.now()
    until = since + effort.grid_seconds
    while stage.now() < until:
        for name in stopped:
            stage.cluster.pause(name)
        stage.watch(min(effort.stop_seconds, until - stage.now()), lambda: f"{len(stopped)} stopped")
        for name in stopped:
            stage.cluster.resume(name)
        stage.watch(effort.stop_gap)
    failed = stage.timeline.events(since, ["failed"], rest, rest)
    figure = f"stops of {len(stopped)}: healthy failed"
    stage.wait_until_all_agree(stage.now(), LONGEST_SECONDS)
    return {figure: ("", [float(len({event.member for event in failed}))])}


def loss(stage: Stage, effort: Effort) -> Figures:
    """Everything loses packets: how many are declared dead, and what it costs to bear."""
    found: Figures = {}
    for percent in effort.loss_percents:
        names = stage.cluster.running()
        fault = stage.network.disturb([Loss(name, None, None, percent) for name in names])
        before = {name: stage.network.counted(name) for name in names}
        since = stage.now()
        stage.watch(effort.grid_seconds, lambda: f"{percent} % are lost")
        seconds = stage.now() - since
        sent = [
            sum(stage.network.counted(name)[key][1] - before[name][key][1] for key in ("udp_out", "tcp_out"))
            for name in names
        ]
        stage.network.lift(fault)
        failed = {event.member for event in stage.timeline.events(since, ["failed"], names, names)}
        found[f"loss {percent} %: failed"] = ("", [float(len(failed))])
        found[f"loss {percent} %: bytes"] = ("B/s", [count / seconds for count in sent])
        stage.wait_until_all_agree(stage.now(), LONGEST_SECONDS)
    return found


def noise(stage: Stage, effort: Effort) -> Figures:
    """A stranger without a key sends random bytes to all, as datagrams and on streams: how many processes end,
    how many members are declared dead, and how many members appear that were never started."""
    names = stage.cluster.running()
    targets = [":".join(map(str, stage.cluster.address(name))) for name in names]
    since = stage.now()
    seconds = effort.noise_seconds
    attacker = stage.cluster.attack(
        ["noise", *targets, "--seconds", str(seconds), "--seed", str(stage.settings.seed)]
    )
    try:
        stage.watch(seconds + 1, lambda: "noise")
    except NodeEnded:
        return {"noise: harmed": ("", [1.0])}
    finally:
        attacker.wait(seconds)
    harmed = {event.member for event in stage.timeline.events(since, ["failed"], names, names)}
    harmed |= {event.member for event in stage.timeline.events(since, ["joined"], names)}.difference(names)
    return {"noise: harmed": ("", [float(len(harmed))])}


CELLS: Dict[str, Callable[[Stage, Effort], Figures]] = {
    "join": join, "idle": idle, "calls": calls, "update": update, "message": message, "kill": kill,
    "silent-kill": silent_kill, "leave": leave, "noise": noise, "stops": stops, "loss": loss,
    **STATE_CELLS,
}
# Those that take minutes.
LONG_CELLS = ("stops", "loss", *STATE_CELLS)


# --- pieces ---------------------------------------------------------------------------------------


def _last_word(stage: Stage, others: Sequence[str], member: str, kind: str, since: float) -> float:
    heard = stage.wait_until_heard(others, member, kind, since, LONGEST_SECONDS)
    return max(heard.values()) if len(heard) == len(others) else LONGEST_SECONDS


def _restore(stage: Stage, name: str) -> None:
    started = stage.cluster.start(name)
    stage.wait_until_all_agree(started, LONGEST_SECONDS)
    stage.watch(SETTLE_SECONDS)


def _per(after: Optional[float], before: Optional[float], span: float) -> Optional[float]:
    return None if after is None or before is None else max(0.0, after - before) / span


def _mebibytes(size: Optional[int]) -> Optional[float]:
    return None if size is None else size / (1 << 20)


def summary(values: Sequence[float]) -> Dict[str, Any]:
    """Median, least, most, how many, and how many of them are more than three times the median."""
    ordered = sorted(values)
    if not ordered:
        return {"count": 0, "median": None, "min": None, "max": None, "outliers": 0}
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    far = sum(value > 3 * middle and value - middle > 1e-9 for value in ordered)
    return {
        "count": len(ordered), "median": middle, "min": ordered[0], "max": ordered[-1],
        "outliers": far if not math.isclose(middle, 0.0) else 0,
    }
