"""The world around the member of a trace: the inputs, and members that answer.

A member answers a heartbeat one round trip later, unless it is silent; a relay has tried, and says so, when its time
is over; a machine lets a call in, refuses it, or drops it. Inputs come before timers of the same moment.
"""

import heapq
from typing import Dict, List, Set, Tuple

from .member import Member
from .text import MS, Statement, moment

# The members know each other and answer for so long before the trace begins.
WARM_UP = 20_000 * MS


class World:
    def __init__(self, trace: Dict, nids: Dict[str, int], boots: Dict[str, int], names: Dict[str, str]) -> None:
        self._round_trip = trace["roundTrip"] * MS
        self._watched: Set[str] = set(trace["watch"])
        self._silent: Set[str] = set()
        self._differing: Set[str] = set()
        self._other_keys: Set[str] = set()
        self._machines: Dict[str, str] = {}
        self._relays = "silent"
        self._awake_at = -WARM_UP
        self._queue: List[Tuple[int, int, Tuple]] = []
        self._serial = 0
        self._lines: List[Tuple[int, str]] = []
        for at, text in trace["inputs"]:
            self._at(at * MS, ("input", text))
        self._end = trace["until"] * MS
        self._member = Member(nids, boots, names, trace["members"], trace["tolerance"] * MS,
                              trace["unixSeconds"] * 1_000 * MS, -WARM_UP)

    def _at(self, when: int, event: Tuple) -> None:
        self._serial += 1
        heapq.heappush(self._queue, (when, self._serial, event))

    def run(self) -> List[str]:
        """All that the member does from the moment 0 on."""
        while True:
            event = self._queue[0][0] if self._queue else self._end + 1
            timer = self._member.next_timer
            now = max(min(event, self._end + 1 if timer is None else timer), self._awake_at)
            if now > self._end or self._member.has_ended:
                break
            if event <= now:
                self._member.now = now
                self._happen(heapq.heappop(self._queue)[2])
            else:
                self._member.run_timers(now)
            self._carry_out(now)
        lines = sorted(self._lines + [line for line in self._member.done if line[0] >= 0])
        return [f"{moment(when)} {text}" for when, text in lines]

    def _carry_out(self, now: int) -> None:
        for want in self._member.wants:
            if want.kind == "heartbeat":
                if want.member in self._watched and now >= 0:
                    self._lines.append((now, f"heartbeat {want.member}"))
                if want.member not in self._silent:
                    self._at(now + self._round_trip, ("ack", want.member, now, want))
            elif want.kind == "relay" and self._relays == "prove":
                self._at(now + 2 * self._round_trip, ("proof", want.member))
            elif want.kind == "relay" and self._relays == "nack":
                self._at(now + want.within, ("nack", want.member))
            elif want.kind == "call" and want.member in self._machines:
                self._at(now + self._round_trip, (self._machines[want.member], want.member))
        self._member.wants = []

    def _happen(self, event: Tuple) -> None:
        kind, *rest = event
        member = self._member
        if kind == "ack":
            name, sent, want = rest
            self._show(name)
            if want.relay:
                member.proof_came(want.relay)
            member.acknowledged(name, sent)
            if want.is_farewell:
                member.farewell_acknowledged(name)
            member.heard_from(name)
        elif kind == "proof":
            member.proved(rest[0])
        elif kind == "nack":
            member.not_answered(rest[0])
        elif kind == "accepts" and rest[0] not in member.entries:
            member.twin_answered()
        elif kind == "accepts":
            member.called(rest[0])
        elif kind == "refuses":
            member.refused(rest[0])
        else:
            self._input(rest[0])

    def _show(self, name: str) -> None:
        """VIEW of a heartbeat or ack."""
        self._member.note_keyring(name, name in self._other_keys)
        self._member.note_view(name, name in self._differing)

    def _input(self, text: str) -> None:
        words = text.split()
        if words[0] == "silent":
            self._silent |= set(words[1:])
        elif words[0] == "answers":
            self._silent -= set(words[1:])
        elif words[0] == "machine":
            self._machines[words[1]] = words[2]
        elif words[0] == "relays":
            self._relays = words[1]
        elif words[0] == "leave":
            self._member.leave()
        elif words[1:3] == ["relays", "to"]:
            self._member.relay(words[0], words[3], int(words[5]) * MS)
        elif words[0] == "sleep":
            self._awake_at = self._member.now + int(words[1]) * MS
        elif words[0] == "differs":
            self._differing |= set(words[1:])
        elif words[0] == "agrees":
            self._differing -= set(words[1:])
        elif words[:2] == ["other", "keys"]:
            self._other_keys |= set(words[2:])
        elif words[:2] == ["same", "keys"]:
            self._other_keys -= set(words[2:])
        elif words[0] == "stranger":
            self._member.unknown(words[1])
        elif words[1:] == ["sends"]:
            self._show(words[0])
            self._member.heard_from(words[0])
        elif words[1:] == ["asks", "who"]:
            self._member.asked_who(words[0])
        elif words[1] == "asks:":
            self._member.asked_finally(words[0], Statement.parse(" ".join(words[2:])))
            self._member.received(words[0], [Statement.parse(" ".join(words[2:]))])
        else:
            sender, _, items = text.partition(": ")
            self._member.received(sender, [Statement.parse(item) for item in items.split("; ")])
