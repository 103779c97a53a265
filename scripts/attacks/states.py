"""Attacks on the states that members publish: false ones, old ones, too large ones, and too many."""

import time
from dataclasses import replace
from typing import Dict, List, Set

from wire.items import State, state_entries
from wire.keys import Identity, state_root, state_text
from wire.streams import StreamMessage

from .attack import MEMBER, Outcome, attack
from .invented import enter_all, invent
from .keyed import target_nid
from .postures import Connection, Known, Member, Rejected
from .target import Target
from .voices import as_it_is_now, most_failures

FLOOD = 600
# The purpose of a stream, and a type of message on it.
STATES, SYNC_DELTA = 4, b"\x14"


def publish(
    signer: Identity, cid: bytes, nid: bytes, process: bytes, version: int, values: Dict[bytes, bytes]
) -> State:
    """A whole state, signed by any identity."""
    entries = tuple(sorted(values.items()))
    root = state_root(state_entries(entries))
    return State(nid, process, version, root, signer.sign(state_text(cid, nid, process, version, root)),
                 0, entries)


def held(target: Target, observer: str, name: str) -> Dict[str, object]:
    """The values that a node holds of another one."""
    rows = [row for row in target.ask(observer, "state")["members"] if row["member"] == name]
    return rows[0]["values"] if rows else {}


def set_value(target: Target, name: str, key: str, value: str) -> None:
    done = target.run("state", "set", key, value, "--agent", name, "--data-root-dir", str(target.data))
    if done.returncode != 0:
        raise OSError(done.stderr.strip())


@attack("state-in-anothers-name", MEMBER, "publishing newer states in the name of another member")
def state_in_anothers_name(target: Target) -> Outcome:
    member = Member(target, "forger").enter()
    try:
        set_value(target, "n3", "role", "db")
        if not target.wait(lambda: all(held(target, one, "n3") == {"role": "db"} for one in target.names), 10):
            raise OSError("the state of n3 did not arrive")
        before = {one: target.refused(one, "rule-badSignature") for one in target.names}
        about = as_it_is_now(target, member, "n3")
        for version in range(2, 8):
            member.gossip(publish(
                member.identity, member.secrets.cid, target_nid(about), member.bid_of("n3"), version,
                {b"role": b"forged"}))
            time.sleep(0.2)
        member.until_read()
        refusing = [one for one in target.names if target.refused(one, "rule-badSignature") > before[one]]
        true = [one for one in target.names if held(target, one, "n3") == {"role": "db"}]
        return Outcome(true == target.names and refusing == target.names,
                       f"{len(true)} of 5 nodes hold what n3 published; {len(refusing)} counted a false"
                       " signature")
    finally:
        member.leave()


@attack("state-flood", MEMBER, f"publishing {FLOOD} versions of its state as quickly as it can")
def state_flood(target: Target) -> Outcome:
    member = Member(target, "flooder").enter()
    try:
        for version in range(1, FLOOD + 1):
            member.gossip(publish(
                member.identity, member.secrets.cid, member.identity.nid, member.boot.bid, version,
                {b"v": version.to_bytes(4, "big") * 100}))
        member.until_read()
        limited = [one for one in target.names if target.refused(one, "rule-stateRate", "rule-tooManyChecks")]
        since = most_failures(target, "n4")
        began = time.monotonic()
        set_value(target, "n3", "role", "after the flood")
        arrived = target.wait(lambda: all(
            held(target, one, "n3") == {"role": "after the flood"} for one in target.names), 10)
        took = time.monotonic() - began
        target.kill("n4")
        dead = target.wait(lambda: target.all_say("n4", "dead"), 20)
        target.restart("n4")
        back = target.wait(lambda: target.all_say("n4", "alive"), 20)
        return Outcome(limited == target.names and arrived and dead and back
                       and most_failures(target, "n4") > since,
                       f"{len(limited)} of 5 nodes put a limit to it; a value of n3 reaches all within"
                       f" {took:.1f} s; a kill is found", "each version costs every node the check of a signature")
    finally:
        member.leave()


def by_stream(member: Member, name: str, *states: State) -> str:
    """Opens a sync of states and brings these; gives back how the other side has ended it."""
    connection = Connection(member, name)
    try:
        connection.hello(STATES, (1, 2))
        connection.join(member.full())
        connection.say(StreamMessage("SYNC_BUCKETS", hashes=[1] * 64))
        while True:
            message = connection.hear()
            if message.name == "SYNC_IDS" and not message.rows:
                break
        for one in states:
            connection.say_raw(SYNC_DELTA + one.bytes)
        connection.say(StreamMessage("STREAM_END", code=0))
        while True:
            message = connection.hear()
            if message.name == "STREAM_END":
                return f"code {message.code}"
    except Rejected as rejected:
        return f"refused in clear with code {rejected.code}"
    except (OSError, ConnectionError):
        return "closed"
    finally:
        connection.close()


