"""Attacks by what a member says of others: accusations, verdicts, acks and proofs that are false."""

import os
import time
from dataclasses import replace
from typing import List

from wire.datagrams import Datagram
from wire.items import Dead, Full, Suspect
from wire.keys import Identity, boot_id, suspicion_text

from .attack import MEMBER, Outcome, attack
from .keyed import target_nid
from .postures import Member
from .target import Target


def accusation(member: Member, about: Full, by: Identity = None) -> bytes:
    by = by or member.identity
    text = suspicion_text(member.secrets.cid, target_nid(about), about.core.hash, about.incarnation,
                          by.nid)
    return by.sign(text)


def suspect(member: Member, about: Full) -> Suspect:
    """Accuses it in mallory's own name."""
    return Suspect(target_nid(about), about.core.hash[:8], about.incarnation, member.identity.nid,
                   accusation(member, about))


def dead(member: Member, about: Full) -> Dead:
    """Declares it dead on mallory's own word."""
    return Dead(target_nid(about), about.core.hash[:8], about.incarnation,
                ((member.identity.nid, accusation(member, about)),))


def as_it_is_now(target: Target, member: Member, name: str) -> Full:
    """The record that an accusation must name: a node only answers a claim about an older incarnation."""
    return replace(member.records[name], incarnation=target.member("n1", name)["incarnation"])


def buried(target: Target, name: str, since: int) -> List[str]:
    """The nodes that declared it failed after a number of failures that were there before."""
    return [one for one in target.names if one != name and failures(target, one, name) > since]


def failures(target: Target, observer: str, name: str) -> int:
    return sum(event.get("event") == "failed" and event.get("member") == name
               for event in target.events(observer))


def most_failures(target: Target, name: str) -> int:
    return max(failures(target, one, name) for one in target.names if one != name)


# --- false accusations and verdicts ---------------------------------------------------------------


@attack("death-by-one", MEMBER,
        "accusing a healthy member and declaring it dead, both in one datagram, again and again")
def death_by_one(target: Target) -> Outcome:
    """The accusation makes the suspicion that the verdict needs, and is the proof that it needs."""
    member = Member(target, "judge").enter()
    others = [name for name in target.names if name != "n3"]
    before = {name: failures(target, name, "n3") for name in others}
    rounds, discounted = 0, []
    try:
        # A node that hears of the refutation before it hears mallory has nothing to hold against it. So each is
        # the first in its turn, until all have heard three.
        while rounds < 6 or discounted != others and rounds < 16:
            turn = rounds % len(others)
            about = as_it_is_now(target, member, "n3")
            pair = [suspect(member, about), dead(member, about)]
            # The other way round, and alone in a later datagram, now and then.
            member.gossip(*(pair if rounds % 3 else reversed(pair)),
                          to=others[turn:] + others[:turn])
            if rounds % 3 == 2:
                member.gossip(pair[1], to=others)
            time.sleep(0.7)
            rounds += 1
            discounted = [name for name in others
                          if target.refused(name, "rule-discountedAccuser")]
        time.sleep(1)
        deaths = {name: failures(target, name, "n3") - before[name] for name in others}
        held = not any(deaths.values()) and target.all_say("n3", "alive") and discounted == others
        return Outcome(held, f"{rounds} times: declared failed {sum(deaths.values())} times by"
                             f" {sum(count > 0 for count in deaths.values())} nodes; mallory's accusations"
                             f" count no more at {len(discounted)} of {len(others)}",
                       "the accused must refute each time: others look for themselves")
    finally:
        member.leave()


@attack("false-suspicion", MEMBER, "accusing a healthy member, again and again")
def false_suspicion(target: Target) -> Outcome:
    member = Member(target, "accuser").enter()
    before = target.member("n1", "n2")["incarnation"]
    since = most_failures(target, "n2")
    try:
        for _ in range(5):
            member.gossip(suspect(member, as_it_is_now(target, member, "n2")))
            time.sleep(0.6)
        time.sleep(4.0)
        after = target.member("n1", "n2")["incarnation"]
        by = buried(target, "n2", since)
        held = target.all_say("n2", "alive") and not by and after > before
        return Outcome(held, f"declared failed by {len(by)} nodes; n2 has refuted, from incarnation"
                             f" {before} to {after}, and is alive to all")
    finally:
        member.leave()


