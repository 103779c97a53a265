"""Attacks by moments: what a message says of time, and a machine whose clock is set."""

import os
import time
from dataclasses import replace
from typing import Optional, Tuple

from harness.nodes.faketime import FalseClock
from wire.datagrams import Datagram
from wire.keys import ClusterKey, ClusterSecrets
from wire.keysets import Keyset
from wire.streams import StreamMessage

from .attack import MEMBER, Outcome, attack
from .postures import JOIN, KEYS, Connection, Member
from .rotation import ask_under_retired
from .target import Target

_PAST_MOMENTS = 1 << 40
_STEPS = ("+3600", "-86400", "+0")


@attack("clock", MEMBER, "moments far off: of retired keys, of patience, of a node's own clock")
def clock(target: Target) -> Outcome:
    """KEYS says until when a retired key lets fetch; RELAY_HEARTBEAT how long to wait. Nothing else on
    the wire is a time."""
    member = Member(target, "timekeeper").enter()
    try:
        held, of_keys = _retired_for_ever(target, member)
        patient, of_relays = _endless_patience(target, member)
    finally:
        member.leave()
    steady, of_clocks = _a_clock_that_jumps(target)
    return Outcome(held and patient and steady, f"{of_keys}; {of_relays}; {of_clocks}",
                   "a member can retire a key of its own making for longer than 30 days: who was a member"
                   " then may fetch keys by it")


def _retired_for_ever(target: Target, member: Member) -> Tuple[bool, str]:
    """Keysets that keep the key and retire invented ones, until moments that are invalid or far away."""
    version = _talk(member, None)[1]
    before = {name: target.status(name)["key"] for name in target.names}
    made_up = [ClusterKey(os.urandom(32)) for _ in range(2)]

    def keyset(number: int, *until: int) -> Keyset:
        retired = tuple((key.secret, moment) for key, moment in zip(made_up, until))
        return Keyset(0, number, member.identity.public, (member.secrets.key.secret,), retired).signed(
            member.identity, member.secrets.cid)

    beyond = _talk(member, keyset(version + 1, _PAST_MOMENTS))[0]
    unsigned = _talk(member, replace(keyset(version + 1, 1), signature=bytes(64)))[0]
    taken = _talk(member, keyset(version + 1, 0, _PAST_MOMENTS - 1))
    everywhere = target.wait(
        lambda: all(target.ask(name, "keys")["version"] == version + 1 for name in target.names), 15)
    stranger = Member(target, "stranger")
    said = []
    for key in made_up:
        stranger.secrets = ClusterSecrets(key, member.secrets.cid)
        said += [ask_under_retired(stranger, stranger.secrets, purpose, False)
                 for purpose in (JOIN, KEYS)]
    stranger.close()
    unchanged = all(target.status(name)["key"] == key for name, key in before.items())
    held = ((beyond, unsigned) == (None, 6) and taken == (0, version + 1) and everywhere and unchanged
            and "given keys" not in said and target.wait(target.is_whole, 5))
    return held, (f"a key retired until 2^40 s: {'hung up on' if beyond is None else beyond}; until 1970"
                  f" and until 2^40 - 1: {'taken' if everywhere else 'not taken'}, and under them a"
                  f" stranger gets {' or '.join(sorted(set(said)))}")


def _talk(member: Member, gift: Optional[Keyset]) -> Tuple[Optional[int], int]:
    """The code with which n1 ended a talk about keys, None if it closed the connection without one; and the version
    that it stated last."""
    connection = Connection(member, "n1")
    version = 0
    try:
        connection.hello(KEYS)
        connection.join(member.full())
        connection.say(StreamMessage("KEYS", keyset=gift))
        while (message := connection.hear()).name != "STREAM_END":
            version = message.keyset.version if message.keyset else 0
        return message.code, version
    except ConnectionError:
        return None, version
    finally:
        connection.close()


def _endless_patience(target: Target, member: Member) -> Tuple[bool, str]:
    """Relays asked to wait for 65 s, and not at all, for a member that does not answer."""
    mute = Member(target, "mute").enter()
    mute.on_datagram = lambda header, datagram: True
    arrived = []
    member.on_datagram = lambda header, datagram: (
        arrived.append(time.monotonic()) if datagram.name == "RELAY_NACK" else None) or False
    began = time.monotonic()
    for patience in (0, 65_535):
        member.say("n1", Datagram("RELAY_HEARTBEAT", {
            "target": mute.identity.nid, "token": os.urandom(16), "timeout": patience}))
    target.wait(lambda: len(arrived) >= 2, 4)
    mute.leave()
    waited = [moment - began for moment in arrived]
    return len(waited) == 2 and max(waited) < 3, (
        f"relays told to wait for 0 and 65,535 ms gave up after"
        f" {' and '.join(f'{one:.1f}' for one in waited) or 'nothing like'} s")


def _a_clock_that_jumps(target: Target) -> Tuple[bool, str]:
    """n5 by a clock that is set an hour ahead, then back a day."""
    false_clock = FalseClock.by_file(target.data / "clock")
    if false_clock is None:
        return True, "a node's own clock was not set: that needs libfaketime (the package faketime)"
    target.restart("n5", false_clock)
    if not target.wait(target.is_whole, 20):
        return False, "n5 did not come back under another clock"
    before = target.doubts()
    for step in _STEPS:
        false_clock.set(step)
        time.sleep(1.5)
    suspected, failed = (after - was for after, was in zip(target.doubts(), before))
    whole = target.is_whole()
    target.restart("n5")
    return whole and failed == 0, (f"a node whose clock was set by {', '.join(_STEPS)} s was suspected"
                                   f" {suspected} times, declared failed {failed} times")
