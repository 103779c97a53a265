"""The world around the member of a trace: the inputs, and members that answer.

A member answers a heartbeat one round trip later, unless it is silent; a relay has tried, and says so, when its time
is over; a machine lets a call in, refuses it, or drops it. Inputs come before timers of the same moment. The file
Specs/traces/README.md has the words of inputs and effects.
"""

import heapq
from typing import Callable, Dict, List, Optional, Set, Tuple

from . import rules
from .member import Member
from .text import MS, Statement, base, counted, entries_of, moments

# The members know each other and answer for so long before the trace begins.
WARM_UP = 20_000 * MS


class World:
    def __init__(self, trace: Dict, known: Dict[str, Dict]) -> None:
        self._round_trip = trace["roundTrip"] * MS
        self._watched: Set[str] = set(trace["watch"])
        self._hidden = tuple(trace.get("hides", []))
        self._silent: Set[str] = set()
        self._differing: Set[str] = set()
        self._other_keys: Set[str] = set()
        # Members that show a hash of states, and of them those that show another one.
        self._same_states: Set[str] = set()
        self._other_states: Set[str] = set()
        self._machines: Dict[str, str] = {}
        self._relays = "silent"
        self._awake_at = -WARM_UP
        self._queue: List[Tuple[int, int, Tuple]] = []
        self._serial = 0
        # The heartbeats to each member from the moment 0 on, by their numbers.
        self._heartbeats: Dict[str, List[int]] = {}
        self._lines: List[Tuple[int, str, int]] = []
        for at, text in trace["inputs"]:
            self._at(at * MS, ("input", text))
        self._end = trace["until"] * MS
        seconds: Optional[int] = trace["unixSeconds"]
        self._member = Member(known, trace, trace["members"], trace["tolerance"] * MS,
                              None if seconds is None else seconds * 1_000 * MS, -WARM_UP)

    def _at(self, when: int, event: Tuple, slack: int = 0) -> None:
        self._serial += 1
        heapq.heappush(self._queue, (when, self._serial, (slack, *event)))

    def run(self) -> List[str]:
        """All that the member does from the moment 0 on."""
        while True:
            event = self._queue[0][0] if self._queue else self._end + 1
            timer = self._member.next_timer
            now = max(min(event, self._end + 1 if timer is None else timer), self._awake_at)
            if now > self._end or self._member.has_ended:
                break
            self._member.slack = 0
            if event <= now:
                self._member.now = now
                self._happen(heapq.heappop(self._queue)[2])
            else:
                self._member.run_timers(now)
            self._carry_out(now)
        lines = sorted(line for line in self._lines + self._member.done
                       if line[0] >= 0 and not line[1].startswith(self._hidden))
        return counted([f"{moments(when, slack)} {text}" for when, text, slack in self._grouped(lines)])

    @staticmethod
    def _grouped(lines: List[Tuple[int, str, int]]) -> List[Tuple[int, str, int]]:
        """The heartbeats of one moment as one line."""
        grouped: List[Tuple[int, str, int]] = []
        for when, text, slack in lines:
            if grouped and grouped[-1][0] == when and text.startswith("heartbeats") and grouped[-1][1].startswith("heartbeats"):
                text = f"{grouped.pop()[1]} {text.partition(': ')[2]}"
            grouped.append((when, text, slack))
        return grouped

    def _carry_out(self, now: int) -> None:
        slack = self._member.slack
        for want in self._member.wants:
            if want.kind == "heartbeat":
                if now >= 0:
                    self._heartbeats.setdefault(want.member, []).append(want.number)
                if want.member in self._watched and now >= 0 and not want.is_introduction:
                    self._lines.append((now, f"heartbeat {want.member}", slack))
                if want.member not in self._silent:
                    self._at(now + self._round_trip, ("ack", want.member, want), slack)
            elif want.kind == "relay" and self._relays == "prove":
                self._at(now + 2 * self._round_trip, ("proof", want.member), slack)
            elif want.kind == "relay" and self._relays in ("nack", "busy"):
                self._at(now + want.within, (self._relays, want.member), slack)
            elif want.kind == "claim" and self._machines.get(want.member) == "accepts":
                self._at(now + self._round_trip, ("claim", want.member), slack)
            elif want.kind == "lifeline" and self._machines.get(want.member) == "drops":
                self._at(now + rules.CALL_PATIENCE, ("line", want.member, "drops"), slack)
            elif want.kind == "lifeline":
                self._at(now + self._round_trip, ("line", want.member, self._machines.get(want.member, "accepts")), slack)
            elif want.kind == "knock" and self._machines.get(want.member) != "drops":
                self._at(now + self._round_trip, ("knock", want.member, self._machines.get(want.member, "accepts")), slack)
            elif want.kind == "call" and want.member in self._machines:
                self._at(now + self._round_trip, (self._machines[want.member], want.member), slack)
        self._member.wants = []

    def _happen(self, event: Tuple) -> None:
        self._member.slack, kind, *rest = event
        member = self._member
        if kind == "ack":
            name, want = rest
            self._show(name)
            if want.relay:
                member.proof_came(want.relay)
            member.acknowledged(name, want.number)
            if want.is_farewell:
                member.farewell_acknowledged(name)
            member.heard_from(name)
        elif kind == "proof":
            member.proved(rest[0])
        elif kind in ("nack", "busy"):
            member.not_answered(rest[0], kind == "busy")
        elif kind == "line" and rest[1] == "accepts":
            member.line_stands(rest[0])
        elif kind == "line":
            member.line_failed(rest[0], rest[1] == "refuses")
        elif kind == "knock":
            member.knocked(*rest)
        elif kind == "claim":
            member.claim_answered(rest[0])
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
        if name in self._same_states:
            self._member.note_states(name, name in self._other_states)

    # --- inputs ------------------------------------------------------------------------------------------------

    def _input(self, text: str) -> None:
        words = text.split()
        command = self._commands().get(words[0])
        if command:
            return command(words[1:])
        head, _, items = text.partition(": ")
        if head == "remembers":
            return self._member.remember([Statement.parse(item) for item in items.split("; ")])
        sender, _, what = head.partition(" ")
        return self._by_member(sender, what, [Statement.parse(item) for item in items.split("; ") if item])

    def _commands(self) -> Dict[str, Callable[[List[str]], None]]:
        """Inputs that begin with what happens."""
        member = self._member
        return {
            "silent": lambda names: self._silent.update(names),
            "answers": lambda names: self._silent.difference_update(names),
            "machine": lambda words: self._machines.update({words[0]: words[1]}),
            "relays": lambda words: setattr(self, "_relays", words[0]),
            "differs": lambda names: self._differing.update(names),
            "agrees": lambda names: self._differing.difference_update(names),
            "other": lambda words: self._other_keys.update(words[1:]),
            "same": lambda words: self._other_keys.difference_update(words[1:]),
            "sleep": lambda words: setattr(self, "_awake_at", member.now + int(words[0]) * MS),
            "stranger": lambda words: member.unknown(words[0]),
            "line": lambda words: member.line_ended(words[1], words[0] == "of", " ".join(words[2:])),
            "leave": lambda _: member.want_to_leave(),
            "join": lambda words: member.join(words[0]),
            "metadata": lambda _: member.change_metadata(),
            "forget": lambda words: member.forget(words[0]),
            "behind": lambda words: member.behind(words[0]),
            "write": lambda words: member.write(entries_of(words)),
            "shows": lambda words: self._show_states(words),
            "renew": lambda _: member.renew(),
            "broadcast": lambda words: [member.broadcast() for _ in range(int(words[0]) if words else 1)],
            "send": lambda words: member.write_to(words[0]),
        }

    def _show_states(self, words: List[str]) -> None:
        """`shows other states a`: in each datagram that a sends from now on."""
        (self._other_states.update if words[0] == "other" else self._other_states.difference_update)(words[2:])
        self._same_states.update(words[2:])

    def _by_member(self, record: str, what: str, items: List[Statement]) -> None:
        """Inputs that begin with the member that acts."""
        member, name, words = self._member, base(record), what.split()
        if what == "":
            return member.received(name, items)
        if what == "asks":
            member.asked_finally(name, items[0])
            return member.received(name, items)
        if what == "sends":
            member.prove(name)
            self._show(name)
            return member.heard_from(name)
        if what == "asks who":
            return member.asked_who(name)
        if words[:2] == ["relays", "to"]:
            return member.relay(name, words[2], int(words[4]) * MS)
        if words[0] == "acks":
            return self._repeat_ack(name, words[1:])
        if what in ("lists", "lists and is cut"):
            return member.listed(name, items, is_cut=what != "lists")
        if what == "breaks off":
            return member.stream_failed(name, "broken")
        if what == "opens a line":
            return member.line_called(name)
        if what == "joins":
            return member.called_for_join(record)
        if what == "syncs":
            return member.called_for_sync(name)
        if words[0] == "writes":
            return self._times(words, lambda _: member.written_to(name))
        if words[0] == "floods":
            return self._times(words, lambda number: member.received(name, [Statement.parse(f"user {words[1]} 1 {number} 0")]))
        if words[0] == "tells":
            return self._times(words, lambda number: member.received(name, [Statement.parse(f"full crowd{number} 1")]))
        if what == "offers keys":
            return member.offered_keys(record)
        assert what == "calls", what
        return member.called_by_twin(name)

    @staticmethod
    def _times(words: List[str], act: Callable[[int], None]) -> None:
        """`writes 300 times`."""
        for number in range(int(words[-2]) if words[-1] == "times" else 1):
            act(number + 1)

    def _repeat_ack(self, name: str, words: List[str]) -> None:
        """`acks first`, `acks last`: the heartbeat since the moment 0; `acks last of t`: that of another member."""
        target = words[2] if len(words) > 1 else name
        number = self._heartbeats[target][0 if words[0] == "first" else -1]
        self._show(name)
        self._member.acknowledged(name, number)
        self._member.heard_from(name)
