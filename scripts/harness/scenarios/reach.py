"""A member that others cannot reach: how often it is declared dead, and what the nodes say about it."""

from typing import Iterator, List

from ..run.stage import Stage
from ..run.verdict import Verdict, counted
from .judging import NONE, Complaint, bystander_complaint

WATCH_SECONDS = 45.0
# A member that cannot be called is declared dead at most this often, and then stays dead.
MOST_DEATHS = 2
# In the last part of the watch there must be no report of it.
SETTLED_SECONDS = 15.0
ROUTE_SECONDS = 15.0
# The lines of every change and every start.
_NOT_WORDS = ('"iridium.event/1"', '"iridium.ready/1"')


def uncallable(stage: Stage) -> Iterator[Verdict]:
    """Two nodes join that can call others but cannot be called. At the address that one states nothing listens; at
    that of the other, another member listens."""
    stated = {}
    for kind in ("a closed port", "another's address"):
        guest = stage.cluster.stranger([])
        host, port = stage.cluster.address(guest if kind == "a closed port" else stage.names[0])
        stated[guest] = kind, f"{host}:{9 if kind == 'a closed port' else port}"
        stage.cluster.nodes[guest].options = ["--advertise", stated[guest][1]]
    since = max([stage.cluster.start(guest) for guest in stated])
    stage.watch(WATCH_SECONDS, lambda: f"{', '.join(stated)} cannot be called")
    verdicts = [_uncallable(stage, guest, *what, since) for guest, what in stated.items()]
    bystander = bystander_complaint(stage, since, list(stated))
    stage.cluster.dismiss(list(stated))
    for verdict in verdicts:
        if verdict.passed and bystander[0]:
            verdict.passed, (verdict.complaint, verdict.blamed) = False, bystander
        yield verdict


def _uncallable(stage: Stage, guest: str, kind: str, stated: str, since: float) -> Verdict:
    told = stage.timeline.events(since, ["failed", "joined", "suspected"], stage.names, [guest])
    deaths = {name: sum(event.kind == "failed" and event.observer == name for event in told)
              for name in stage.names}
    late = [event for event in told if event.at > since + WATCH_SECONDS - SETTLED_SECONDS]
    most = max(deaths, key=lambda name: deaths[name])
    is_explained = any(stated in line for line in _in_words(stage, guest))
    complaint: Complaint = NONE
    if deaths[most] > MOST_DEATHS:
        complaint = f"{most} declared {guest} dead {counted(deaths[most], 'time')}", most
    elif late:
        complaint = f"{late[0].observer} still says {late[0].kind} of {guest}", late[0].observer
    elif not is_explained:
        complaint = f"{guest} does not learn that {stated} cannot be called", guest
    return Verdict(
        scenario="uncallable",
        title=f"uncallable {kind}",
        outcome=f"declared dead {counted(deaths[most], 'time')} at most, {len(late)} changes in the end",
        passed=not complaint[0],
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"deaths": deaths, "late_changes": len(late), "explained": is_explained},
    )


def no_route(stage: Stage) -> Iterator[Verdict]:
    """A node joins with an address of a family that the others cannot send to. They must say that, and not that
    a port is closed."""
    before = {name: len(_in_words(stage, name)) for name in stage.names}
    guest = stage.cluster.stranger([])
    stated = f"[{stage.network.add_address_of_six(guest)}]:2254"
    stage.cluster.nodes[guest].options = ["--bind", "[::]:2254", "--advertise", stated]
    since = stage.cluster.start(guest)
    stage.watch(ROUTE_SECONDS, lambda: f"{guest} is at an IPv6 address")
    words = {name: _in_words(stage, name)[before.get(name, 0) :] for name in [*stage.names, guest]}
    # The guest cannot know why it hears no datagram; advice about a port must name its address as a reason, too.
    misled = [name for name, lines in words.items()
              if any("open UDP" in line and (name != guest or stated not in line) for line in lines)]
    told = [name for name in stage.names if any("IPv6" in line for line in words[name])]
    complaint = bystander_complaint(stage, since, [guest])
    if misled:
        complaint = f"{misled[0]} is advised to open a UDP port, and no datagram could be sent at all", misled[0]
    elif not told and not complaint[0]:
        complaint = f"no member says that it cannot send to {stated}", stage.names[0]
    stage.cluster.dismiss([guest])
    yield Verdict(
        scenario="no-route",
        title="no-route",
        outcome=f"{len(told)} say that they cannot send by IPv6, {len(misled)} speak of a closed port",
        passed=not complaint[0],
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"told": told, "misled": misled},
    )


def _in_words(stage: Stage, name: str) -> List[str]:
    """The reports of that node to people: plain lines, and notes and errors in JSON; no events, and nothing from the
    harness."""
    return [line for line in stage.cluster.last_lines(name, 100_000)
            if not line.startswith("#") and not any(schema in line for schema in _NOT_WORDS)]
