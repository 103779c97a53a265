"""Attacks by addresses: a member makes its cluster send to a host outside the cluster."""

import os
import socket
import time
from typing import List

from wire.datagrams import Datagram
from wire.items import View
from wire.keys import node_id

from .attack import MEMBER, Outcome, attack
from .listener import Listener
from .postures import Member
from .target import HOST, Target

# The rate that Specs/Protocol.md allows each node towards an address that is not proved to be the member's.
_BURST = 8
_BEAT = Datagram("HEARTBEAT", {}, [View(0, 0, 0)])


class Victim:
    """An address that never says anything. Counts what reaches it."""

    def __init__(self, target: Target):
        self._nodes = len(target.names)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind((HOST, 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self.frames = self.bytes = 0
        self._began = time.monotonic()

    def __enter__(self) -> "Victim":
        return self

    def __exit__(self, *_) -> None:
        self._socket.close()

    def drain(self) -> int:
        """Frames so far."""
        try:
            while True:
                self.bytes += len(self._socket.recv(2048))
                self.frames += 1
        except BlockingIOError:
            return self.frames

    def outcome(self, remains: str) -> Outcome:
        """Held if no more came than each node may send; nothing at all would mean that the attack
        never took place."""
        frames, took = self.drain(), time.monotonic() - self._began
        allowed = self._nodes * (_BURST + int(took) + 1)
        return Outcome(0 < frames <= allowed,
                       f"{frames} frames ({self.bytes} bytes) in {took:.1f} s to the victim;"
                       f" {self._nodes} nodes may send {allowed}", remains)


def _asks(count: int, about: bytes) -> List[Datagram]:
    """Requests to look whether that member lives."""
    return [Datagram("RELAY_HEARTBEAT", {"target": about, "token": os.urandom(16), "timeout": 100})
            for _ in range(count)]


@attack("relay-as-reflector", MEMBER, "relays asked to knock at addresses of mallory's choice")
def relay_as_reflector(target: Target) -> Outcome:
    """A request names a member, not an address: for an id without a member there is no address to send to."""
    member = Member(target, "asker").enter()
    answers: List[Datagram] = []
    member.on_datagram = lambda header, datagram: answers.append(datagram) or False
    try:
        with Listener(target) as listener:
            listener.raw(0)
            for request in _asks(20, os.urandom(8)):
                member.say("n1", request)
            n2 = node_id(member.records["n2"].core.identity_key)
            for request in _asks(20, n2):
                member.say("n1", request)
            target.wait(lambda: sum(one.name.startswith("RELAY_") for one in answers) >= 40, 3)
            packets = [one for one in listener.packets(0.3) if one.kind == "udp"]
    finally:
        member.leave()
    nacks = sum(one.name == "RELAY_NACK" and one.fields["reason"] == 2 for one in answers)
    proofs = sum(one.name == "RELAY_ACK" for one in answers)
    # Eight at once for one member; more are busy.
    busy = sum(one.name == "RELAY_NACK" and one.fields["reason"] != 2 for one in answers)
    # Members of earlier attacks, dead or left, are asked now and then whether they are back.
    known = {int(one["address"].rpartition(":")[2]) for one in target.members("n1")} | {member.port}
    sent = [one for one in packets if one.source[1] == target.ports["n1"]]
    astray = [one for one in sent if one.target[1] not in known]
    # One heartbeat each, and what n1 has to say to n2 anyway.
    to_n2 = sum(one.target[1] == target.ports["n2"] for one in sent)
    held = nacks == 20 and proofs >= 8 and proofs + busy == 20 and not astray and to_n2 <= 20 + 10
    return Outcome(held, f"of unknown ids {nacks} of 20 answered by a nack, {len(astray)} packets to"
                         f" any other address; 20 requests about n2: {proofs} proofs, {to_n2} frames to n2")


@attack("foreign-address", MEMBER, "a record that names a victim's address, and relays asked about it")
def foreign_address(target: Target) -> Outcome:
    mover, asker = Member(target, "mover").enter(), Member(target, "asker").enter()
    with Victim(target) as victim:
        try:
            mover.gossip(mover.restate(port=victim.port))
            place = f"{HOST}:{victim.port}"
            moved = target.wait(
                lambda: all((target.member(name, "mover") or {}).get("address") == place
                            for name in target.names), 5)
            if not moved:
                return Outcome(False, "the nodes did not take in the new address")
            for request in _asks(60, mover.identity.nid):
                mover.say("n1", _BEAT)
                asker.say("n1", request)
            time.sleep(4)
            return victim.outcome("a few frames, until no answer has come")
        finally:
            asker.leave()
            mover.leave()


@attack("many-boots", MEMBER, "a victim's address under 40 boot keys, then by four more identities")
def many_boots(target: Target) -> Outcome:
    """A node that counts by boots counts each boot and each identity as a separate member."""
    members = [Member(target, f"mover{number}") for number in range(5)]
    with Victim(target) as victim:
        try:
            for one in members:
                one.enter()
            for _ in range(40):
                members[0].reboot(["n1"], port=victim.port)
                for _ in range(10):
                    members[0].say("n1", _BEAT)
                time.sleep(0.04)
            for one in members[1:]:
                one.gossip(one.restate(port=victim.port))
                for _ in range(30):
                    one.say("n1", _BEAT)
            time.sleep(1)
            return victim.outcome("a few frames from each node")
        finally:
            for one in members:
                one.leave()


@attack("address-hijack", MEMBER, "a record that claims a member's own address")
def address_hijack(target: Target) -> Outcome:
    member = Member(target, "squatter").enter()
    try:
        member.gossip(member.restate(port=target.ports["n2"]))
        claimed = f"{HOST}:{target.ports['n2']}"
        told = target.wait(
            lambda: (target.member("n1", "squatter") or {}).get("address") == claimed, 5)
        time.sleep(2)
        alive = target.all_say("n2", "alive")
        return Outcome(told and alive, "both are held at one address; n2 is alive to all: frames are for"
                                       " a boot, not for an address")
    finally:
        member.leave()
