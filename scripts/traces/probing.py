"""Sections 5 to 9 of Specs/Protocol.md: whom to probe, heartbeats, calls, slow members."""

from typing import Dict, List, Optional, Tuple

from . import rules
from .parts import OWN, Probe, Want
from .text import Statement, mix, some


class Probing:
    """A part of `Member`."""

    def begin_probing(self, shows: List[str]) -> None:
        """`shows`: what the trace has beside the usual effects."""
        self._shows = shows
        self._round: Optional[int] = None
        # The order of P-5.4, and the heartbeats that are not acknowledged: to whom, in which record, and when.
        self._order: List[str] = []
        self._open: Dict[int, Tuple[str, str, int]] = {}
        self._number = 0

    # --- section 5: whom to probe ---------------------------------------------------------------

    def _target(self) -> Optional[str]:
        others = self._counted if self._is_mixed else self._living
        if self._unix is None:
            return self._next_in_order(others)
        circle = sorted([OWN, *others], key=self._nids.__getitem__)
        if len(circle) < 2:
            return None
        steps = 1 + mix(self._round) % (len(circle) - 1)
        return circle[(circle.index(OWN) + steps) % len(circle)]

    def _next_in_order(self, others: List[str]) -> Optional[str]:
        """P-5.4: one order of those that chance may make."""
        self._order = [name for name in self._order if name in others] or self._by_nid(others)
        return self._order.pop(0) if self._order else None

    def _plan(self) -> None:
        if self._unix is None:
            is_first = self.next_timer is None
            at = self.now if is_first else self.now + rules.PERIOD
            return self._timers.set("period", "", at, rules.PERIOD if is_first else self.slack)
        current = (self.now + self._unix) // rules.PERIOD
        follows = None if self._round is None else self._round + 1
        self._round = follows if follows in (current, current + 1) else current + 1
        target = self._target()
        phase = mix(self._nids[target]) % rules.PERIOD if target else 0
        self._timers.set("period", "", max(self.now, self._round * rules.PERIOD + phase - self._unix))

    def _timer_period(self, _: str) -> None:
        target = self._target()
        unanswering = [name for name in self._living if name not in self._counted] if self._is_mixed else []
        for name in [target, *unanswering[:1]]:
            if name and self._leaving_since is None:
                self._begin_probe(name)
        self._call_dead()
        self._plan()

    def _call_dead(self) -> None:
        """P-27.1."""
        dead = [name for name, entry in self.entries.items() if entry.state == "dead"]
        if dead and self._leaving_since is None and self._draws("dead", len(dead), 10 * (len(self._counted) + 1)):
            self._heartbeats(1, dead)

    # --- section 6: heartbeat ---------------------------------------------------------------------

    def _t1(self, name: str) -> int:
        median = self.entries[name].round_trips.median
        return rules.direct_timeout(self._link.health, self._link.mean if median is None else median)

    def _begin_probe(self, name: str) -> None:
        if name in self._probes:
            return
        entry = self.entries[name]
        is_answering = entry.has_answered and not entry.is_unanswering and entry.is_living
        probe = self._probes[name] = Probe(entry.incarnation, self._t1(name), is_answering, entry.state == "dead")
        self._timers.set("probe", name, self.now + probe.t1)
        self._heartbeat(name)

    def _heartbeat(self, name: str, relay: str = "", is_farewell: bool = False, is_chosen: bool = False) -> None:
        if not self._may_send(name):
            return
        if "heartbeats" in self._shows and not is_chosen:
            self._say(f"heartbeats: {name}")
        self._copy(name, relay, is_farewell)
        self._number += 1
        self._open[self._number] = (name, self.entries[name].record, self.now)
        self.wants.append(Want("heartbeat", name, relay=relay, is_farewell=is_farewell, number=self._number))

    def _copy(self, name: str, relay: str, is_farewell: bool) -> None:
        """P-6.1 and P-18.8: what a heartbeat carries beside VIEW."""
        entry = self.entries[name]
        carried = [Statement("left", OWN, self.incarnation)] if is_farewell else []
        if entry.state in ("suspect", "dead") and not (entry.state == "suspect" and entry.is_word_spent):
            carried.append(self._held_against(name))
        size = 2 + 23 + (27 if relay else 0) + sum(self._size(one) for one in carried)
        carried += self._ride(name, size, rules.HEARTBEAT_BYTES, carried)
        if "copies" in self._shows and carried:
            self._say(f"heartbeat to {name} with {'; '.join(map(str, carried))}")

    def _heartbeats(self, count: int, names: List[str]) -> None:
        """To so many of these, by chance: each of them answers alike."""
        if "heartbeats" in self._shows and names:
            self._say(f"heartbeats: {some(count, names)}")
        for name in names[:count]:
            self._heartbeat(name, is_chosen=True)

    def _end_probe(self, name: str) -> None:
        self._probes.pop(name, None)
        self._timers.cancel("probe", name)

    def _is_slow(self, name: str) -> bool:
        return self.now < self.entries[name].slow_until

    def _timer_probe(self, name: str) -> None:
        probe, entry = self._probes.get(name), self.entries[name]
        is_void = probe is None or not (entry.is_living or entry.state == "dead" and probe.is_of_dead)
        if is_void or probe.was_answering and entry.incarnation != probe.incarnation:
            self._end_probe(name)
            return
        t2 = rules.T2_OF_SLOW if self._is_slow(name) else probe.t2
        if probe.stage == "indirect":
            probe.stage = "tcp"
            self._call(name)
            self._timers.set("probe", name, self.now + t2 - probe.t2 // 2)
            return
        may_try_again = self._link.loss > rules.HIGH_LOSS and probe.rounds < rules.ROUNDS_UNDER_LOSS
        if probe.stage == "tcp" and not may_try_again:
            self._end_probe(name)
            self._fail(name, probe)
            return
        probe.stage = "indirect"
        probe.rounds += 1
        relays = [one for one in self._alive_counted(name) if one != name]
        if relays:
            self._say(f"relays for {name}: {some(3, relays)}")
        for _ in range(min(3, len(relays))):
            probe.relays += 1
            self.wants.append(Want("relay", name, within=t2 * 3 // 4 // 1_000_000 * 1_000_000))
        self._timers.set("probe", name, self.now + probe.t2 // 2)
        self._heartbeat(name)

    def _call(self, name: str) -> None:
        """P-7.1."""
        self._calls = {other: until for other, until in self._calls.items() if self.now < until}
        if name in self._calls or len(self._calls) >= rules.CALLS or not self._may_send(name, is_call=True):
            return
        self._calls[name] = self.now + rules.CALL_PATIENCE
        self.wants.append(Want("call", name))
        self._say(f"call {name}")

    def _fail(self, name: str, probe: Probe) -> None:
        entry = self.entries[name]
        if not entry.is_living:
            # P-12.10
            if entry.claim and not entry.is_reported:
                entry.is_reported = True
                self._say(f"does not answer: {name}")
            return
        if self._says_something_of_own_link(probe):
            heard = probe.relays > 0 and probe.no_answers >= probe.relays
            self._link.note_failure(name, heard, self.now)
        if self._link.may_accuse(self.now):
            self._count_accusation(name, OWN)
            self._look_at_newcomers(name)

    def acknowledged(self, name: str, number: int) -> bool:
        """An ack that echoes this heartbeat; whether it counts (P-6.3)."""
        target, record, sent = self._open.get(number, ("", "", 0))
        entry, round_trip = self.entries[name], self.now - sent
        if not target or round_trip > rules.HEARTBEAT_AGE:
            self._say("counts lateAck")
            return False
        if target != name or self._boots.get(record) != self._boots.get(entry.record):
            self._say("counts forgedAck")
            return False
        del self._open[number]
        self.prove(name)
        self._link.note_ack(sent, round_trip)
        entry.round_trips.note(round_trip)
        if round_trip <= rules.SLOW_ANSWER:
            self._late = []
        else:
            entry.slow_until = self.now + rules.SLOW_FOR
            self._note_late_answer(name)
        entry.tcp_only = 0
        self._note_check_answer(name, sent)
        self._answered(name)
        self._note_join_ack(name)
        return True

    def _note_late_answer(self, name: str) -> None:
        if name not in self._counted:
            return
        if name not in self._late and len(self._late) < rules.DEGRADED_RUN:
            self._late.append(name)
        if len(self._late) == rules.DEGRADED_RUN:
            self._say_degraded()

    def proved(self, name: str) -> None:
        """A relay has passed on the proof of that member."""
        if name not in self._probes:
            return self._say("counts lateAck")
        self.entries[name].tcp_only = 0
        self._note_check_answer(name, self.now)
        self._answered(name)

    def not_answered(self, name: str, is_busy: bool = False) -> None:
        """A relay says "no answer", or that it is busy (P-10.2)."""
        if name not in self._probes:
            return self._say("counts lateAck")
        self._probes[name].no_answers += not is_busy

    def called(self, name: str) -> None:
        """HELLO_ACK to a TCP fallback probe (P-7.3, P-7.4)."""
        self._calls.pop(name, None)
        self.prove(name)
        self._note_check_answer(name, self.now)
        self._answered(name)
        entry = self.entries[name]
        entry.tcp_only += 1
        if entry.tcp_only == 2:
            self._say(f"answers by stream only: {name}")

    def refused(self, name: str) -> None:
        """P-7.5 and P-8.4."""
        self._calls.pop(name, None)
        probe = self._probes.get(name)
        if probe is None or not self._is_slow(name):
            return
        self.entries[name].slow_until = 0
        suspicion = self._suspicions.get(name)
        if suspicion:
            suspicion.end_patience()
            if suspicion.final_check is None:
                self._timers.set("suspicion", name, max(suspicion.deadline, self.now))
        self._timers.set_no_later("probe", name, self.now + probe.t2 // 2)

    def _answered(self, name: str) -> None:
        entry = self.entries[name]
        entry.last_answer = self.now
        probe = self._probes.get(name)
        self._end_probe(name)
        if self._link.note_answer(probe is not None, probe is not None and probe.rounds > 0, self.now):
            self._restart_own()
        self._note_answer(name)
        teller = self._tellers.pop(name, None)
        if teller:
            self._teller_trust.note_refutation(teller, name, self.now)
        self._withdraw(name)
        self._believe_claim(name)

    # --- section 9: DEGRADED ------------------------------------------------------------------------

    def _say_degraded(self) -> None:
        if self._degraded_at is not None and self.now - self._degraded_at < rules.DEGRADED_PAUSE:
            return
        self._degraded_at = self.now
        self._degraded += 1
        self._spread(("slow", OWN), Statement("degraded", OWN, self.incarnation, (), self._degraded))
