"""Attacks by what was true once, or was never shown: old messages, old records, verdicts without a signature."""

import time
from typing import List, Tuple

from wire.items import Dead, User
from wire.keys import node_id
from wire.streams import StreamMessage

from .attack import KEY, MEMBER, Outcome, attack
from .keyed import target_nid
from .postures import KEYS, SYNC, Connection, KeyHolder, Known, Member, Rejected
from .target import Target


@attack("unsigned-verdict", KEY, "a sync that says of every node that it is dead, signed by no one",
        undefended="every node suspected and made to refute, by 225 bytes")
def unsigned_verdict(target: Target) -> Outcome:
    """Ten streams to n1, each by a fresh identity without a process, which is suspected soon."""
    suspected, failed = _doubts(target)
    before = {name: target.member("n1", name)["incarnation"] for name in target.names}
    ended = 0
    for _ in range(10):
        caller = Known(target, "passer-by")
        records = [caller.record_of(name) for name in target.names]
        verdicts = [Dead(target_nid(full), full.core.hash[:8], target.member("n1", name)["incarnation"], ())
                    for name, full in zip(target.names, records)]
        ended += _sync(caller, "n1", verdicts)
        time.sleep(0.2)
    witness = Member(target, "witness").enter()
    witness.until_read()
    witness.leave()
    suspected, failed = (after - was for after, was in zip(_doubts(target), (suspected, failed)))
    # n1 answers what is said of itself: it cannot know whether the caller believes it.
    raised = sum(target.member("n1", name)["incarnation"] > before[name] for name in target.names[1:])
    return Outcome(suspected == 0 and raised == 0 and ended > 0,
                   f"{ended} of 10 syncs ended well; {suspected} suspicions told, {failed} failures, {raised} of 4 others"
                   " had to refute")


def _doubts(target: Target) -> Tuple[int, int]:
    """How often one of the nodes has suspected another of them, and declared it failed."""
    kinds = [event.get("event") for name in target.names for event in target.events(name)
             if event.get("member") in target.names]
    return kinds.count("suspected"), kinds.count("failed")


def _sync(caller: Known, name: str, items: list) -> bool:
    """A whole comparison of views in which the caller teaches these items; whether it ended well."""
    connection = Connection(caller, name)
    try:
        connection.hello(SYNC)
        connection.join(caller.full())
        connection.say(StreamMessage("SYNC_BUCKETS", hashes=[0] * 64))
        # Their rows end with an empty message.
        while not ((message := connection.hear()).name == "SYNC_IDS" and not message.rows):
            pass
        connection.say(StreamMessage("SYNC_DELTA", items))
        connection.say(StreamMessage("STREAM_END", code=0))
        while (message := connection.hear()).name != "STREAM_END":
            pass
        return message.code == 0
    except (OSError, Rejected):
        return False
    finally:
        connection.close()


@attack("replayed-messages", MEMBER, "user messages of n2 from before a rotation, told to a newcomer and a restarted node",
        undefended="5 of 5 delivered as new at both, in n2's name")
def replayed_messages(target: Target) -> Outcome:
    """Recorded by one identity, told by another under a new cluster key."""
    recorder = Member(target, "recorder").enter()
    words = [f"once-{time.time_ns()}-{number}" for number in range(5)]
    try:
        origin = node_id(recorder.record_of("n2").core.identity_key)
        for word in words:
            target.run("send", word, "--agent", "n2", "--data-root-dir", str(target.data))
        target.wait(lambda: len(_heard(recorder, origin, words)) >= 5, 10)
        recorded = _heard(recorder, origin, words)
    finally:
        recorder.leave()
    if len(recorded) < 5:
        return Outcome(False, f"only {len(recorded)} of 5 messages were recorded")
    target.rotate()
    target.ports["late"] = target.free_port()
    target.start_one("late")
    target.restart("n5")
    teller = Member(target, "teller")
    try:
        if not target.wait(lambda: target.is_whole() and target.all_say("late", "alive"), 20):
            return Outcome(False, "a node did not come")
        teller.enter()
        before = {name: _delivered(target, name, words) for name in ("late", "n5")}
        for item in recorded:
            teller.gossip(item, to=["late", "n5"])
        teller.until_read("late", "n5")
        # Events are written by another thread than the one that answers heartbeats.
        time.sleep(0.5)
        found = {name: _delivered(target, name, words) - before[name] for name in ("late", "n5")}
        return Outcome(not any(found.values()),
                       f"delivered as new: {found['late']} of 5 at a node that joined later, {found['n5']} of 5 at one"
                       " that was restarted")
    finally:
        teller.leave()
        target.kill("late")
        del target.processes["late"], target.ports["late"]


def _heard(recorder: Member, origin: bytes, words: List[str]) -> List[User]:
    """One of each of these messages, as it travelled."""
    found = {}
    for _, datagram, _ in list(recorder.heard):
        for item in datagram.items:
            if isinstance(item, User) and item.origin == origin and item.payload.decode("utf-8", "replace") in words:
                found[item.sequence] = item
    return list(found.values())


def _delivered(target: Target, name: str, words: List[str]) -> int:
    text = target.log(name).read_text()
    return sum(text.count(f'"{word}"') for word in words)


@attack("former-boot", MEMBER, "a former boot secret of a member and its record of then, shown in a handshake",
        undefended="given keys in the member's name")
def former_boot(target: Target) -> Outcome:
    """A core dump of last year, say. The member has renewed its boot key since."""
    member = Member(target, "renewed").enter()
    thief = KeyHolder(target)
    thief.boot, thief.identity, record = member.boot, member.identity, member.full()
    try:
        member.reboot(target.names)
        # The nodes hold the new record when they acknowledge a frame under the new key.
        member.until_read()
        said = []
        for name in target.names:
            connection = Connection(thief, name)
            try:
                connection.hello(KEYS)
                connection.join(record)
                connection.say(StreamMessage("KEYS"))
                said.append(connection.hear().name)
            except (OSError, Rejected):
                said.append("refused")
            finally:
                connection.close()
    finally:
        member.leave()
    given = said.count("KEYS")
    return Outcome(given == 0, f"given keys by {given} of 5 nodes"
                               + (f"; the others: {', '.join(sorted(set(said) - {'KEYS'}))}" if given < 5 else ""))