@attack("false-death", MEMBER, "declaring a healthy member dead, with an accusation of mallory's own")
def false_death(target: Target) -> Outcome:
    member = Member(target, "judge").enter()
    since = most_failures(target, "n3")
    try:
        about = as_it_is_now(target, member, "n3")
        member.gossip(dead(member, about))
        member.gossip(replace(dead(member, about), accusers=()))
        time.sleep(2.5)
        by = buried(target, "n3", since)
        return Outcome(target.all_say("n3", "alive") and not by,
                       f"declared failed by {len(by)} nodes; n3 is alive to all")
    finally:
        member.leave()


@attack("invented-accusers", MEMBER, "a death proven by five unknown identities")
def invented_accusers(target: Target) -> Outcome:
    member = Member(target, "puppeteer").enter()
    since = most_failures(target, "n4")
    before = sum(target.refused(name, "rule-unknownAccuser") for name in target.names)
    try:
        about = as_it_is_now(target, member, "n4")
        puppets = sorted((Identity(os.urandom(32)) for _ in range(5)), key=lambda one: one.nid)
        pairs = tuple((one.nid, accusation(member, about, one)) for one in puppets)
        for nid, signature in pairs:
            member.gossip(Suspect(target_nid(about), about.core.hash[:8], about.incarnation, nid,
                                  signature))
        member.gossip(Dead(target_nid(about), about.core.hash[:8], about.incarnation, pairs))
        time.sleep(2.5)
        refused = sum(target.refused(name, "rule-unknownAccuser") for name in target.names) - before
        by = buried(target, "n4", since)
        return Outcome(not by and refused > 0 and target.all_say("n4", "alive"),
                       f"{refused} unknown accusers refused, declared failed by {len(by)} nodes",
                       "a key holder can join with as many identities as it makes")
    finally:
        member.leave()


# --- false signs of life --------------------------------------------------------------------------


@attack("late-ack", MEMBER, "acks for heartbeats that are long over, or were another's")
def late_ack(target: Target) -> Outcome:
    member = Member(target, "late").enter()
    reasons = ("rule-lateAck", "rule-forgedAck")
    try:
        # On a busy machine n1's health may change meanwhile for other reasons.
        for _ in range(5):
            before, health = target.refused("n1", *reasons), target.status("n1")["health"]
            for echo in range(1, 201):
                member.say("n1", Datagram("HEARTBEAT_ACK", {"echo": echo, "health": 255}, [member.view]))
            member.until_read("n1")
            count = target.refused("n1", *reasons) - before
            after = target.status("n1")["health"]
            if after == health:
                break
        # One of 200 may happen to be open.
        return Outcome(count >= 199 and after == health and target.wait(target.is_whole, 20),
                       f"{count} of 200 passed over and counted; n1's health is {after} as before")
    finally:
        member.leave()


@attack("lying-relay", MEMBER, "a relay that vouches for a killed node")
def lying_relay(target: Target) -> Outcome:
    member = Member(target, "perjurer").enter()
    asked: List[bytes] = []

    def lie(header, datagram) -> bool:
        if datagram.name != "RELAY_HEARTBEAT":
            return False
        name = next((name for name, full in member.records.items()
                     if boot_id(full.core.boot_key) == header.sender), None)
        if name is not None:
            asked.append(header.sender)
            member.say(name, Datagram("RELAY_ACK", {
                "target": datagram.fields["target"], "echo": header.sequence,
                "proof": os.urandom(16)}))
        return True

    member.on_datagram = lie
    others = target.names[:4]
    before = sum(target.refused(name, "rule-badRelayProof") for name in others)
    try:
        # Relays are chosen by chance: mallory waits until it is asked, by three in four of the nodes that
        # notice a death.
        for _ in range(15):
            target.kill("n5")
            died = target.wait(lambda: all(target.state(one, "n5") == "dead" for one in others), 25)
            refused = sum(target.refused(name, "rule-badRelayProof") for name in others) - before
            target.restart("n5")
            target.wait(target.is_whole, 20)
            if refused or not died:
                break
        return Outcome(died and refused > 0,
                       f"asked {len(asked)} times, vouched each time, {refused} proofs refused; n5 was"
                       f" {'dead to all the same' if died else 'NOT dead to all'}")
    finally:
        member.leave()
