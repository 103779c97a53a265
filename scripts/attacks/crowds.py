"""Attacks by identities of the moment: any number of them costs nothing, and each is a stranger to every node."""

import os
import threading
import time
from typing import Callable, List, Tuple

from wire.items import Gone, Heard, Item, Suspect
from wire.streams import StreamMessage

from .attack import KEY, MEMBER, Outcome, attack
from .invented import invent
from .keyed import target_nid
from .measuring import death_noticed, in_words, slowest
from .postures import SYNC, Connection, Known, Member
from .target import Target

LONGEST = 20
INVENTED = 1_000


def bring(caller: Known, name: str, items: List[Item], end: int = 0, waits: bool = True) -> None:
    """A sync that the caller opens, with all these items."""
    connection = Connection(caller, name)
    try:
        connection.hello(SYNC)
        # A stranger's record says that it has left, so that it is not listed itself.
        connection.join(caller.full() if isinstance(caller, Member) else caller.full(1, 1))
        for first in range(0, len(items), 60):
            connection.say(StreamMessage("SYNC_DELTA", items[first:first + 60]))
        connection.say(StreamMessage("STREAM_END", code=end))
        while waits and connection.hear().name != "STREAM_END":
            pass
    except (OSError, ValueError):
        pass
    finally:
        connection.close()


def _records(target: Target, count: int) -> List[Item]:
    return [one.full() for one in invent(target, count)]


def delivered(target: Target, count: int) -> List[int]:
    """How many other nodes have each of some messages of n2."""
    words = [f"word-{os.urandom(4).hex()}" for _ in range(count)]
    for word in words:
        target.run("send", word, "--agent", "n2", "--data-root-dir", str(target.data))
    others = [name for name in target.running() if name != "n2"]
    has_all = lambda: all(word in target.log(name).read_text() for word in words for name in others)  # noqa: E731
    target.wait(has_all, 5)
    return [sum(word in target.log(name).read_text() for name in others) for word in words]


def deaf_while(target: Target, work: Callable[[int], None]) -> Tuple[bool, str]:
    """When n1 notices the death of n4 while strangers work, beside the usual time."""
    others = [name for name in target.names if name != "n4"]
    usual = slowest(death_noticed(target, "n4", others, LONGEST)) or LONGEST
    target.restart("n4")
    target.wait(target.is_whole, LONGEST)
    over = threading.Event()

    def run() -> None:
        number = 0
        while not over.is_set():
            work(number)
            number += 1

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    time.sleep(3)
    found = death_noticed(target, "n4", others, LONGEST)["n1"]
    over.set()
    worker.join(LONGEST)
    return (found is not None and found < 2 * max(usual, 1.0),
            f"n1 notices a death after {in_words(found, LONGEST)}, usually {in_words(usual, LONGEST)}")


@attack("new-members", KEY, "1,000 members that never answer, by one stream; n2 sends messages meanwhile")
def new_members(target: Target) -> Outcome:
    with Target(target.binary) as own:
        caller = Known(own, "caller", port=9)
        bring(caller, "n1", _records(own, INVENTED))
        taken = own.status("n1")["members"]["alive"] - len(own.names)
        got = delivered(own, 4)
        found = slowest(death_noticed(own, "n4", [name for name in own.names if name != "n4"], LONGEST))
        # A message is best effort: one rumor in 150 misses a member.
        return Outcome(sum(got) >= 14 and found is not None and found < 2,
                       f"{taken} of {INVENTED} taken in; messages of n2 at {got} of {len(own.names) - 1} nodes; "
                       f"a death is known after {in_words(found, LONGEST)}")


@attack("members-that-answer-bring-ghosts", MEMBER, "1,000 invented members by the sync of a member that answers")
def ghosts_of_a_member(target: Target) -> Outcome:
    with Target(target.binary) as own:
        member = Member(own, "author").enter()
        bring(member, "n1", _records(own, INVENTED))
        got = delivered(own, 4)
        found = slowest(death_noticed(own, "n4", [name for name in own.names if name != "n4"], LONGEST))
        member.leave()
        return Outcome(sum(got) >= 14 and found is not None and found < 2,
                       f"messages of n2 at {got} of {len(own.names) - 1} nodes; a death is known after "
                       f"{in_words(found, LONGEST)}", "they are listed until they are dead")


@attack("heard-lie", KEY, "a stream says that the messages of n2 are old, up to the last number")
def heard_lie(target: Target) -> Outcome:
    with Target(target.binary) as own:
        caller = Known(own, "caller", port=9)
        victim = caller.record_of("n2")
        sequence = (own.member("n1", "n2")["incarnation"] & 0x7FFFFFFF) << 32 | 0xFFFFFFFF
        for name in own.names:
            if name != "n2":
                bring(Known(own, f"caller-{name}", port=9), name, [Heard(target_nid(victim), sequence)])
        got = delivered(own, 4)
        return Outcome(min(got) == len(own.names) - 1, f"messages of n2 at {got} of {len(own.names) - 1} nodes",
                       "the first seed of a newcomer can silence members for it until they restart")


@attack("false-gone-streams", KEY, "two syncs at once with 1,000 false GONE each, again and again")
def false_gone_streams(target: Target) -> Outcome:
    with Target(target.binary) as own:
        caller = Known(own, "caller", port=9)
        accused, accuser = caller.record_of("n2"), caller.record_of("n3")
        number = own.member("n1", "n2")["incarnation"]
        items = [Gone(target_nid(accused), accused.core.hash[:8], number, target_nid(accuser),
                      os.urandom(63) + b"\x0f") for _ in range(1_000)]

        def work(turn: int) -> None:
            pair = [threading.Thread(target=bring, args=(Known(own, f"c{turn}-{side}", port=9), "n1", items))
                    for side in range(2)]
            for thread in pair:
                thread.start()
            for thread in pair:
                thread.join(LONGEST)

        is_noticed, text = deaf_while(own, work)
        convicted = own.refused("n1", "rule-distrustedSender")
        return Outcome(is_noticed and convicted > 0, f"{text}; {convicted} items were not read")


@attack("discarded-streams", MEMBER, "1,000 valid records of invented members by sync, ended by a refusal, again and again")
def discarded_streams(target: Target) -> Outcome:
    with Target(target.binary) as own:
        member = Member(own, "author").enter()
        records = _records(own, INVENTED)
        is_noticed, text = deaf_while(own, lambda _: bring(member, "n1", records, end=7, waits=False))
        member.leave()
        return Outcome(is_noticed, text)


@attack("unsigned-claims", MEMBER, "each node hears ten times a second that it is suspect, by an accuser that does not exist")
def unsigned_claims(target: Target) -> Outcome:
    with Target(target.binary) as own:
        member = Member(own, "whisper").enter()
        records = {name: member.record_of(name) for name in own.names}
        before = own.member("n1", "n2")["incarnation"]
        began = time.monotonic()
        while time.monotonic() - began < 5:
            for name, record in records.items():
                number = next(row["incarnation"] for row in own.members(name) if row["name"] == name)
                member.gossip(Suspect(target_nid(record), record.core.hash[:8], number, os.urandom(8), bytes(64)),
                              to=[name])
            time.sleep(0.1)
        raised = own.member("n1", "n2")["incarnation"] - before
        health = max(own.status(name)["health"] for name in own.names)
        member.leave()
        return Outcome(health == 0 and raised <= 16,
                       f"local health at most {health}; n2 refuted {raised} times in {time.monotonic() - began:.0f} s")
