"""The states of each member over time, and the faults, read from a run's report."""

import bisect
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

_STATE_AFTER = {
    "joined": "alive", "recovered": "alive", "restarted": None, "updated": None, "suspected": "suspect",
    "failed": "dead", "left": "left", "removed": "gone",
}
# The first words of a note about a node that begin something, and those that end it.
_ENDS = ("start", "resume", "healed", "joined to", "is heard again", "loses nothing")
_NO_FAULT = ("clock", "update", "message")

# Of several bearers of a name the first of these that one of them is.
_LIVELY = ["alive", "suspect", "dead", "left", "gone"]

# How long after a fault news still counts as its news.
_NEWS_SECONDS = 30.0


@dataclass
class Share:
    """From one moment to another: how many of the others held a member to be what."""

    start: float
    end: float
    suspect: int
    dead: int
    left: int
    observers: int


@dataclass
class Fault:
    """Something done to a node, or to the whole network, while it lasted."""

    node: Optional[str]
    start: float
    end: float
    what: str


def members(report: Dict[str, Any]) -> List[str]:
    """All that were ever heard of or written down, in the order of their names' numbers."""
    names = {event["member"] for event in report["events"]} & {event["observer"] for event in report["events"]}
    return sorted(names, key=lambda name: (name.rstrip("0123456789"), _number(name)))


def own_names(report: Dict[str, Any]) -> List[str]:
    """Those of them that were there from the start; guests of a scenario bear other letters."""
    return [name for name in members(report) if name.startswith("n")]


def _number(name: str) -> int:
    digits = name[len(name.rstrip("0123456789")) :]
    return int(digits) if digits else 0


def end_of(report: Dict[str, Any]) -> float:
    """Seconds from the start to the last thing that is known."""
    if "end_ms" in report:
        return report["end_ms"] / 1000
    times = [event["at_ms"] for event in report["events"]] + [fault["at_ms"] for fault in report["faults"]]
    for series in report.get("samples", {}).values():
        times += series["at_ms"][-1:]
    return max(times, default=0.0) / 1000


def shares(report: Dict[str, Any], member: str) -> List[Share]:
    """The member's states as the others held them, without pause from the first event to the end.

    A name may have had several bearers; it counts as what the liveliest of them is. An observer that was
    killed or has left holds nothing any more.
    """
    held: Dict[str, Dict[Any, str]] = {}
    found: List[Share] = []
    last: Optional[Share] = None
    for at, observer, bearer, state in _changes(report, member):
        if state is None:
            held.pop(observer, None)
        else:
            held.setdefault(observer, {})[bearer] = state
        states = [min(bearers.values(), key=_LIVELY.index) for bearers in held.values()]
        if last is not None and at > last.end:
            last.end = at
            found.append(last)
        last = Share(at, at, states.count("suspect"), states.count("dead"), states.count("left"), len(states))
    if last is not None:
        last.end = max(end_of(report), last.start)
        found.append(last)
    return found


def _changes(report: Dict[str, Any], member: str) -> List[Tuple[float, str, Any, Optional[str]]]:
    """When which observer came to hold which bearer of the name to be what; None: it holds nothing more."""
    own = own_names(report)
    changes: List[Tuple[float, str, Any, Optional[str]]] = [
        (event["at_ms"] / 1000, event["observer"], event.get("id"), _STATE_AFTER[event["event"]])
        for event in report["events"]
        if event["member"] == member and event["observer"] != member and event["observer"] in own
        and _STATE_AFTER.get(event["event"]) is not None
    ]
    changes += [
        (entry["at_ms"] / 1000, entry["node"], None, None)
        for entry in report["faults"] if entry["what"].startswith(("kill", "leave"))
    ]
    return sorted(changes, key=lambda change: change[0])


def faults(report: Dict[str, Any]) -> List[Fault]:
    """All that was done, each until what ended it or the end of the run."""
    until = end_of(report)
    open_by_node: Dict[Optional[str], List[Fault]] = {}
    found: List[Fault] = []
    for entry in report["faults"]:
        node, what, at = entry["node"], entry["what"], entry["at_ms"] / 1000
        if "until_ms" in entry:
            found.append(Fault(node, at, entry["until_ms"] / 1000, what))
            continue
        going_on = open_by_node.setdefault(node, [])
        if what.startswith(_ENDS) or what.endswith(" ends"):
            kind = what[: -len(" ends")] if what.endswith(" ends") else ""
            ended = [fault for fault in going_on if not kind or fault.what.startswith(kind)]
            # A start ends what was done to the process, a healing what was done to the network.
            process = what.startswith(("start", "resume"))
            for fault in ended:
                if process == fault.what.startswith(("kill", "pause", "leave", "its identity")):
                    fault.end = at
                    going_on.remove(fault)
        elif not what.startswith(_NO_FAULT):
            fault = Fault(node, at, until, what)
            going_on.append(fault)
            found.append(fault)
    return found


def news(report: Dict[str, Any], deeds: Tuple[str, ...], kinds: Tuple[str, ...]) -> Dict[str, List[float]]:
    """For each fault of these kinds: after how many seconds each observer reported its consequence.

    The key names the node and the moment. An observer counts once, with its first report, and only before
    the next fault of the same node.
    """
    found: Dict[str, List[float]] = {}
    by_node: Dict[str, List[float]] = {}
    for entry in report["faults"]:
        by_node.setdefault(entry["node"], []).append(entry["at_ms"] / 1000)
    said: Dict[str, List[Tuple[float, str]]] = {}
    for event in report["events"]:
        if event["event"] in kinds and event["observer"] != event["member"]:
            said.setdefault(event["member"], []).append((event["at_ms"] / 1000, event["observer"]))
    for entry in report["faults"]:
        if not entry["what"].startswith(deeds):
            continue
        node, at = entry["node"], entry["at_ms"] / 1000
        later = by_node[node]
        following = later[bisect.bisect_right(later, at)] if later[-1] > at else float("inf")
        first: Dict[str, float] = {}
        for when, observer in said.get(node, []):
            if at <= when < min(following, at + _NEWS_SECONDS):
                first.setdefault(observer, when - at)
        if first:
            found[f"{node} at {at:.1f} s"] = sorted(first.values())
    return found


def false_suspicions(report: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Suspicions of members to which nothing was being done, nor had been in the ten seconds before."""
    done = faults(report)
    found = []
    for event in report["events"]:
        if event["event"] != "suspected":
            continue
        at = event["at_ms"] / 1000
        if not any(
            fault.node in (event["member"], None) and fault.start <= at <= fault.end + 10 for fault in done
        ):
            found.append(event)
    return found