def arrives(target: Target, name: str, value: str) -> bool:
    """Whether a value that this node publishes now reaches all."""
    set_value(target, name, "role", value)
    return target.wait(lambda: all(
        held(target, one, name).get("role") == value for one in target.names), 10)


def heard_of(member: Member, nid: bytes) -> List[State]:
    """The states of a member that gossip has brought, oldest first."""
    found = [item for _, datagram, _ in list(member.heard) for item in datagram.items
             if isinstance(item, State) and item.nid == nid]
    return sorted(found, key=lambda one: one.version)


@attack("state-rollback", MEMBER, "an older state of another member, and one of its former process")
def state_rollback(target: Target) -> Outcome:
    member = Member(target, "archivist").enter()
    try:
        nid = target_nid(member.record_of("n3"))
        if not arrives(target, "n3", "first"):
            raise OSError("the state of n3 did not arrive")
        if not target.wait(lambda: heard_of(member, nid), 5):
            raise OSError("no rumor of n3's state reached mallory")
        old = heard_of(member, nid)[0]
        if not arrives(target, "n3", "second"):
            raise OSError("the second state of n3 did not arrive")
        said = _repeat(target, member, old)
        new = [one for one in target.names if held(target, one, "n3") == {"role": "second"}]
        before = {one: target.refused(one, "rule-stateOfOtherProcess") for one in target.names}
        target.restart("n3")
        if not target.wait(target.is_whole, 20):
            raise OSError("n3 did not come back")
        member.records.pop("n3")
        member.record_of("n3")
        said |= _repeat(target, member, *heard_of(member, nid))
        empty = [one for one in target.names if not held(target, one, "n3")]
        refusing = [one for one in target.names
                    if target.refused(one, "rule-stateOfOtherProcess") > before[one]]
        return Outcome(new == empty == refusing == target.names and said == {"code 0"}
                       and arrives(target, "n3", "third"),
                       f"{len(new)} of 5 nodes hold the newer state; after a restart of n3 {len(empty)} hold"
                       f" none, and {len(refusing)} have refused those of its former process")
    finally:
        member.leave()


def _repeat(target: Target, member: Member, *states: State) -> Set[str]:
    """By gossip and by stream, to every node; gives back how the streams ended."""
    said = set()
    for _ in range(3):
        for one in states:
            member.gossip(one)
        said |= {by_stream(member, name, *states[:1]) for name in target.running()}
    member.until_read()
    return said


@attack("state-equivocation", MEMBER, "two states of one version, to different nodes")
def state_equivocation(target: Target) -> Outcome:
    member = Member(target, "janus").enter()

    def of(version: int, word: bytes) -> State:
        return publish(member.identity, member.secrets.cid, member.identity.nid, member.boot.bid, version,
                       {b"role": word})

    try:
        agreements = []
        for version in range(1, 4):
            one, other = of(version, b"one"), of(version, b"other")
            greater = "one" if one.root > other.root else "other"
            # Half of the nodes hear one of them first, and now and then all hear both.
            member.gossip(one, to=["n1", "n2"])
            member.gossip(other, to=["n3", "n4", "n5"])
            if version == 2:
                member.gossip(one, other)
                member.gossip(other, one)
            agreements.append(target.wait(lambda: all(
                held(target, name, "janus") == {"role": greater} for name in target.names), 15))
        return Outcome(all(agreements) and arrives(target, "n3", "after janus"),
                       f"all nodes hold the same one of the two, {sum(agreements)} times of 3",
                       "a node that hears both does not report it")
    finally:
        member.leave()


@attack("state-oversize", MEMBER, "states beyond the bounds: entries, a value, bytes, and by steps")
def state_oversize(target: Target) -> Outcome:
    member = Member(target, "hog").enter()

    def of(version: int, values: Dict[bytes, bytes]) -> State:
        return publish(
            member.identity, member.secrets.cid, member.identity.nid, member.boot.bid, version, values)

    reasons = ("too-many-entries", "value-too-long", "state-too-long")
    before = {one: target.refused(one, *reasons) for one in target.names}
    memory = target.resident_bytes("n1")
    try:
        said = set()
        for values in ({b"k%03d" % number: b"" for number in range(129)}, {b"k": bytes(4_097)},
                       {b"k%d" % number: bytes(4_000) for number in range(4)}):
            said |= {by_stream(member, name, of(1, values)) for name in target.names}
        member.gossip(of(1, {b"k%03d" % number: b"" for number in range(129)}))
        member.until_read()
        refusing = [one for one in target.names if target.refused(one, *reasons) > before[one]]
        # Each step is within the bounds of a statement; the last ones lead beyond those of a state.
        values = {b"k%d" % number: bytes(3_700) for number in range(4)}
        taken = [name for name in target.names if by_stream(member, name, of(2, values)) == "code 0"]
        for step in range(3, 9):
            values[b"step%d" % step] = bytes(400)
            whole = of(step, values)
            member.gossip(replace(
                whole, since=step - 1, entries=((b"step%d" % step, values[b"step%d" % step]),)))
            time.sleep(0.3)
        member.until_read()
        sizes = {_size(target, one, "hog") for one in target.names}
        grown = (target.resident_bytes("n1") - memory) / (1 << 20)
        return Outcome("code 0" not in said and refusing == taken == target.names
                       and 4 * 3_700 < min(sizes) and max(sizes) <= 16_000 and grown < 16
                       and arrives(target, "n3", "after the hog"),
                       f"{len(refusing)} of 5 nodes refused what is too large ({', '.join(sorted(said))}); they hold"
                       f" {' or '.join(map(str, sorted(sizes)))} bytes; {grown:.1f} MiB more memory")
    finally:
        member.leave()


