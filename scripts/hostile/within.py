"""Attacks by a member: it has the key, an identity, and joins like any other."""

import os
import socket
import time

from wire.datagrams import Datagram
from wire.items import Dead, Full, Suspect
from wire.keys import Identity, boot_id, statement_text, suspicion_text
from wire.streams import StreamMessage

from .attack import MEMBER, Outcome, Skipped, attack
from .keyed import target_nid
from .postures import JOIN, Connection, Member, Rejected
from .target import Target


def accusation(member: Member, about, by: Identity = None) -> bytes:
    by = by or member.identity
    text = suspicion_text(member.secrets.cid, target_nid(about), about.core.hash, about.incarnation,
                          by.nid)
    return by.sign(text)


@attack("late-ack", MEMBER, "an ack for a heartbeat that is long over")
def late_ack(target: Target) -> Outcome:
    member = Member(target, "late").enter()
    try:
        for echo in range(1, 200):
            member.say("n1", Datagram("HEARTBEAT_ACK", {"echo": echo, "health": 255}, [member.view]))
        time.sleep(0.5)
        return Outcome(target.is_whole(), "199 acks for other heartbeats changed nothing")
    finally:
        member.leave()


@attack("relay-as-reflector", MEMBER, "relays asked to knock at addresses of mallory's choice")
def relay_as_reflector(target: Target) -> Outcome:
    member = Member(target, "asker").enter()
    answers = []
    member.on_datagram = lambda header, datagram: answers.append(datagram.name) or False
    try:
        for _ in range(20):
            fields = {"target": os.urandom(8), "token": os.urandom(16), "timeout": 100}
            member.say("n1", Datagram("RELAY_HEARTBEAT", fields))
        time.sleep(1.0)
        nacks = answers.count("RELAY_NACK")
        return Outcome(target.is_whole(), f"a relay knows members only, by id: {nacks} of 20 answered"
                                          " by a nack, no packet to anybody else")
    finally:
        member.leave()


@attack("foreign-address", MEMBER, "a record that names a victim's address", quick=False)
def foreign_address(target: Target) -> Outcome:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
        victim.bind(("127.0.0.1", 0))
        victim.settimeout(0.2)
        member = Member(target, "mover")
        record = member.full(port=victim.getsockname()[1])
        try:
            member.join("n1", record)
        except (OSError, ConnectionError, Rejected):
            pass
        began, count, size = time.monotonic(), 0, 0
        while time.monotonic() - began < 12:
            try:
                size += len(victim.recv(2048))
                count += 1
            except OSError:
                pass
        member.close()
    rate = count / 12
    target.wait(lambda: target.all_say("mover", "dead", "unknown"), 20)
    return Outcome(rate < 6, f"{count} frames ({size} bytes) in 12 s to the victim: {rate:.1f}/s of a"
                             " cluster of 5", "a few frames until nobody has answered")


@attack("incarnation-inflation", MEMBER, "the own incarnation by more than 2^32, and to its end")
def incarnation_inflation(target: Target) -> Outcome:
    member = Member(target, "inflater").enter()
    try:
        for number in (2 + (1 << 32), (1 << 63) - 1):
            member.gossip(member.refresh(number))
        time.sleep(1.0)
        found = {target.member(name, "inflater")["incarnation"] for name in target.names}
        return Outcome(max(found) <= 2 + (1 << 32) - 1, f"the nodes hold incarnation {found}")
    finally:
        member.leave()


@attack("stale-records", MEMBER, "an older statement of the own", quick=False)
def stale_records(target: Target) -> Outcome:
    member = Member(target, "stale").enter()
    try:
        member.gossip(member.refresh(5))
        member.incarnation = 5
        target.wait(lambda: (target.member("n3", "stale") or {}).get("incarnation") == 5, 5)
        for number in (1, 4):
            member.gossip(member.refresh(number), member.full(number))
        time.sleep(1.0)
        found = {target.member(name, "stale")["incarnation"] for name in target.names}
        return Outcome(found == {5}, f"the nodes hold incarnation {found}")
    finally:
        member.leave()


@attack("resurrection", MEMBER, "a member that left, by its old statements", quick=False)
def resurrection(target: Target) -> Outcome:
    gone = Member(target, "goner").enter()
    record = gone.full(1)
    gone.leave()
    target.wait(lambda: target.all_say("goner", "left", "unknown"), 10)
    member = Member(target, "witch").enter()
    try:
        member.gossip(record)
        connection = Connection(member, "n3")
        connection.hello(JOIN)
        connection.join(member.full())
        connection.say(StreamMessage("PEERS", [record, member.full()], total=2))
        connection.say(StreamMessage("STREAM_END", code=0))
        time.sleep(1.5)
        connection.close()
        states = {target.state(name, "goner") for name in target.names}
        return Outcome("alive" not in states, f"it is {' or '.join(sorted(states))}",
                       "after 24 h its tombstone is gone")
    finally:
        member.leave()


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
        about = member.records["n2"]
        member.gossip(Suspect(target_nid(about), about.core.hash[:8], about.incarnation,
                              member.identity.nid, accusation(member, about)))
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


