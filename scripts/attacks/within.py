"""Attacks by a member on what others hold: its own records, names and numbers, and of invented ones."""

import os
import time
from typing import Set

from wire.items import Full
from wire.keys import Identity, is_signed, statement_text
from wire.refused import Refused
from wire.streams import StreamMessage

from .attack import MEMBER, Outcome, attack
from .postures import JOIN, Connection, Member, Rejected
from .target import Target
from .voices import as_it_is_now, suspect


@attack("incarnation-inflation", MEMBER, "its own incarnation by more than 2^32, and to its end")
def incarnation_inflation(target: Target) -> Outcome:
    member = Member(target, "inflater").enter()
    before = {name: target.refused(name, "rule-incarnationJump") for name in target.names}
    try:
        for number in (2 + (1 << 32), (1 << 63) - 1):
            member.gossip(member.refresh(number))
        member.until_read()
        found = {target.member(name, "inflater")["incarnation"] for name in target.names}
        refused = [name for name in target.names
                   if target.refused(name, "rule-incarnationJump") >= before[name] + 2]
        return Outcome(found == {1} and refused == target.names,
                       f"the nodes hold incarnation {found}; {len(refused)} of 5 refused both")
    finally:
        member.leave()


@attack("stale-records", MEMBER, "an older statement of its own record")
def stale_records(target: Target) -> Outcome:
    member = Member(target, "stale").enter()
    try:
        member.gossip(member.refresh(5))
        member.incarnation = 5
        member.until_read()
        for number in (1, 4):
            member.gossip(member.refresh(number), member.full(number))
        member.until_read()
        found = {target.member(name, "stale")["incarnation"] for name in target.names}
        return Outcome(found == {5}, f"the nodes hold incarnation {found}")
    finally:
        member.leave()


@attack("resurrection", MEMBER, "a member that left, by its old statements")
def resurrection(target: Target) -> Outcome:
    gone = Member(target, "goner").enter()
    record = gone.full(1)
    gone.leave()
    target.wait(lambda: target.all_say("goner", "left", "unknown"), 10)
    witch = Member(target, "witch").enter()
    try:
        witch.gossip(record)
        connection = Connection(witch, "n3")
        connection.hello(JOIN)
        connection.join(witch.full())
        connection.say(StreamMessage("PEERS", [record, witch.full()], total=2))
        connection.say(StreamMessage("STREAM_END", code=0))
        while connection.hear().name != "STREAM_END":
            pass
        connection.close()
        witch.until_read()
        states = {target.state(name, "goner") for name in target.names}
        return Outcome("alive" not in states, f"it is {' or '.join(sorted(states))}",
                       "after 24 h its tombstone is gone")
    finally:
        witch.leave()


@attack("alias-hijack", MEMBER, "joining under a living member's name")
def alias_hijack(target: Target) -> Outcome:
    member = Member(target, "n2")
    said = ""
    try:
        said = f"ended with code {member.join('n1').code}"
    except Rejected as rejected:
        said = f"refused in clear with code {rejected.code}"
    except (OSError, ConnectionError) as error:
        said = f"closed ({error})"
    time.sleep(1.0)
    real = f"127.0.0.1:{target.ports['n2']}"
    held = all((target.member(name, "n2") or {}).get("address") == real for name in target.names)
    member.close()
    return Outcome(held and "code 0" not in said, f"{said}; n2 is still at its address")


@attack("alias-hijack-by-gossip", MEMBER, "taking a living member's name after having joined")
def alias_hijack_by_gossip(target: Target) -> Outcome:
    member = Member(target, "renamer").enter()
    try:
        member.incarnation = 2
        member.gossip(member.full(2, alias=b"n2"))
        nid = member.identity.nid.hex()
        learnt = target.wait(
            lambda: all(any(row["id"] == nid and row["stated_name"] == "n2"
                            for row in target.members(name)) for name in target.names), 10)
        # A false accusation in between must not cost the bearer its name.
        member.gossip(suspect(member, as_it_is_now(target, member, "n2")))
        time.sleep(1.5)
        real = f"127.0.0.1:{target.ports['n2']}"
        addresses, called = set(), set()
        for name in target.names:
            rows = target.members(name)
            addresses |= {row["address"] for row in rows if row["name"] == "n2"}
            called |= {row["name"] for row in rows if row["id"] == nid}
        views = {target.status(name)["view"] for name in target.names}
        held = learnt and addresses == {real} and called == {nid} and len(views) == 1
        return Outcome(held, f"the record is held, {len(addresses)} member(s) of that name, mallory is"
                             f" {', '.join(sorted(called))}; {len(views)} view(s)",
                       "a name is free once its bearer has left")
    finally:
        member.leave()


