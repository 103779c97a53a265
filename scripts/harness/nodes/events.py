"""One line of a node's log as a value.

A node prints one JSON object a line: first `iridium.ready/1`, then `iridium.event/1` for each change
it learns of, beginning with a snapshot of what it knows. Everything else in a log (messages for
people, our own notes, half a line of a process that was killed while it wrote) is not for us.

Times are those of our own clock at the moment the line reached us: the clocks of the nodes may
differ from each other, ours does not differ from itself.
"""

import json
from dataclasses import dataclass
from typing import Optional, Tuple, Union

READY = "iridium.ready/1"
EVENT = "iridium.event/1"

# The state a member is in after an event, where the event itself does not say.
STATE_AFTER = {
    "joined": "alive",
    "recovered": "alive",
    "suspected": "suspect",
    "failed": "dead",
    "left": "left",
}


@dataclass(frozen=True)
class Ready:
    """A node has bound its sockets."""

    node: str
    id: str
    address: str
    control: str
    pid: int
    cluster: str


@dataclass(frozen=True)
class Event:
    """`observer` learnt that something happened to `member`."""

    at: float
    observer: str
    member: str
    kind: str
    state: Optional[str]
    incarnation: int
    accusers: Tuple[str, ...] = ()
    why: str = ""
    # Of the member: two may bear one name, one after the other.
    id: str = ""
    # Of a message (`kind` "message", without a state): what it says.
    text: str = ""


def parse_line(line: bytes, observer: str, at: float) -> Union[Ready, Event, None]:
    """The event in a line that `observer` wrote; None if there is none. Never raises."""
    if not line.startswith(b"{"):
        return None
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    try:
        if fields.get("schema") == READY:
            return _ready(fields)
        if fields.get("schema") == EVENT:
            return _event(fields, observer, at)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return None


def readable(line: str) -> str:
    """A line of a log as a person wants to see it; what is no event stays as it is, cut at 200."""
    event = parse_line(line.encode(), "", 0.0)
    if not isinstance(event, Event):
        return line[:200]
    text = f"{json.loads(line).get('at', '')} {event.kind} {event.member}".strip()
    why = f": {event.why}" if event.why else ""
    return f"{text}, incarnation {event.incarnation}{why}"[:200]


def _ready(fields: dict) -> Ready:
    return Ready(
        node=str(fields["node"]),
        id=str(fields["id"]),
        address=str(fields["address"]),
        control=str(fields.get("control", "")),
        pid=int(fields["pid"]),
        cluster=str(fields.get("cluster", "")),
    )


def _event(fields: dict, observer: str, at: float) -> Event:
    kind = str(fields["event"])
    why = fields.get("why") or {}
    return Event(
        at=at,
        observer=observer,
        member=str(fields["member"]),
        kind=kind,
        state=fields.get("state") or STATE_AFTER.get(kind),
        incarnation=int(fields.get("incarnation") or 0),
        accusers=tuple(str(name) for name in why.get("accusers", ())),
        why=str(why.get("text", "")),
        id=str(fields.get("id") or ""),
        text=str(fields.get("text") or ""),
    )
