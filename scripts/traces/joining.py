"""Sections 22 and 25 of Specs/Protocol.md: lists that streams bring and take, and the end of a join."""

from typing import Dict, List, Optional, Tuple

from . import rules
from .parts import OWN, Want
from .text import Statement, base, some


class Join:
    """P-22.4 and P-22.5: the peer list is in."""

    def __init__(self, seed: str, now: int) -> None:
        self.seed, self.since = seed, now
        self.agreeing: set = set()
        self.is_acknowledged = self.has_asked = False
        self.called_in_vain: List[str] = []


class Joining:
    """A part of `Member`."""

    def begin_joining(self) -> None:
        # Of each member to which a stream is open: what for, and until when at most.
        self._streams: Dict[str, Tuple[str, int]] = {}
        self._join: Optional[Join] = None
        self._has_first_list = False
        self._leave_wanted: Optional[int] = None
        self._address_reported: Optional[int] = None

    # --- our own streams ---------------------------------------------------------------------------------------

    def join(self, seed: str) -> None:
        self._open_stream(seed, "join", rules.STREAM_PATIENCE)

    def _open_stream(self, name: str, purpose: str, patience: int) -> None:
        self._streams[name] = (purpose, self.now + patience)
        self._say(f"{purpose} {name}")

    def _awaits_list(self) -> bool:
        return any(purpose == "join" for purpose, _ in self._streams.values())

    def listed(self, name: str, items: List[Statement], is_cut: bool = False) -> None:
        """P-22.2: the stream to this member has ended well, or was cut."""
        purpose, _ = self._streams.pop(name)
        if purpose == "states":
            return self.states_listed(name, items)
        if is_cut and purpose == "join" and not any(one.kind == "full" for one in items):
            self._say("join fails: broken")
            return self._leave_if_wanted()
        if any(one.is_forged for one in items):
            # P-28.9
            self._say("counts badSignature")
            self._say("counts unexpectedStreamMessage")
            self._charge(name, 1)
            if purpose == "join":
                self._say("join fails: broken")
            return None
        # P-22.3
        is_first = purpose == "join" and len(self._living) == 0
        self._take_in_list(name, items, is_first, purpose == "join" and not self._has_first_list)
        if purpose == "join":
            self._has_first_list = True
            self._join = Join(name, self.now)
            self._timers.set("end_of_join", "", self.now + rules.JOIN_PATIENCE, rules.LONGEST_JOIN_PAUSE)
            self._timer_join("")
            self._leave_if_wanted()
        return None

    def remember(self, items: List[Statement]) -> None:
        """P-33.1: of the members of the former life those that were dead or had left."""
        verdicts = {one.member: one for one in items if one.kind == "dead"}
        for one in items:
            if one.is_full and (one.kind == "left" or one.member in verdicts):
                self._learn(one, verdicts.get(one.member), is_listed=True)

    def _take_in_list(self, sender: str, items: List[Statement], is_first: bool, is_first_list: bool) -> None:
        unknown = {one.member for one in items if one.member not in self.entries}
        verdicts = {one.member: one for one in items if one.kind == "dead" and one.member != OWN}
        known = self.entries.get(sender)
        sender_record = Statement("full", sender, known.incarnation if known else 1, record=sender, is_full=True)
        for one in [sender_record, *(one for one in items if one.is_full)]:
            if self._nids[one.member] == self._nids[OWN]:
                self._meet_twin(one, is_first)
            else:
                self._learn(one, verdicts.get(one.member), is_first)
        for one in items:
            if one.kind == "heard" and (is_first_list or one.member in unknown):
                self._note_heard(one)
        for name in self._by_nid(verdicts):
            self._hear_verdict(verdicts[name], sender, is_from_sync=True)
        for one in items:
            if one.kind == "suspect" and one.member == OWN:
                self._claimed(one.incarnation, self._is_signed_claim(one))
                self._note_called_in_vain(list(one.accusers))

    def stream_failed(self, name: str, reason: str) -> None:
        if self._streams.pop(name)[0] == "join":
            self._say(f"join fails: {reason}")
            self._leave_if_wanted()

    # --- streams of others -------------------------------------------------------------------------------------------

    def _peer_list(self) -> List[str]:
        """The order of section 5.7 of Specs/Wire.md: the living, then later claimants of a name, then tombstones."""
        everyone = self._by_nid([OWN, *self.entries])
        later = [name for order in self._claims.values() for name, *_ in order[1:]]
        contested = {self._name(name) for name in later}
        first = [name for name in everyone if name not in later
                 and (self._lives(name) or self._name(name) in contested)]
        rest = [name for name in everyone if name not in later and name not in first]
        return [self._listing(name) for name in first + later + rest
                if name == OWN or self.entries[name].is_shared]

    def _lives(self, name: str) -> bool:
        return name == OWN or self.entries[name].is_living

    def _listing(self, name: str) -> str:
        if name == OWN:
            return f"full own {self.incarnation}"
        entry = self.entries[name]
        texts = [str(self._full(name))]
        if entry.state == "dead":
            texts.append(str(self._held_against(name)))
            if name in self._gone_deaths and self.now - self._gone_deaths[name][1] < rules.FRESH:
                # P-17.12
                texts.append(str(self._gone_statement(name, self._gone_deaths[name][0])))
        heard = self._origins[name].highest if entry.is_living and name in self._origins else None
        if heard:
            texts.append(f"heard {name} {heard[0]} {heard[1]}")
        return "; ".join(texts)

    def called_for_join(self, record: str) -> None:
        """P-22.1, P-22.3 and P-22.6: a stream with purpose 1."""
        one = Statement("full", base(record), 1, record=record, is_full=True)
        self._show_boot(record)
        holder = self._bearer(self._names.get(record, one.member))
        if holder not in (None, one.member):
            return self._refuse_name(one.member, holder)
        self._say(f"list for {one.member}: " + "; ".join(self._peer_list()))
        return self._learn(one)

    def _refuse_name(self, caller: str, holder: str) -> None:
        self._say(f"list for {caller}: {self._full(holder)}")
        self._say(f"end 5 {caller}")

    def called_for_sync(self, caller: str) -> None:
        """P-22.8: a sync that shows no difference."""
        if self.entries[caller].state == "suspect":
            self._say(f"delta for {caller}: {self._held_against(caller)}")

    # --- the end of a join ---------------------------------------------------------------------------------------

    def _timer_join(self, _: str) -> None:
        """P-22.4."""
        join = self._join
        if join is None:
            return
        if join.seed not in join.agreeing:
            self._heartbeat(join.seed)
        others = [name for name in self._alive(join.seed) if name not in join.agreeing]
        strangers = [name for name in others if self.entries[name].last_answer is None]
        assert len(others) <= 3 or strangers in ([], others), "a choice by chance must not mix the two"
        if strangers and "introductions" in self._shows:
            self._say(f"introductions: {some(3, strangers)}")
        for name in others[:3]:
            if name in strangers:
                self._introduce(name)
            else:
                self._heartbeat(name)
        self._timers.set("join", "", self.now + rules.SHORTEST_JOIN_PAUSE,
                         self.slack + rules.LONGEST_JOIN_PAUSE - rules.SHORTEST_JOIN_PAUSE)

    def _note_join_ack(self, name: str) -> None:
        """P-22.5."""
        if self._join is None:
            return
        self._join.is_acknowledged = True
        if not self._differing.get(name):
            self._join.agreeing.add(name)
        if len(self._join.agreeing) >= min(rules.JOIN_CONFIRMATIONS, max(1, len(self._living))):
            self._complete("views agree")

    def _timer_end_of_join(self, _: str) -> None:
        """P-22.5 and P-22.8."""
        join = self._join
        if join is None:
            return
        if join.is_acknowledged:
            return self._complete("views differ")
        if join.called_in_vain or join.has_asked:
            return self._complete("no datagram came back")
        join.has_asked = True
        self._open_stream(join.seed, "sync", rules.STREAM_PATIENCE)
        self._timers.cancel("join", "")
        self._timers.set("end_of_join", "", join.since + rules.JOIN_PATIENCE * 4 // 3, rules.LONGEST_JOIN_PAUSE)

    def _complete(self, how: str) -> None:
        join, self._join = self._join, None
        self._timers.cancel("join", "")
        self._timers.cancel("end_of_join", "")
        vain = f", called in vain by {' '.join(join.called_in_vain)}" if join.called_in_vain else ""
        self._say(f"joined by {join.seed}: {how}{vain}")
        self._announce_again()

    def _note_called_in_vain(self, accusers: List[str]) -> None:
        """P-12.11 and P-22.8."""
        if not self._is_unheard():
            return
        if self._address_reported is None or self.now - self._address_reported >= rules.ADDRESS_REPORT_PAUSE:
            self._address_reported = self.now
            self._say(f"own address cannot be called: {' '.join(sorted(accusers))}")
        if self._join:
            self._join.called_in_vain = accusers
            if self._join.has_asked:
                self._timers.set("end_of_join", "", self.now)

    def _is_unheard(self) -> bool:
        """P-12.11."""
        newest = self._link.newest_answered
        open_ones = [at for _, _, at in self._open.values() if (newest is None or at > newest)
                     and rules.LONGEST_T1 <= self.now - at <= rules.HEARTBEAT_AGE]
        return len(open_ones) >= rules.UNHEARD

    # --- section 25 ----------------------------------------------------------------------------------------------

    def want_to_leave(self) -> None:
        """P-25.3."""
        if self._awaits_list():
            self._leave_wanted = self.now
            return self._timers.set("leave_wanted", "", self.now + rules.LEAVE_PATIENCE)
        return self.leave()

    def _timer_leave_wanted(self, _: str) -> None:
        if self._leave_wanted is not None:
            self._leave_wanted = None
            self.leave()

    def _leave_if_wanted(self) -> None:
        if self._leave_wanted is not None:
            self._leave_wanted = None
            self._timers.cancel("leave_wanted", "")
            self.leave()

    def _end_streams(self) -> None:
        """P-25.4."""
        if self._join:
            self._timers.cancel("join", "")
            self._timers.cancel("end_of_join", "")
        for _ in range(self._awaits_list() + (self._join is not None)):
            self._say("join fails: leaving")
        for name, (_, until) in self._streams.items():
            if self.now < until:
                self._say(f"end 7 {name}")
        self._join, self._streams = None, {}


