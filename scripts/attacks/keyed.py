"""Attacks with the cluster key: the power of a leaked key in the hands of a stranger."""

import os
import random
import time
from dataclasses import replace

from wire.datagrams import Datagram
from wire.frames import CLUSTER_SUITE, PAIR_SUITE, make_header, seal
from wire.items import Full, Refresh, Unknown, View
from wire.keys import node_id, statement_text

from .attack import KEY, Outcome, attack
from .outside import refusals
from .postures import JOIN, SYNC, Connection, KeyHolder, Member, Rejected, send
from .target import Target

# Why a gate does not open an introduction.
_NOT_OPENED = ("introduction-rate", "tag", "mac", "replay")


def forged(holder: KeyHolder, claimed: str, to: str, datagram: Datagram, suite: int) -> bytes:
    """A frame in a member's name, as far as the cluster key alone goes."""
    sender = holder.bid_of(claimed)
    receiver = holder.bid_of(to)
    sequence = time.time_ns()
    header = make_header(holder.secrets, suite, sender, receiver, sequence, os.urandom(8))
    return seal(header, datagram.encode(),
                holder.secrets.cluster_direction_key(sender, receiver))


@attack("speak-as-another", KEY, "acks, gossip and farewells in a member's name")
def speak_as_another(target: Target) -> Outcome:
    holder = KeyHolder(target)
    left = Refresh(holder.record_of("n2").core.hash[:8], bytes(8), 9, 1, bytes(64))
    said = [
        Datagram("HEARTBEAT_ACK", {"echo": 1, "health": 0}, [View(0, 0, 0)]),
        Datagram("GOSSIP", {}, []), Datagram("GOODBYE", {"code": 1}, [left]),
        Datagram("HEARTBEAT", {}, [View(0, 0, 0)]),
    ]
    sends = [forged(holder, "n2", "n1", one, suite) for one in said
             for suite in (PAIR_SUITE, CLUSTER_SUITE)]
    count = refusals(target, "n1", sends, ("tag", "wrong-suite"))
    held = count >= len(sends) and target.state("n1", "n2") == "alive"
    return Outcome(held, f"{count} of {len(sends)} refused; n2 is alive to n1",
                   "introductions and WHO can be made in any member's name, and say nothing")


@attack("forged-ack-for-the-dead", KEY, "acks in the name of a node that was killed")
def forged_ack(target: Target) -> Outcome:
    holder = KeyHolder(target)
    for name in target.names:
        holder.record_of(name)
    before = target.refused("n1", "tag", "wrong-suite")
    target.kill("n5")
    began = time.monotonic()
    last = 0.0
    while time.monotonic() - began < 20 and not target.all_say("n5", "dead"):
        for name in target.names[:4]:
            for echo in range(1, 30):
                ack = Datagram("HEARTBEAT_ACK", {"echo": echo, "health": 0}, [View(0, 0, 0)])
                send(target, name, forged(holder, "n5", name, ack, PAIR_SUITE))
                send(target, name, forged(holder, "n5", name, ack, CLUSTER_SUITE))
        last = time.monotonic() - began
    dead = target.all_say("n5", "dead")
    refused = target.refused("n1", "tag", "wrong-suite") - before
    target.restart("n5")
    back = target.wait(target.is_whole, 20)
    return Outcome(dead and back and refused > 0,
                   f"{refused} refused by n1; n5 was dead to all after {last:.1f} s all the same")


@attack("raise-another", KEY, "another's incarnation, address, metadata and farewell, unsigned by it")
def raise_another(target: Target) -> Outcome:
    """Rumors need a member to carry them, so mallory is one here: any holder of the key can be."""
    member = Member(target, "liar").enter()
    try:
        n2 = member.records["n2"]
        before = target.member("n1", "n2")
        claimed = n2.incarnation + 1_000
        fake = type(n2)(n2.core, claimed, 0, n2.signature)
        own = member.identity.sign(
            statement_text(member.secrets.cid, n2.core.hash, claimed, 1))
        gone = Refresh(target_nid(n2), n2.core.hash[:8], claimed, 1, own)
        moved = type(n2)(replace(n2.core, port=1), n2.incarnation, 0, n2.signature)
        for item in (fake, gone, moved):
            member.gossip(item)
        member.until_read()
        after = target.member("n1", "n2")
        # Its own refutations of other doubts may have raised it by a few.
        held = after["state"] == "alive" and after["address"] == before["address"] and (
            after["incarnation"] < claimed)
        return Outcome(held, f"n2 is {after['state']} at its address and incarnation"
                             f" {after['incarnation']}; {claimed} was claimed")
    finally:
        member.leave()


def target_nid(full: Full) -> bytes:
    return node_id(full.core.identity_key)


