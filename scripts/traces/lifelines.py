"""Sections 16 and 17 of Specs/Protocol.md: lifelines, and sudden deaths."""

from typing import Dict, List, Optional, Set, Tuple

from . import rules
from .checks import GoneCheck
from .parts import OWN, Probe, Want
from .text import Statement, some

# The lifeline to a member that the node has opened, or the one that the member has opened.
Line = Tuple[str, bool]


class Lifelines:
    """A part of `Member`."""

    def begin_lifelines(self) -> None:
        # The record of the member when it stood.
        self._lines: Dict[Line, str] = {}
        self._opening: Set[str] = set()
        # Of members that could not be reached: the pause, its end, and when it is forgotten.
        self._pauses: Dict[str, Tuple[int, int, int]] = {}
        self._gone_checks: Dict[str, GoneCheck] = {}
        # Of each member: who has accused it of being gone, and since when.
        self._gone: Dict[str, Tuple[str, int]] = {}
        self._gone_moments: List[int] = []
        # Records whose machine has accepted a connection; that answered a check, and when; that a filter refuses for.
        self._reached: Set[str] = set()
        self._answered_check: Dict[str, Tuple[str, int]] = {}
        self._filtered: Set[str] = set()
        self._filters_found: List[int] = []
        self._gone_deaths: Dict[str, Tuple[str, int]] = {}
        self._knocking: Dict[str, int] = {}
        self._knock_queue: List[str] = []

    # --- the circle: P-16.1, P-16.2, P-16.5 ------------------------------------------------------------------------

    def _circle_changed(self) -> None:
        if self._has_lifelines and self._leaving_since is None:
            self._timers.set_no_later("circle", "", self.now + rules.CIRCLE_PAUSE, self.slack + rules.CIRCLE_PAUSE)

    def _timer_circle(self, _: str) -> None:
        circle = self._by_nid([OWN, *self.entries])
        place = circle.index(OWN)
        targets: List[str] = []
        wanted, is_closed = rules.LINES, True
        for name in circle[place + 1:] + circle[:place]:
            entry = self.entries[name]
            if len(targets) >= wanted:
                break
            if not entry.is_living or "+plain" in entry.record:
                continue
            if name in self._gone or name in self._gone_checks and self._gone_checks[name].is_refused:
                wanted = min(wanted + 1, rules.LINES_ACCEPTED)
            elif self._is_linked(name):
                targets.append(name)
            elif name not in self._opening and self.now < self._pauses.get(name, (0, self.now, 0))[1]:
                self._timers.set_no_later("circle", "", self._pauses[name][1])
            else:
                is_counted = name in self._counted
                if name not in self._opening and len(self._opening) < (8 if is_counted else 4):
                    self._open_line(name)
                if is_counted:
                    is_closed = False
                    targets.append(name)
        if is_closed:
            for name, is_own in sorted(self._lines):
                if is_own and name not in targets and self.entries[name].state == "alive":
                    self._end_line(name, True, "moved")

    def _is_linked(self, name: str) -> bool:
        """Where N is 3 or less, both directions are kept."""
        return (name, True) in self._lines or (name, False) in self._lines and self._count > 3

    def _open_line(self, name: str) -> None:
        self._opening.add(name)
        self._say(f"lifeline {name}")
        self.wants.append(Want("lifeline", name))

    def _end_line(self, name: str, is_own: bool, code: str) -> None:
        """P-16.3."""
        del self._lines[name, is_own]
        self._say(f"end {rules.CODES[code]} {name}")

    def _end_lines(self, code: str, of: Optional[str] = None) -> None:
        for name, is_own in sorted(self._lines):
            if of in (None, name):
                self._end_line(name, is_own, code)

    def line_stands(self, name: str) -> None:
        self._opening.discard(name)
        self.prove(name)
        self._stand(name, True)
        self._note_check_answer(name, self.now)
        self._answered(name)
        self._circle_changed()

    def _stand(self, name: str, is_own: bool) -> None:
        record = self.entries[name].record
        self._lines[name, is_own] = record
        self._note_reached(name, record)

    def line_called(self, name: str) -> None:
        """P-16.2: a member opens one."""
        if not self._has_lifelines:
            return self._say(f"end {rules.CODES['no lifelines']} {name}")
        if sum(not is_own for _, is_own in self._lines) >= rules.LINES_ACCEPTED:
            return self._say(f"end {rules.CODES['busy']} {name}")
        if not self.entries[name].is_living:
            return self._say(f"end {rules.CODES['held dead' if self.entries[name].state == 'dead' else 'busy']} {name}")
        return self._stand(name, False)

    def line_failed(self, name: str, is_refused: bool) -> None:
        """P-16.8, and P-17.2 for a refusal."""
        self._postpone(name)
        if is_refused and self.entries[name].is_living:
            self._begin_check(name, waits=self.entries[name].record not in self._reached)
        self._circle_changed()

    def _postpone(self, name: str) -> None:
        self._opening.discard(name)
        last, _, forgotten = self._pauses.get(name, (0, self.now, self.now))
        pause = min(2 * last, rules.LONGEST_LINE_PAUSE) if self.now < forgotten else rules.S
        self._pauses[name] = (pause, self.now + pause, self.now + pause + 60 * rules.S)

    def line_ended(self, name: str, is_own: bool, how: str) -> None:
        """P-16.3, P-16.4, P-16.7 and P-17.2."""
        record = self._lines.pop((name, is_own), None)
        if record is None:
            return
        entry = self.entries[name]
        if how == "breaks":
            if entry.is_living and self._boots[entry.record] == self._boots[record]:
                self._begin_check(name, waits=False)
        elif how == "held dead":
            self._claimed(self.incarnation)
        elif how == "busy":
            self._postpone(name)
        self._circle_changed()

    # --- what changes with a member --------------------------------------------------------------------------------

    def _note_for_lines(self, name: str, old: str, was_living: bool, is_gone: bool) -> None:
        """P-16.6, and the end of checks (P-17.6)."""
        if not self._has_lifelines:
            return
        entry = self.entries[name]
        is_restart = self._boots[entry.record] != self._boots[old]
        if is_restart:
            self._pauses.pop(name, None)
            for line in [line for line, record in sorted(self._lines.items()) if line[0] == name and record != entry.record]:
                self._end_line(*line, "old boot")
        if entry.is_living:
            if entry.state != "suspect":
                self._gone.pop(name, None)
            check = self._gone_checks.get(name)
            if check and check.about != (entry.incarnation, self._boots[entry.record]):
                self._end_check(name)
        else:
            self._end_lines("held dead" if entry.state == "dead" else "moved", of=name)
            accusation = self._gone.pop(name, None)
            if accusation:
                self._gone_deaths[name] = (accusation[0], self.now)
            self._reached.discard(entry.record)
            self._end_check(name)
        if is_restart or was_living != entry.is_living:
            self._circle_changed()

    # --- checks -----------------------------------------------------------------------------------------------------

    def _begin_check(self, name: str, waits: bool = False, is_watcher: bool = True, accused: Optional[int] = None) -> None:
        entry = self.entries[name]
        about = (entry.incarnation, self._boots[entry.record])
        check = self._gone_checks.get(name)
        if check and check.about == about and not check.is_over:
            if is_watcher and not waits:
                check.is_watcher, check.waits = True, False
        else:
            self._end_check(name)
            accused = self._gone[name][1] if accused is None and name in self._gone else accused
            check = GoneCheck(is_watcher, waits, rules.W // 3, self._windows(name), accused, self.now)
            check.about = about
            self._gone_checks[name] = check
        self._proceed(name)

    def _windows(self, name: str) -> int:
        """P-17.11."""
        longest = self.entries[name].round_trips.longest or 0
        windows = max(1, min(8, (longest * 3 // 2 - 1) // rules.W + 1))
        return windows * (2 if self._link.loss > rules.HIGH_LOSS else 1)

    def _timer_check(self, name: str) -> None:
        self._proceed(name)

    def _proceed(self, name: str) -> None:
        check = self._gone_checks.get(name)
        if check is None:
            return
        if check.start < self._link.grace_until - rules.GRACE:
            check.begin(self._link.grace_until - rules.GRACE)
        if sum(self.now - at < rules.S for at in self._gone_moments) > rules.MASS:
            check.widen()
        if self._doubts_refusals:
            check.is_refused = False
        for word in check.step(self.now):
            self._do(word, name)
        if check.accuses_at is not None and self.now >= check.accuses_at:
            self._accuse_of_being_gone(name, check)
        if check.dead_at is not None and self.now >= check.dead_at and name in self._gone_checks:
            self._declare_gone(name)
        if name in self._gone_checks:
            self._timers.set("check", name, max(self.now, min(check.moments)))
        self._next_knock(name)

    def _do(self, word: str, name: str) -> None:
        if word == "heartbeat":
            self._heartbeat(name)
        elif word == "knock":
            self._knock(name)
        elif word == "relays":
            self._probe_indirectly(name)
        elif word == "perhaps a probe":
            # The traces have few members, so that the probability is 1.
            self._probe_indirectly(name)
        elif name in self._suspicions:
            accusers = self._suspicions[name].accusers
            self._say(f"final check {self._held_against(name)}: {some(1, self._alive(name, *accusers))}")

    def _probe_indirectly(self, name: str) -> None:
        if name in self._probes:
            return self._heartbeat(name)
        entry = self.entries[name]
        is_answering = entry.has_answered and not entry.is_unanswering
        self._probes[name] = Probe(entry.incarnation, self._t1(name), is_answering, False)
        return self._timer_probe(name)

    def _accuse_of_being_gone(self, name: str, check: GoneCheck) -> None:
        """P-17.3."""
        check.has_accused = True
        check.note_accusation(self.now)
        self._count_accusation(name, OWN)
        self._note_gone(name, OWN)
        self._spread(("gone", name), self._gone_statement(name, OWN), more=rules.MORE_OF_GONE)

    def _gone_statement(self, name: str, accuser: str) -> Statement:
        entry = self.entries[name]
        return Statement("gone", name, entry.incarnation, (accuser,), record=entry.record)

    def _note_gone(self, name: str, accuser: str) -> None:
        if name not in self._gone:
            self._gone[name] = (accuser, self.now)
            self._gone_moments = [at for at in self._gone_moments if self.now - at < rules.S] + [self.now]

    def _hear_gone(self, one: Statement) -> None:
        """P-17.4."""
        if not self._has_lifelines:
            return None
        if one.member == OWN:
            return self._claimed(one.incarnation, self._is_signed_claim(one))
        entry, accuser = self.entries.get(one.member), one.accusers[0]
        if not self._is_about_present(one, entry) or not entry.is_living or one.member in self._gone or accuser == OWN:
            return None
        if accuser == one.member or accuser not in self.entries or self.entries[accuser].state == "left":
            return self._say("counts unknownAccuser")
        if one.is_forged:
            return self._say("counts badSignature")
        if one.member not in self._suspicions:
            self._hold(one.member, self._new_suspicion(one.member))
        self._spread(("gone", one.member), one, more=rules.MORE_OF_GONE)
        self._note_gone(one.member, accuser)
        check = self._gone_checks.get(one.member)
        if check:
            check.note_accusation(self.now)
            return self._proceed(one.member)
        if self._has_just_answered(one.member):
            return None
        return self._begin_check(one.member, is_watcher=False, accused=self.now)

    def _declare_gone(self, name: str) -> None:
        """P-17.10 and P-17.12: no DEAD is passed on."""
        accusers = tuple(self._suspicions[name].accusers)
        self._settle(name, "dead", "failed", is_gone=True)
        self.note_change()
        self._verdicts[name] = accusers
        self._timers.set("showing", "", self.now + rules.SHOWING)

    def _timer_showing(self, _: str) -> None:
        """P-17.15."""
        self._heartbeats(2, self._alive())

    @property
    def _has_fresh_death(self) -> bool:
        return any(self.now - at < rules.FRESH for _, at in self._gone_deaths.values())

    def _end_check(self, name: str) -> None:
        if self._gone_checks.pop(name, None):
            self._timers.cancel("check", name)
        self._knocking.pop(name, None)
        self._knock_queue = [one for one in self._knock_queue if one != name]

    def _note_check_answer(self, name: str, asked: int) -> None:
        """P-17.6 and P-17.14."""
        check, record = self._gone_checks.get(name), self.entries[name].record
        if check is None or asked < check.start:
            return
        self._answered_check[name] = (record, self.now)
        if check.is_refused:
            self._note_filter(record)
        self._end_check(name)
        self._next_knock(name)
        self._timers.set_no_later("circle", "", self.now)

    # --- knocks -------------------------------------------------------------------------------------------------------

    def _knock(self, name: str) -> None:
        """P-17.7."""
        if name not in self._knocking:
            if len(self._knocking) >= rules.KNOCKS:
                if name not in self._knock_queue:
                    self._knock_queue.append(name)
                return
            self._knocking[name] = self.now
        self._say(f"knock {name}")
        self.wants.append(Want("knock", name))

    def _next_knock(self, name: str) -> None:
        """One that waits takes a place that is free, or that was held for W without an answer."""
        if self._knock_queue and name in self._knocking and self.now - self._knocking[name] >= rules.W:
            del self._knocking[name]
        while self._knock_queue and len(self._knocking) < rules.KNOCKS:
            following = self._knock_queue.pop(0)
            check = self._gone_checks.get(following)
            if check and not check.is_refused:
                self._knock(following)

    def knocked(self, name: str, answer: str) -> None:
        """The machine lets the connection in, or refuses it (P-17.1, P-17.14)."""
        record = self.entries[name].record
        if answer == "accepts":
            self._note_reached(name, record)
            return self._next_knock(name)
        self._knocking.pop(name, None)
        check = self._gone_checks.get(name)
        if record not in self._filtered and check is None and self._has_just_answered(name):
            self._note_filter(record)
        elif record not in self._filtered and check and not self._doubts_refusals:
            check.is_refused = True
            if check.is_watcher:
                self._timers.set_no_later("circle", "", self.now)
            self._proceed(name)
        return self._next_knock(name)

    def _note_reached(self, name: str, record: str) -> None:
        self._reached.add(record)
        self._filtered.discard(record)
        self._end_check(name)

    def _has_just_answered(self, name: str) -> bool:
        record, at = self._answered_check.get(name, ("", 0))
        return record == self.entries[name].record and self.now - at < rules.S

    def _note_filter(self, record: str) -> None:
        if record not in self._filtered:
            self._filtered.add(record)
            self._filters_found = [at for at in self._filters_found if self.now - at < rules.DOUBT] + [self.now]

    @property
    def _doubts_refusals(self) -> bool:
        return sum(self.now - at < rules.DOUBT for at in self._filters_found) >= 2
