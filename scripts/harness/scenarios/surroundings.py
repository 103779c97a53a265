"""Faults around a process: no descriptor is left, nothing reads its output, its control socket is gone."""

from typing import Iterator

from ..nodes.control import ControlError
from ..run.stage import Stage
from ..run.verdict import Verdict, within
from .judging import bystander_complaint

KNOCKS = 8
STARVED_SECONDS = 6.0
MOST_OF_A_CORE = 0.2
NO_DESCRIPTOR = "IR-19"
MESSAGES, MESSAGE_BYTES = 120, 900
END_SECONDS = 10.0
SOCKET_SECONDS = 10.0


def descriptors(stage: Stage) -> Iterator[Verdict]:
    """A node can open no file and no socket, and is called: it waits without using a core, and says so once."""
    victim, machine = stage.pick(), stage.cluster.machine
    since, before = stage.now(), _said(stage, victim)
    machine.no_more_files(victim)
    try:
        made = machine.connect(victim, KNOCKS)
        used, began = machine.processor_seconds(victim), stage.now()
        stage.watch(STARVED_SECONDS, lambda: f"{victim} has no descriptor left")
        share = (machine.processor_seconds(victim) - used) / (stage.now() - began)
    finally:
        machine.files_again(victim)
        machine.hang_up()
    answers = stage.wait(lambda: _answers(stage, victim), stage.now() + SOCKET_SECONDS)
    said = _said(stage, victim) - before
    complaint = bystander_complaint(stage, since)
    if share > MOST_OF_A_CORE:
        complaint = f"{victim} used {share:.0%} of a core while it could open nothing", victim
    elif said != 1:
        complaint = f"{victim} said {NO_DESCRIPTOR} {said} times", victim
    elif not answers:
        complaint = f"{victim} answers no command although it can open descriptors again", victim
    yield Verdict(
        scenario="descriptors",
        title=f"descriptors {victim}",
        outcome=f"{share:.0%} of a core, {NO_DESCRIPTOR} said {said} times",
        passed=not complaint[0],
        note=f"{made} connections waited",
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"victim": victim, "processor_share": round(share, 3), "said": said},
    )


def _said(stage: Stage, name: str) -> int:
    return sum(NO_DESCRIPTOR in line for line in stage.cluster.last_lines(name, 100_000))


def unread_output(stage: Stage) -> Iterator[Verdict]:
    """A node whose output nothing reads has much to tell, and is asked to end: it says goodbye, and ends."""
    guest = stage.cluster.stranger([])
    stage.cluster.machine.unread(guest)
    since = stage.cluster.start(guest)
    stage.wait_until_heard(stage.names, guest, "joined", since, stage.limits.return_known)
    teller = stage.pick()
    for number in range(MESSAGES):
        stage.control.send(teller, f"{number:04d}".ljust(MESSAGE_BYTES, "x"))
    asked = stage.cluster.leave(guest)
    stage.wait(lambda: stage.cluster.exit_status(guest, 0) is not None, asked + END_SECONDS,
               lambda: f"{guest} is asked to end")
    status = stage.cluster.exit_status(guest, 0)
    took = None if status is None else stage.now() - asked
    left = stage.wait_until_heard(stage.names, guest, "left", asked, END_SECONDS)
    complaint = bystander_complaint(stage, since, [guest])
    if status is None:
        complaint = f"{guest} still runs {END_SECONDS:g} s after it was asked to end", guest
    elif status != 0:
        complaint = f"{guest} ended with exit code {status}", guest
    elif len(left) < len(stage.names):
        complaint = f"{len(left)} of {len(stage.names)} members heard its goodbye", guest
    stage.cluster.dismiss([guest])
    yield Verdict(
        scenario="unread-output",
        title="unread-output",
        outcome="asked to end: " + ("it still runs" if status is None else f"exit code {status}"),
        passed=not complaint[0],
        seconds=took,
        limit=END_SECONDS,
        note=f"{len(left)}/{len(stage.names)} heard its goodbye",
        complaint=complaint[0],
        blamed=complaint[1],
    )


def control_socket(stage: Stage) -> Iterator[Verdict]:
    """The file of a node's control socket is removed: the node makes it again, and answers commands."""
    victim = stage.pick()
    since = stage.now()
    stage.cluster.machine.remove_control_socket(victim)
    answers = stage.wait(lambda: _answers(stage, victim), since + SOCKET_SECONDS,
                         lambda: f"{victim} cannot be asked")
    took = stage.now() - since if answers else None
    complaint = bystander_complaint(stage, since)
    if not within(took, SOCKET_SECONDS):
        complaint = f"{victim} cannot be asked {SOCKET_SECONDS:g} s after its control socket was removed", victim
        # Nothing but a new process helps.
        stage.cluster.kill(victim)
    yield Verdict(
        scenario="control-socket",
        title=f"control-socket {victim}",
        outcome="can be asked again" if answers else "cannot be asked",
        passed=not complaint[0],
        seconds=took,
        limit=SOCKET_SECONDS,
        complaint=complaint[0],
        blamed=complaint[1],
        measurements={"victim": victim},
    )


def _answers(stage: Stage, name: str) -> bool:
    try:
        return "view" in stage.control.status(name)
    except ControlError:
        return False
