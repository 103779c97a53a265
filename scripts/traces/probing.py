"""Sections 5 to 9 of Specs/Protocol.md: whom to probe, heartbeats, calls, slow members."""

from typing import Optional

from . import rules
from .parts import OWN, Probe, Want
from .text import Statement, mix, some


class Probing:
    """A part of `Member`."""

    # --- section 5: whom to probe ---------------------------------------------------------------

    def _target(self) -> Optional[str]:
        others = self._counted if self._is_mixed else self._living
        circle = sorted([OWN, *others], key=self._nids.__getitem__)
        if len(circle) < 2:
            return None
        steps = 1 + mix(self._round) % (len(circle) - 1)
        return circle[(circle.index(OWN) + steps) % len(circle)]

    def _plan(self) -> None:
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
        self._plan()

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

    def _heartbeat(self, name: str) -> None:
        self.wants.append(Want("heartbeat", name))

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
        relays = self._alive_counted(name)
        if relays:
            self._say(f"relays for {name}: {some(3, relays)}")
        for _ in range(min(3, len(relays))):
            probe.relays += 1
            self.wants.append(Want("relay", name, t2 * 3 // 4 // 1_000_000 * 1_000_000))
        self._timers.set("probe", name, self.now + probe.t2 // 2)
        self._heartbeat(name)

    def _call(self, name: str) -> None:
        """P-7.1."""
        self._calls = {other: until for other, until in self._calls.items() if self.now < until}
        if name in self._calls or len(self._calls) >= rules.CALLS:
            return
        self._calls[name] = self.now + rules.CALL_PATIENCE
        self.wants.append(Want("call", name))
        self._say(f"call {name}")

    def _fail(self, name: str, probe: Probe) -> None:
        if not self.entries[name].is_living:
            return
        if self._says_something_of_own_link(probe):
            heard = probe.relays > 0 and probe.no_answers >= probe.relays
            self._link.note_failure(name, heard, self.now)
        if self._link.may_accuse(self.now):
            self._count_accusation(name, OWN)
            self._look_at_newcomers(name)

    def acknowledged(self, name: str, sent: int) -> None:
        """An ack to a heartbeat of that moment."""
        entry, round_trip = self.entries[name], self.now - sent
        self._link.note_ack(sent, round_trip)
        entry.round_trips.note(round_trip)
        if round_trip <= rules.SLOW_ANSWER:
            self._late = []
        else:
            entry.slow_until = self.now + rules.SLOW_FOR
            self._note_late_answer(name)
        entry.tcp_only = 0
        self._answered(name)

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
        self._answered(name)

    def not_answered(self, name: str) -> None:
        """A relay says "no answer"."""
        if name not in self._probes:
            return self._say("counts lateAck")
        self._probes[name].no_answers += 1

    def called(self, name: str) -> None:
        """HELLO_ACK to a TCP fallback probe (P-7.3, P-7.4)."""
        self._calls.pop(name, None)
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
