"""Sections 11, 13 and 14 of Specs/Protocol.md: suspicions, and verdicts of this member and of others."""

from typing import Optional, Tuple

from . import rules
from .parts import OWN
from .rules import Suspicion
from .text import Statement, some


class Judging:
    """A part of `Member`."""

    # --- section 11: suspicion ------------------------------------------------------------------------

    def _count_accusation(self, target: str, accuser: str) -> None:
        """An accusation that counts, of the node or of another member."""
        suspicion = self._suspicions.get(target) or self._new_suspicion(target)
        if accuser in suspicion.accusers or len(suspicion.accusers) >= rules.ACCUSERS:
            return
        suspicion.accusers.append(accuser)
        self._hold(target, suspicion)
        self._spread(("accusation", target, accuser),
                     Statement("suspect", target, self.entries[target].incarnation, (accuser,),
                               record=self.entries[target].record))

    def _new_suspicion(self, target: str) -> Suspicion:
        return Suspicion(self.now, self._shortest, self._longest, self._count_with(target), self._is_slow(target),
                         self.entries[target].is_unanswering)

    def _hold(self, target: str, suspicion: Suspicion) -> None:
        self._suspicions[target] = suspicion
        if suspicion.final_check is None:
            self._timers.set("suspicion", target, max(suspicion.deadline, self.now))
        if self.entries[target].state == "alive":
            self._settle(target, "suspect", "suspected")

    def _suspect_on_hearsay(self, target: str) -> None:
        """P-11.6."""
        if target not in self._suspicions:
            self._hold(target, self._new_suspicion(target))
            self._begin_probe(target)

    def _is_new_and_valid(self, target: str, accuser: str, is_forged: bool) -> bool:
        """P-11.3."""
        suspicion = self._suspicions.get(target)
        if suspicion and (accuser in suspicion.accusers or len(suspicion.accusers) >= rules.ACCUSERS):
            return False
        known = self.entries.get(accuser)
        if accuser == target or (accuser != OWN and (known is None or known.state == "left")):
            self._say("counts unknownAccuser")
            return False
        if not self._trust.counts(accuser, target, [OWN, *self._counted], self.now):
            self._say("counts discountedAccuser")
            return False
        if sum(accuser in one.accusers and not one.is_repeated for one in self._suspicions.values()) >= rules.OPEN_SUSPICIONS:
            self._say("counts tooManyAccusations")
            return False
        if is_forged:
            self._say("counts badSignature")
        return not is_forged

    def _hear_accusation(self, target: str, accuser: str, is_forged: bool) -> None:
        if not self._is_new_and_valid(target, accuser, is_forged):
            return
        # P-11.5; the traces have few members, so that the probability is 1.
        must_probe = target not in self._suspicions
        assert len(self._counted) + 1 <= 6, "the probability of P-11.5 must be 1 in a trace"
        self._count_accusation(target, accuser)
        if must_probe:
            self._begin_probe(target)

    def _withdraw(self, target: str) -> None:
        """P-11.8."""
        suspicion = self._suspicions.get(target)
        if suspicion is None:
            return
        self._rumors.pop(("accusation", target, OWN), None)
        overtaken, suspicion.overtaken = suspicion.overtaken, []
        for accuser in overtaken:
            if accuser != OWN:
                self._trust.note_refutation(accuser, target, self.now)
        others = [one for one in suspicion.accusers if one != OWN]
        if others:
            suspicion.accusers = others
            self._timers.set("suspicion", target, suspicion.deadline)
            return
        self._tell(target)
        self._settle(target, "alive", "recovered")

    def _restart_own(self) -> None:
        """P-10.4."""
        for target, suspicion in self._suspicions.items():
            if OWN in suspicion.accusers:
                suspicion.restart(self.now)
                self._timers.set("suspicion", target, suspicion.deadline)

    # --- section 13: verdict ------------------------------------------------------------------------

    def _timer_suspicion(self, target: str) -> None:
        suspicion, now = self._suspicions.get(target), self.now
        if suspicion is None:
            return
        later = self._postponed(target, suspicion)
        if later is not None:
            self._timers.set("suspicion", target, later)
        elif suspicion.final_check is None:
            self._final_check(target, suspicion)
        elif (self._link.newest_answered is not None and self._link.newest_answered >= suspicion.final_check
              or now >= suspicion.start + max(2 * suspicion.longest, rules.OWN_LINK_PATIENCE)):
            self._declare_dead(target, tuple(suspicion.accusers))
        else:
            self._listen(target)

    def _postponed(self, target: str, suspicion: Suspicion) -> Optional[int]:
        """P-13.1 to P-13.3."""
        now, last = self.now, self.entries[target].last_answer
        if now < self._link.grace_until:
            return self._link.grace_until
        if now < suspicion.deadline:
            return suspicion.deadline
        if self._link.is_down:
            limit = suspicion.start + max(2 * suspicion.longest, rules.OWN_LINK_PATIENCE)
        elif last is not None and last > suspicion.start:
            limit = suspicion.start + 2 * suspicion.longest
        else:
            return None
        return min(limit, now + rules.RECHECK) if now < limit else None

    def _final_check(self, target: str, suspicion: Suspicion) -> None:
        """P-13.4."""
        others = [name for name in self._alive(target, *suspicion.accusers) if name in self._counted]
        others = others or self._alive_counted(target)
        if not others:
            return self._declare_dead(target, tuple(suspicion.accusers))
        suspicion.final_check = self.now
        self._timers.set("suspicion", target, self.now + self._t1(target))
        self._say(f"final check {self._held_against(target)}: {some(2, others)}")
        # A heartbeat goes with it: who it is for is chance, and each of them answers alike.
        self._heartbeats(2, others)
        if len(suspicion.accusers) < suspicion.quorum:
            self._begin_probe(target)

    def _listen(self, target: str) -> None:
        """P-13.5."""
        self._timers.set("suspicion", target, self.now + rules.LISTENING_PAUSE)
        if self._listened_at is not None and self.now - self._listened_at < rules.LISTENING_PAUSE:
            return
        self._listened_at = self.now
        others = self._alive_counted(target)
        self._heartbeats(2, others)

    def _declare_dead(self, target: str, accusers: Tuple[str, ...]) -> None:
        """P-13.6."""
        self._settle(target, "dead", "failed")
        self.note_change()
        self._verdicts[target] = accusers
        self._spread(("member", target), Statement("dead", target, self.entries[target].incarnation, accusers,
                                              record=self.entries[target].record))

    def asked_finally(self, asker: str, statement: Statement) -> None:
        """P-13.7."""
        entry = self.entries.get(statement.member)
        if entry is None:
            return
        if entry.incarnation > statement.incarnation or entry.state == "left":
            self._say(f"to {asker}: {self._full(statement.member)}")
        elif statement.member in self._verdicts and statement.member not in self._unchecked:
            self._say(f"to {asker}: {self._held_against(statement.member)}")

    # --- section 14: another member's verdict ------------------------------------------------------------

    def _is_proven(self, verdict: Statement) -> bool:
        """Whether one of its accusations holds."""
        target = verdict.member
        suspicion = self._suspicions.get(target)
        if not verdict.is_forged and suspicion and set(suspicion.accusers) & set(verdict.accusers):
            return True
        for accuser in self._by_nid(verdict.accusers):
            if accuser == target or (accuser != OWN and accuser not in self.entries):
                continue
            if not self._trust.counts(accuser, target, [OWN, *self._counted], self.now):
                self._say("counts discountedAccuser")
                continue
            if not verdict.is_forged:
                return True
            self._say("counts badSignature")
        return False

    def _hear_verdict(self, verdict: Statement, teller: str, is_from_sync: bool = False) -> None:
        target = verdict.member
        entry = self.entries.get(target)
        if not self._is_about_present(verdict, entry) or not entry.is_living:
            return
        suspicion = self._suspicions.get(target)
        if suspicion and is_from_sync:
            return
        if suspicion and not (entry.last_answer is not None and entry.last_answer > suspicion.start):
            for accuser in self._by_nid(verdict.accusers):
                if accuser != OWN:
                    self._hear_accusation(target, accuser, verdict.is_forged)
            if not self._is_proven(verdict):
                return self._say("counts unprovenDeath")
            if self._suspicions[target].had_time_to_refute(self.now):
                held = self._suspicions[target].accusers or verdict.accusers
                self._declare_dead(target, tuple(held))
            return
        if not self._teller_trust.counts(teller, target, [OWN, *self._counted], self.now):
            return self._say("counts discountedTeller")
        if not self._is_proven(verdict):
            self._say("counts unprovenDeath")
            return self._look_after_list(target, teller) if is_from_sync else None
        if entry.state == "alive":
            self._tellers[target] = teller
        self._suspect_on_hearsay(target)

    def _look_after_list(self, target: str, teller: str) -> None:
        """P-14.5: a verdict without a proof."""
        last = self._looked_for.get(teller)
        if last is not None and self.now - last < rules.TOLD_PROBE_PAUSE:
            return
        self._looked_for[teller] = self.now
        self._tellers[target] = teller
        self._begin_probe(target)
