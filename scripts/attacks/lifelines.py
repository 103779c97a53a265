"""Attacks on lifelines: false evidence of a death, and connections that are held or ended without a word."""

import socket
import time
from typing import List

from wire.items import Full, Gone
from wire.keys import gone_text
from wire.streams import StreamMessage

from .attack import MEMBER, Outcome, attack
from .keyed import target_nid
from .postures import Connection, Member, Rejected
from .target import Target
from .voices import as_it_is_now, buried, most_failures, suspect

LIFELINE = 6
ACCEPTED = 16


def gone(member: Member, about: Full) -> Gone:
    """In mallory's own name, truly signed: its machine has refused me."""
    text = gone_text(member.secrets.cid, target_nid(about), about.core.hash, about.incarnation,
                     member.identity.nid)
    return Gone(target_nid(about), about.core.hash[:8], about.incarnation, member.identity.nid,
                member.identity.sign(text))


def lie(target: Target, count: int, rounds: int = 8) -> Outcome:
    liars = [Member(target, f"liar{number}").enter() for number in range(count)]
    since = most_failures(target, "n3")
    discounted: List[str] = []
    try:
        for _ in range(rounds):
            for one in liars:
                about = as_it_is_now(target, one, "n3")
                one.gossip(suspect(one, about), gone(one, about))
            time.sleep(0.6)
        time.sleep(2)
        by = buried(target, "n3", since)
        discounted = [name for name in target.names
                      if name != "n3" and target.refused(name, "rule-discountedAccuser")]
        return Outcome(not by and target.all_say("n3", "alive"),
                       f"{rounds} times: declared failed by {len(by)} nodes; the liars count no more"
                       f" at {len(discounted)}")
    finally:
        for one in liars:
            one.leave()


@attack("gone-lie", MEMBER, "saying again and again that the machine of a healthy member refuses it")
def gone_lie(target: Target) -> Outcome:
    with Target(target.binary) as own:
        return lie(own, 1)


@attack("gone-lie-by-two", MEMBER, "the same by two members")
def gone_lie_by_two(target: Target) -> Outcome:
    with Target(target.binary) as own:
        return lie(own, 2)


@attack("gone-lie-by-three", MEMBER, "the same by three members: more than the accusers that a verdict needs")
def gone_lie_by_three(target: Target) -> Outcome:
    with Target(target.binary) as own:
        return lie(own, 3)


@attack("lifeline-hoard", MEMBER, "holding as many lifelines to one node as it lets in, and more")
def lifeline_hoard(target: Target) -> Outcome:
    with Target(target.binary) as own:
        return _lifeline_hoard(own)


def _lifeline_hoard(target: Target) -> Outcome:
    member = Member(target, "hoarder").enter()
    held: List[Connection] = []
    turned_away = 0
    try:
        for _ in range(3 * ACCEPTED):
            connection = Connection(member, "n2")
            try:
                connection.hello(LIFELINE, (1, 2))
                connection.join(member.full())
                held.append(connection)
            except (Rejected, ConnectionError, OSError):
                turned_away += 1
                connection.close()
        time.sleep(1)
        watched = target.status("n2")["lifelines"]["watched_by"]
        since = most_failures(target, "n4")
        target.kill("n4")
        dead = target.wait(lambda: target.all_say("n4", "dead"), 20)
        target.restart("n4")
        back = target.wait(lambda: target.all_say("n4", "alive"), 20)
        return Outcome(watched <= ACCEPTED and dead and back and most_failures(target, "n4") > since,
                       f"{len(held)} held, {turned_away} turned away; n2 counts {watched}; a kill is"
                       " found all the same",
                       "who holds all of a node's places keeps its true neighbors from watching it, and"
                       " it is found by silence then")
    finally:
        for connection in held:
            connection.close()
        member.leave()


@attack("lifeline-slam", MEMBER, "opening lifelines and ending them without a farewell, many times")
def lifeline_slam(target: Target) -> Outcome:
    with Target(target.binary) as own:
        return _lifeline_slam(own)


def _lifeline_slam(target: Target) -> Outcome:
    member = Member(target, "slammer").enter()
    since = {name: most_failures(target, name) for name in target.names}
    slammed = 0
    try:
        before = target.processor_seconds("n2")
        for _ in range(60):
            try:
                connection = Connection(member, "n2")
                connection.hello(LIFELINE, (1, 2))
                connection.join(member.full())
                connection.socket.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.close()
                slammed += 1
            except (Rejected, OSError):
                pass
            time.sleep(0.02)
        # Things that must not be said on a lifeline.
        try:
            connection = Connection(member, "n2")
            connection.hello(LIFELINE, (1, 2))
            connection.join(member.full())
            connection.say(StreamMessage("SYNC_WANT", nids=[bytes(8)]))
            connection.close()
        except (Rejected, OSError):
            pass
        time.sleep(2)
        spent = target.processor_seconds("n2") - before
        wrong = [name for name in target.names if most_failures(target, name) > since[name]]
        # A busy machine may have kept the slammer from an ack: then it is suspect for a moment.
        is_alive = target.wait(lambda: target.all_say("slammer", "alive"), 10)
        return Outcome(not wrong and is_alive and spent < 2,
                       f"{slammed} slammed; n2 spent {spent:.2f} s of processor time and declared"
                       f" {len(wrong)} members failed")
    finally:
        member.leave()


@attack("refusal-by-firewall", MEMBER,
        "a member whose port refuses connections while it answers heartbeats, accused of being gone")
def refusal_by_firewall(target: Target) -> Outcome:
    """Mallory listens by UDP only: to all others its machine refuses. A second one accuses it."""
    with Target(target.binary) as own:
        return _refusal_by_firewall(own)


def _refusal_by_firewall(target: Target) -> Outcome:
    walled = Member(target, "walled").enter()
    accuser = Member(target, "accuser").enter()
    since = most_failures(target, "walled")
    try:
        for _ in range(6):
            about = walled.full()
            accuser.gossip(suspect(accuser, about), gone(accuser, about))
            time.sleep(0.6)
        by = buried(target, "walled", since)
        return Outcome(not by and target.all_say("walled", "alive", "suspect"),
                       f"declared failed by {len(by)} nodes while it answers heartbeats")
    finally:
        accuser.leave()
        walled.leave()