@attack("traps", KEY, "4,000 well-sealed messages of nonsense, and 10 streams")
def traps(target: Target) -> Outcome:
    choice = random.Random(7)
    member = Member(target, "babbler").enter()
    before = target.refused("n1")
    try:
        basis = [member.full().bytes, member.refresh(1).bytes, View(1, 2, 3).bytes,
                 Unknown(0x7F, bytes(30)).bytes]
        for number in range(4_000):
            body = bytearray(choice.choice((1, 2, 3, 4, 5, 6, 8, 9)).to_bytes(1, "big") + b"\0")
            for _ in range(choice.randrange(4)):
                body += choice.choice(basis)
            for _ in range(choice.randrange(4)):
                body[choice.randrange(len(body))] = choice.randrange(256)
            plaintext = bytes(body[:1280]).ljust(max(64, -(-min(len(body), 1280) // 64) * 64), b"\0")
            send(target, "n1", member.seal("n1", plaintext, PAIR_SUITE))
            if number % 200 == 199:
                time.sleep(0.01)
        for _ in range(10):
            connection = Connection(member, "n1")
            try:
                connection.hello(choice.choice((JOIN, SYNC)))
                connection.join(member.full())
                for _ in range(3):
                    connection.say_raw(bytes([choice.choice((0x10, 0x11, 0x12, 0x13, 0x14, 0x1F))])
                                       + os.urandom(choice.randrange(200)))
            except (OSError, Rejected):
                pass
            finally:
                connection.close()
        count = target.refused("n1") - before
        whole = target.wait(target.is_whole, 10)
        return Outcome(whole and count > 1_000, f"{count} refused by n1; all nodes run and are of one mind")
    finally:
        member.leave()


@attack("full-list-requests", KEY, "the member list asked for again and again, and not read")
def full_list_requests(target: Target) -> Outcome:
    """Each costs mallory a handshake and an identity: nothing of the list comes before JOIN."""
    member = Member(target, "asker").enter()
    unread = []
    try:
        before = target.resident_bytes("n1")
        too_early = _hears_anything_before_join(member)
        began, lists, refused = time.monotonic(), 0, 0
        while time.monotonic() - began < 3:
            try:
                lists += member.join("n1").code == 0
            except (Rejected, OSError, ConnectionError):
                refused += 1
        for _ in range(40):
            # After so many joins the 200 connections of this second may be used up.
            try:
                unread.append(Connection(member, "n1"))
                unread[-1].hello(JOIN)
                unread[-1].enter(member.full())
            except (Rejected, OSError):
                refused += 1
        asked = time.monotonic()
        target.status("n1")
        answered = time.monotonic() - asked
        grown = (target.resident_bytes("n1") - before) / (1 << 20)
        whole = target.wait(target.is_whole, 5)
    finally:
        for connection in unread:
            connection.close()
        member.leave()
    held = whole and grown < 16 and lists > 0 and answered < 2 and not too_early
    return Outcome(held, f"{lists} lists served in 3 s, {refused} requests refused, {len(unread)} more never read;"
                         f" {grown:.1f} MiB more memory, a command answered within {answered:.2f} s;"
                         f" {'something' if too_early else 'nothing'} of the list before JOIN",
                   "a key holder can make identities")


def _hears_anything_before_join(holder: KeyHolder) -> bool:
    connection = Connection(holder, "n1")
    try:
        connection.hello(JOIN)
        connection.socket.settimeout(0.5)
        return connection.socket.recv(1) != b""
    except OSError:
        return False
    finally:
        connection.close()


@attack("version-downgrade", KEY, "a hello of protocol versions that do not exist")
def version_downgrade(target: Target) -> Outcome:
    answers = []
    for protocol in ((3, 9), (255, 255)):
        holder = KeyHolder(target)
        connection = Connection(holder, "n1")
        try:
            connection.hello(JOIN, protocol)
            answers.append("answered")
        except Rejected as rejected:
            answers.append(f"refused in clear, code {rejected.code}")
        except (OSError, ConnectionError):
            answers.append("closed")
        finally:
            connection.close()
    return Outcome("answered" not in answers, "; ".join(answers))


@attack("forged-introductions", KEY, "introductions in a member's name, without its secret")
def forged_introductions(target: Target) -> Outcome:
    """Mallory is a member here only to know when n1 has read them."""
    member = Member(target, "forger").enter()
    try:
        n2 = member.record_of("n2")
        before, unread = target.member("n1", "n2"), target.refused("n1", *_NOT_OPENED)
        fake = type(n2)(replace(n2.core, port=1), n2.incarnation + 1, 0, n2.signature)
        for item in (n2, fake):
            hello = Datagram("HEARTBEAT", {}, [item, View(0, 0, 0)], flag=True)
            for _ in range(50):
                send(target, "n1", forged(member, "n2", "n1", hello, CLUSTER_SUITE))
        member.until_read("n1")
        opened = 100 - (target.refused("n1", *_NOT_OPENED) - unread)
        after = target.member("n1", "n2")
        held = after["state"] == "alive" and after["address"] == before["address"] and opened > 0
        return Outcome(held, f"100 sent, {opened} opened; n2 is alive at its address",
                       "the 200 a second that a node opens can be used up: first contact waits")
    finally:
        member.leave()
