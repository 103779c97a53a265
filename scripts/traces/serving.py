"""Relays for others (section 6), farewells (section 25), and another process of this identity (section 26)."""

from typing import Dict, Optional, Tuple

from . import rules
from .parts import OWN, Want
from .text import MS, Statement, some


class Serving:
    """A part of `Member`."""

    def begin_serving(self) -> None:
        # The member that asked and the target, by a number that is also the timer's name.
        self._relayed: Dict[str, Tuple[str, str]] = {}
        self._relay_number = 0
        self._leaving_since: Optional[int] = None
        self._confirmed: Dict[str, bool] = {}
        self._enough_since: Optional[int] = None
        self.has_ended = False
        self._twin: Optional[str] = None
        # The boot that the first peer list named, and when.
        self._replaced: Optional[Tuple[str, int]] = None
        self._twin_calls: Dict[str, int] = {}

    # --- P-6.11 and section 4.2 of Specs/Wire.md ---------------------------------------------------------------

    def relay(self, requester: str, target: str, within: int) -> None:
        if target not in self.entries:
            return self._say(f"nack to {requester}: {target} is not known")
        if sum(one == requester for one, _ in self._relayed.values()) >= rules.RELAYS_FOR_ONE:
            return self._say(f"nack to {requester}: busy")
        self._relay_number += 1
        number = str(self._relay_number)
        self._relayed[number] = (requester, target)
        self._timers.set("relay", number, self.now + min(max(within, 20 * MS), 2_000 * MS))
        return self._heartbeat(target, relay=number)

    def proof_came(self, number: str) -> None:
        """The target has answered a heartbeat that this member sent for another, with a proof."""
        if number in self._relayed:
            requester, target = self._relayed.pop(number)
            self._timers.cancel("relay", number)
            self._say(f"proof of {target} to {requester}")

    def _timer_relay(self, number: str) -> None:
        requester, target = self._relayed.pop(number)
        self._say(f"nack to {requester}: no answer of {target}")

    # --- section 25 -----------------------------------------------------------------------------------------------

    def leave(self) -> None:
        self._end_streams()
        self._end_lines("leaving")
        for name in list(self._probes):
            self._end_probe(name)
        self._leaving_since = self.now
        self._say(f"incarnation {self.incarnation}")
        self._spread(("member", OWN), Statement("left", OWN, self.incarnation))
        self._timer_leave("")

    def _is_confirmed(self) -> bool:
        return len(self._confirmed) >= min(2, len(self._alive()))

    def _timer_leave(self, _: str) -> None:
        """P-25.1 and P-25.2."""
        elapsed = self.now - self._leaving_since
        is_enough = self._is_confirmed()
        if is_enough and self._enough_since is None:
            self._enough_since = self.now
        is_over = is_enough and self.now - self._enough_since >= 10 * MS
        if is_over or elapsed >= (400 * MS if self._confirmed else 1_000 * MS):
            self.has_ended = True
            return self._say(f"ends: {len(self._confirmed)} confirmed")
        if is_enough:
            return self._timers.set("leave", "", self.now + 10 * MS)
        others = self._alive(*self._confirmed)
        self._say(f"farewell: {some(6, others)}")
        for name in others:
            self._heartbeat(name, is_farewell=True)
        return self._timers.set("leave", "", self.now + 100 * MS)

    def farewell_acknowledged(self, name: str) -> None:
        self._confirmed[name] = True
        if self._is_confirmed():
            self._timers.set_no_later("leave", "", self.now + 10 * MS)

    # --- section 26 -----------------------------------------------------------------------------------------------

    def _meet_twin(self, one: Statement, is_first_list: bool = False) -> None:
        """P-26.1, P-26.3 and P-26.4."""
        if one.is_forged:
            return self._say("counts badSignature")
        if one.member == OWN:
            return None
        if is_first_list:
            self._replaced = (one.member, self.now)
        if one.incarnation < self.incarnation:
            return self._call_twin(one.member) if is_first_list else None
        self.incarnation = one.incarnation + 1
        self.note_change()
        self._say(f"incarnation {self.incarnation}")
        self._spread(("member", OWN), Statement("full", OWN, self.incarnation))
        if self._replaced and (self._replaced[0] == one.member or self.now - self._replaced[1] < rules.TWIN_SPAN):
            return self._call_twin(one.member)
        if self._boots[one.member] < self._boots[OWN]:
            self._twin = one.member
            self._timers.set_no_later("twin", "", self.now + rules.TWIN_PAUSE)
        return None

    def _timer_twin(self, _: str) -> None:
        self._call_twin(self._twin)

    def _call_twin(self, twin: str) -> None:
        if self.now >= max(self._twin_calls.values(), default=self.now):
            self._twin_calls[twin] = self.now + rules.CALL_PATIENCE
            self._say(f"call {twin}")
            self.wants.append(Want("call", twin))

    def called_by_twin(self, twin: str) -> None:
        """P-26.5: another process of this identity calls."""
        open_calls = [name for name, until in self._twin_calls.items() if self.now < until]
        if open_calls and self._boots[twin] < self._boots[OWN]:
            return self._say(f"end 7 {twin}")
        for name in open_calls:
            del self._twin_calls[name]
        return self._say(f"answers {twin}")

    def twin_answered(self) -> None:
        """P-26.2: the process that answers goes on."""
        self.has_ended = True
        self._say("stops")