@attack("log-injection", MEMBER, "control characters in names and metadata")
def log_injection(target: Target) -> Outcome:
    said = []
    for alias in (b"evil\x1b[2J", b"a\nb", b"\xff", "n\u0308".encode(), b"../x", b""):
        member = Member(target, "x")
        try:
            record = member.full(alias=alias)
            said.append(member.join("n1", record).code)
        except (OSError, ConnectionError, Rejected):
            said.append("refused")
        member.close()
    member = Member(target, "painter", metadata=b"\x1b]0;owned\x07\n{\"event\":\"left\"}\n").enter()
    target.wait(lambda: all(b'"painter"' in target.log(name).read_bytes() for name in target.names), 10)
    logs = b"".join(target.log(name).read_bytes() for name in target.names)
    shown = target.run("members", "--agent", "n1", "--data-root-dir", str(target.data)).stdout
    member.leave()
    clean = b"\x1b" not in logs and b"owned\x07" not in logs and "\x1b" not in shown
    return Outcome(clean and said == ["refused"] * 6,
                   f"{said.count('refused')} of 6 names refused; nothing of them or of metadata in logs"
                   " or tables")


@attack("look-alike-names", MEMBER, "names that look or fold like a member's")
def look_alike_names(target: Target) -> Outcome:
    refused = 0
    lookalikes = ("n\u0661".encode(), "\uff4e1".encode(), "n1\u200b".encode(), b"n1 ")
    for alias in lookalikes:
        member = Member(target, "x")
        try:
            if member.join("n1", member.full(alias=alias)).code != 0:
                refused += 1
        except (OSError, ConnectionError, Rejected):
            refused += 1
        member.close()
    return Outcome(refused == len(lookalikes), f"{refused} of {len(lookalikes)} refused: names are"
                                               " ASCII, and compared as bytes",
                   "N1 and n1 are two names")


@attack("equivocation", MEMBER, "two statements with one incarnation, to different nodes")
def equivocation(target: Target) -> Outcome:
    """A node that holds the losing record sees both, if no other node does. The records are the longest possible,
    and so is the proof."""
    member = Member(target, "janus").enter()
    counted_before = {name: target.refused(name, "rule-equivocation") for name in target.names}
    try:
        one, other = member.full(2, metadata=b"1" * 512), member.full(2, metadata=b"2" * 512)
        member.gossip(one, to=["n1", "n2"])
        member.gossip(other, to=["n3", "n4", "n5"])
        member.incarnation = 2
        target.wait(lambda: all((target.member(name, "janus") or {}).get("incarnation") == 2
                                for name in target.names), 5)
        agreed = target.wait(
            lambda: len({target.status(name)["view"] for name in target.names}) == 1, 15)
        counted = [name for name in target.names
                   if target.refused(name, "rule-equivocation") > counted_before[name]]
        target.wait(lambda: all(_told(target, name, member) for name in counted), 5)
        told = [name for name in counted if _told(target, name, member)]
        proven = [name for name in told if _proof_holds(target, name, {one.bytes, other.bytes})]
        return Outcome(agreed and len(counted) >= 2 and counted == told == proven,
                       f"{'all nodes hold the same one of the two' if agreed else 'views differ'};"
                       f" {len(counted)} saw both, {len(told)} tell it, {len(proven)} of them with a proof"
                       " that holds")
    finally:
        member.gossip(member.restate(metadata=b""))
        member.leave()


def _told(target: Target, name: str, member: Member) -> bool:
    """Whether that node reports to people that mallory contradicts itself."""
    return (f"{member.alias} (127.0.0.1:{member.port}) has signed two statements under one"
            " incarnation") in target.log(name).read_text()


def _proof_holds(target: Target, name: str, statements: Set[bytes]) -> bool:
    """Whether the log has both statements, each with a signature that anyone can check."""
    for proof in target.logged(name, "proof"):
        try:
            items = StreamMessage.parse(bytes.fromhex(proof)).items
        except (Refused, ValueError):
            # Cut, or of another member and cut.
            continue
        if {item.bytes for item in items} == statements:
            return all(
                is_signed(item.signature, statement_text(
                    target.secrets.cid, item.core.hash, item.incarnation, item.standing),
                    item.core.identity_key) for item in items)
    return False


# The last one: its members are dead only a minute later.
@attack("invented-members", MEMBER, "500 members that do not exist", quick=False)
def invented_members(target: Target) -> Outcome:
    member = Member(target, "author").enter()
    before = target.resident_bytes("n1")
    try:
        records = []
        for number in range(500):
            one = Identity(os.urandom(32))
            core = member.core(identity_key=one.public, boot_key=os.urandom(32),
                               alias=f"ghost{number}".encode(), port=1 + number)
            records.append(Full(core, 1, 0, one.sign(
                statement_text(member.secrets.cid, core.hash, 1, 0))))
        for start in range(0, 500, 4):
            member.gossip(*records[start : start + 4], to=["n1"])
            time.sleep(0.01)
        time.sleep(2)
        taken = target.status("n1")["members"]["alive"] - 6
        gone = target.wait(
            lambda: target.status("n1")["members"]["alive"] <= 6, 60)
        grown = (target.resident_bytes("n1") - before) / (1 << 20)
        healthy = all(target.state("n1", name) == "alive" for name in target.names)
        return Outcome(healthy and grown < 32,
                       f"{max(taken, 0)} were taken in, {'all' if gone else 'not all'} dead within a"
                       f" minute; {grown:.1f} MiB more memory; the real ones are alive",
                       "bounded by the member limit (16,384) and the tombstones")
    finally:
        member.leave()
