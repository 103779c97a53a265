"""Attacks on a cluster that has changed its key: what the old key is still worth."""

import os
import time

from wire.keysets import Keyset
from wire.streams import StreamMessage

from .attack import KEY, OUTSIDE, Outcome, attack
from .outside import heard_on_the_path, refusals
from .postures import JOIN, KEYS, SYNC, Connection, KeyHolder, Member, Rejected
from .target import Target


@attack("key-rotation", OUTSIDE, "frames from before a rotation, recorded, and new ones under its key")
def key_rotation(target: Target) -> Outcome:
    heard = heard_on_the_path(target)
    holder = KeyHolder(target)
    for name in target.names:
        holder.record_of(name)
    target.rotate()
    refused = 0
    for name in target.names:
        frames = [frame for _, to, frame in heard if to == name]
        refused += min(len(frames), refusals(target, name, frames, ("unknown-key",)))
    fresh = [holder.seal("n2", bytes(64), 2) for _ in range(50)]
    forged = min(len(fresh), refusals(target, "n2", fresh, ("unknown-key",)))
    held = refused == len(heard) and forged == len(fresh) and target.is_whole()
    return Outcome(held, f"{refused} of {len(heard)} recorded and {forged} of {len(fresh)} new frames"
                         " under the old key refused; all members are alive")


@attack("retired-key", KEY, "a stranger that has only the retired key asks for the new one")
def retired_key(target: Target) -> Outcome:
    old = target.rotate()
    before = {name: target.status(name)["key"] for name in target.names}
    stranger = Member(target, "stranger")
    stranger.secrets = old
    said = []
    try:
        for purpose in (JOIN, SYNC, KEYS):
            for gift in (False, True):
                said.append(ask_under_retired(stranger, old, purpose, gift))
    finally:
        stranger.close()
    time.sleep(1.0)
    unchanged = all(target.status(name)["key"] == key for name, key in before.items())
    unknown = not any(target.member(name, "stranger") for name in target.names)
    held = "given keys" not in said and unchanged and unknown
    return Outcome(held, f"asked {len(said)} times: {', '.join(sorted(set(said)))}; no member knows it, and"
                         " no key has changed" if held else f"{', '.join(said)}",
                   "a member that was known, by its own identity, until the grace is over")


@attack("keyset-for-each", KEY, "an unknown key holder gives each node another keyset")
def keyset_for_each(target: Target) -> Outcome:
    version = max(target.ask(name, "keys")["version"] for name in target.names)
    before = {name: target.status(name)["key"] for name in target.names}
    ghost = Member(target, "ghost")
    try:
        codes = [give(ghost, name, os.urandom(32), version + 1) for name in target.names]
    finally:
        ghost.close()
    time.sleep(1.0)
    unchanged = all(target.status(name)["key"] == key for name, key in before.items())
    held = codes == [6] * len(codes) and unchanged and target.wait(target.is_whole, 5)
    return Outcome(held, f"{len(codes)} keysets without a key of the cluster, each of the next version: ended"
                         f" with {', '.join(str(code) for code in sorted(set(codes)))}; no key has changed"
                   if held else f"ended with {codes}, keys {'the same' if unchanged else 'changed'}",
                   "keysets that retire the cluster's key, and then others, are taken")


def give(member: Member, name: str, secret: bytes, version: int) -> int:
    """The code with which a member ends a talk in which it is given that key alone; -1: it closed the connection."""
    keyset = Keyset(0, version, member.identity.public, (secret,))
    connection = Connection(member, name)
    try:
        connection.hello(KEYS)
        connection.join(member.full())
        connection.say(StreamMessage(
            "KEYS", keyset=keyset.signed(member.identity, member.secrets.cid)))
        while (message := connection.hear()).name != "STREAM_END":
            pass
        return message.code
    except ConnectionError:
        return -1
    finally:
        connection.close()


def ask_under_retired(stranger: Member, old, purpose: int, gift: bool) -> str:
    """A member's answer to a call under the retired key, with a keyset of the caller or without."""
    connection = Connection(stranger, "n1", old)
    try:
        connection.hello(purpose)
        connection.join(stranger.full())
        if gift:
            keyset = Keyset(0, 1 << 20, stranger.identity.public, (old.key.secret,))
            connection.say(StreamMessage(
                "KEYS", keyset=keyset.signed(stranger.identity, old.cid)))
        message = connection.hear()
        return "given keys" if message.name == "KEYS" else f"{message.name} {message.code}"
    except Rejected as rejected:
        return f"refused in clear with code {rejected.code}"
    except (OSError, ConnectionError):
        return "closed"
    finally:
        connection.close()