def _size(target: Target, observer: str, name: str) -> int:
    """Bytes of the entries that a node holds of another one: a key and its value take four more."""
    return sum(4 + len(key) + len(value) for key, value in held(target, observer, name).items())


@attack("state-wrong-root", MEMBER, "states and changes that do not make the map which was signed")
def state_wrong_root(target: Target) -> Outcome:
    member = Member(target, "forger").enter()

    def of(version: int, values: Dict[bytes, bytes]) -> State:
        return publish(
            member.identity, member.secrets.cid, member.identity.nid, member.boot.bid, version, values)

    before = {one: target.refused(one, "rule-badSignature") for one in target.names}
    try:
        member.gossip(of(1, {b"role": b"true"}))
        if not target.wait(lambda: all(
                held(target, one, "forger") == {"role": "true"} for one in target.names), 10):
            raise OSError("the true state did not arrive")
        forged = ((b"role", b"forged"),)
        for version in range(2, 6):
            # Changes first: they may be the fault of a node that passes them on, and count against no member.
            member.gossip(replace(of(version, {b"role": b"signed"}), since=version - 1, entries=forged))
            time.sleep(0.2)
        member.gossip(replace(of(6, {b"role": b"signed"}), entries=forged))
        said = {by_stream(member, name, replace(of(7, {b"role": b"signed"}), entries=forged))
                for name in target.names}
        member.until_read()
        true = [one for one in target.names if held(target, one, "forger") == {"role": "true"}]
        refusing = [one for one in target.names if target.refused(one, "rule-badSignature") > before[one]]
        return Outcome(true == refusing == target.names and "code 0" not in said
                       and arrives(target, "n3", "after the forger"),
                       f"{len(true)} of 5 nodes hold the state that was signed; {len(refusing)} counted a false"
                       f" signature and ended the stream ({', '.join(sorted(said))})")
    finally:
        member.leave()


@attack("state-of-invented", MEMBER, "100 states of members that are not known, and of 12 that do not exist")
def state_of_invented(target: Target) -> Outcome:
    member = Member(target, "author").enter()
    before = {one: target.refused(one, "rule-unknownTarget") for one in target.names}
    memory = target.resident_bytes("n1")
    full = {b"k%d" % number: bytes(3_900) for number in range(4)}
    try:
        strangers = [_state_of(ghost, full) for ghost in invent(target, 100, "stranger")]
        for name in target.names:
            by_stream(member, name, *strangers)
        for ghost in invent(target, 20, "stranger"):
            member.gossip(_state_of(ghost, {b"k": b"v"}))
        member.until_read()
        refusing = [one for one in target.names
                    if target.refused(one, "rule-unknownTarget") >= before[one] + 100]
        unknown = _shown(target, "stranger")
        ghosts = invent(target, 12, "phantom")
        enter_all(member, ghosts)
        member.until_read()
        for name in target.names:
            by_stream(member, name, *(_state_of(ghost, full) for ghost in ghosts))
        taken = len(_shown(target, "phantom"))
        grown = (target.resident_bytes("n1") - memory) / (1 << 20)
        gone = target.wait(lambda: not _shown(target, "phantom"), 60)
        return Outcome(refusing == target.names and not unknown and taken > 0 and gone and grown < 16
                       and arrives(target, "n3", "after the author"),
                       f"{len(refusing)} of 5 nodes took none of a member that they do not know; the {taken} of"
                       f" members without a process {'are gone with them' if gone else 'are still shown'};"
                       f" {grown:.1f} MiB more memory",
                       "a member that has signed a record is believed to exist until it is dead")
    finally:
        member.leave()


def _shown(target: Target, prefix: str) -> Set[str]:
    """The members so named of which any node shows a state."""
    return {row["member"] for name in target.names for row in target.ask(name, "state")["members"]
            if row["member"].startswith(prefix)}


def _state_of(ghost: Known, values: Dict[bytes, bytes]) -> State:
    return publish(
        ghost.identity, ghost.secrets.cid, ghost.identity.nid, ghost.boot.bid, 1, values)