@attack("address-hijack", MEMBER, "a record that claims a member's own address", quick=False)
def address_hijack(target: Target) -> Outcome:
    member = Member(target, "squatter").enter()
    try:
        member.gossip(member.full(2, port=target.ports["n2"]))
        time.sleep(2.5)
        return Outcome(target.all_say("n2", "alive"), "n2 is alive to all: frames are for a boot, not"
                                                      " for an address")
    finally:
        member.incarnation = 2
        member.leave()


@attack("false-suspicion", MEMBER, "accusing a healthy member, again and again", quick=False)
def false_suspicion(target: Target) -> Outcome:
    member = Member(target, "accuser").enter()
    try:
        for _ in range(5):
            about = member.records["n2"]
            member.gossip(Suspect(target_nid(about), about.core.hash[:8], about.incarnation,
                                  member.identity.nid, accusation(member, about)))
            time.sleep(0.6)
        time.sleep(4.0)
        after = target.member("n1", "n2")
        return Outcome(target.all_say("n2", "alive"),
                       f"n2 is alive to all, at incarnation {after['incarnation']}")
    finally:
        member.leave()


@attack("false-death", MEMBER, "declaring a healthy member dead, with an accusation of mallory's own")
def false_death(target: Target) -> Outcome:
    member = Member(target, "judge").enter()
    try:
        about = member.records["n3"]
        member.gossip(Dead(target_nid(about), about.core.hash[:8], about.incarnation,
                           ((member.identity.nid, accusation(member, about)),)))
        member.gossip(Dead(target_nid(about), about.core.hash[:8], about.incarnation, ()))
        time.sleep(2.5)
        return Outcome(target.all_say("n3", "alive"), "n3 is alive to all")
    finally:
        member.leave()


@attack("invented-accusers", MEMBER, "a death proven by five identities that nobody knows", quick=False)
def invented_accusers(target: Target) -> Outcome:
    member = Member(target, "puppeteer").enter()
    try:
        about = member.records["n4"]
        puppets = sorted((Identity(os.urandom(32)) for _ in range(5)), key=lambda one: one.nid)
        pairs = tuple((one.nid, accusation(member, about, one)) for one in puppets)
        for nid, signature in pairs:
            member.gossip(Suspect(target_nid(about), about.core.hash[:8], about.incarnation, nid,
                                  signature))
        member.gossip(Dead(target_nid(about), about.core.hash[:8], about.incarnation, pairs))
        time.sleep(2.5)
        states = {target.state(name, "n4") for name in target.names if name != "n4"}
        return Outcome(states == {"alive"}, f"n4 is {states}: a voice counts only if it is a member's",
                       "a key holder can join with as many identities as it makes")
    finally:
        member.leave()


@attack("lying-relay", MEMBER, "a relay that vouches for a killed node", quick=False)
def lying_relay(target: Target) -> Outcome:
    member = Member(target, "perjurer").enter()
    asked = []

    def lie(header, datagram) -> bool:
        if datagram.name != "RELAY_HEARTBEAT":
            return False
        asked.append(header.sender)
        name = next((name for name, full in member.records.items()
                     if boot_id(full.core.boot_key) == header.sender), None)
        if name is not None:
            member.say(name, Datagram("RELAY_ACK", {
                "target": datagram.fields["target"], "echo": header.sequence,
                "proof": os.urandom(16)}))
        return True

    member.on_datagram = lie
    try:
        target.kill("n5")
        dead = target.wait(lambda: all(target.state(one, "n5") == "dead"
                                       for one in target.names[:4]), 25)
        return Outcome(dead, f"asked {len(asked)} times, vouched each time; n5 was dead to all the same")
    finally:
        target.restart("n5")
        target.wait(target.is_whole, 20)
        member.leave()


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


@attack("log-injection", MEMBER, "control characters in names and metadata", quick=False)
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
    time.sleep(0.5)
    logs = b"".join(target.log(name).read_bytes() for name in target.names)
    shown = target.run("members", "--agent", "n1", "--data-root-dir", str(target.data)).stdout
    member.leave()
    clean = b"\x1b" not in logs and b"owned\x07" not in logs and "\x1b" not in shown
    return Outcome(clean and said == ["refused"] * 6,
                   f"{said.count('refused')} of 6 names refused; nothing of them or of metadata in logs"
                   " or tables")


@attack("look-alike-names", MEMBER, "names that look or fold like a member's", quick=False)
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
    member = Member(target, "janus").enter()
    try:
        one, other = member.full(2, metadata=b"one"), member.full(2, metadata=b"other")
        member.gossip(one, to=["n1", "n2"])
        member.gossip(other, to=["n3", "n4", "n5"])
        member.incarnation = 2
        target.wait(lambda: all((target.member(name, "janus") or {}).get("incarnation") == 2
                                for name in target.names), 5)
        agreed = target.wait(
            lambda: len({target.status(name)["view"] for name in target.names}) == 1, 15)
        return Outcome(agreed, "all nodes hold the same one of the two")
    finally:
        member.leave()


@attack("clock", MEMBER, "nothing on the wire carries a time that could be set wrong")
def clock(target: Target) -> Outcome:
    raise Skipped("no message has a time in it; what a node's own clock does to it is tried in the"
                  " simulator, and by stopping processes (scripts/local-cluster)")
