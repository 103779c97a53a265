"""One member that decides: Specs/Protocol.md, sections 3 to 15, and the first waves of section 18.

Inputs are methods; everything that the member does is appended to `done` as a moment and a text, and to `wants`
as a request to the world: `heartbeat`, `relay` and `call`, with the names that it is for.
"""

from typing import Dict, List, Optional, Set, Tuple

from . import rules
from .answering import Answering
from .comparing import Comparing
from .judging import Judging
from .keyrings import ComparingKeys
from .messages import Messaging
from .names import Naming
from .parts import OWN, Entry, Probe, Timers, Want
from .probing import Probing
from .rules import Link, Suspicion, Trust
from .serving import Serving
from .text import Statement


class Member(Probing, Judging, Answering, Comparing, ComparingKeys, Messaging, Naming, Serving):
    """Made with the members that it knows; `run_timers` is to be called at `next_timer`."""

    def __init__(self, nids: Dict[str, int], boots: Dict[str, int], names: Dict[str, str], others: List[str], tolerance: int, unix: int,
                 now: int) -> None:
        self.now = now
        self._nids, self._boots, self._unix = nids, boots, unix
        self._shortest, self._longest = tolerance, 4 * tolerance
        self.entries = {name: Entry(now) for name in others}
        self.incarnation = 1
        self.done: List[Tuple[int, str]] = []
        self.wants: List[Want] = []
        self._link = Link(self._longest)
        self._probes: Dict[str, Probe] = {}
        self._suspicions: Dict[str, Suspicion] = {}
        self._verdicts: Dict[str, Tuple[str, ...]] = {}
        self._trust, self._teller_trust = Trust(), Trust()
        self._tellers: Dict[str, str] = {}
        # Accusers that a member has refuted before it ever answered.
        self._unconfirmed: Dict[str, List[str]] = {}
        self._rumors: Dict[Tuple[str, ...], Tuple[int, str]] = {}
        self._refuted_at: Optional[int] = None
        self._repeated_at: Optional[int] = None
        self._owed: Optional[Tuple[int, bool]] = None
        self._listened_at: Optional[int] = None
        self._degraded_at: Optional[int] = None
        self._degraded = 0
        self._late: List[str] = []
        self._calls: Dict[str, int] = {}
        # Of each sender: false signatures, the last one, and until when its items are not read.
        self._forgeries: Dict[str, List[int]] = {}
        self._timers = Timers()
        # Of each member: how many statements may be taken in, since when, and the newest that waits.
        self._statements: Dict[str, List] = {}
        self._round: Optional[int] = None
        self.begin_comparing()
        self.begin_comparing_keys()
        self.begin_messaging()
        self.begin_naming(names)
        self.begin_serving()
        self._plan()

    # --- time ---------------------------------------------------------------------------------

    @property
    def next_timer(self) -> Optional[int]:
        rumors = [due for due, _ in self._rumors.values()]
        return min([*self._timers.moments, *rumors], default=None)

    def run_timers(self, now: int) -> None:
        """P-4.2, then all that is due."""
        due = self.next_timer
        self.now = now
        if due is not None and now - due > rules.LATE_TIMER:
            self._link.oversleep(now)
            for name in list(self._probes):
                self._end_probe(name)
            if now - due > rules.SLOW_ANSWER:
                self._say_degraded()
        while True:
            purpose = self._timers.take_due(now)
            if purpose is None:
                break
            getattr(self, "_timer_" + purpose[0])(purpose[1])
        self._send_rumors()

    def _say(self, text: str) -> None:
        self.done.append((self.now, text))

    @property
    def _living(self) -> List[str]:
        return [name for name, entry in self.entries.items() if entry.is_living]

    @property
    def _count(self) -> int:
        """N."""
        return len(self._living) + (0 if self._leaving_since is not None else 1)

    def _alive(self, *without: str) -> List[str]:
        return [name for name, entry in self.entries.items() if entry.state == "alive" and name not in without]

    # --- section 15: refutation, corrections and telling ---------------------------------------------------

    def _is_signed_claim(self, claim: Statement) -> bool:
        """Whether a member that the node knows has signed a claim about the node (P-15.2)."""
        if claim.incarnation != self.incarnation or not any(name in self.entries for name in claim.accusers):
            return False
        if claim.is_forged:
            self._say("counts badSignature")
        return not claim.is_forged

    def _claimed(self, incarnation: int, is_signed: bool = True) -> None:
        is_signed = is_signed or (self._owed is not None and self._owed[1])
        shortest_pause = min(rules.LONGEST_REFUTATION_PAUSE, self._shortest // 4)
        pause = shortest_pause if is_signed else self._shortest // 2
        if incarnation > self.incarnation:
            is_jump = incarnation - self.incarnation > rules.LONGEST_STEP
            return self._say("counts incarnationJump" if is_jump else "counts aheadOfUs")
        if incarnation < self.incarnation:
            if self._repeated_at is None or self.now - self._repeated_at >= shortest_pause:
                self._repeated_at = self.now
                self._spread(("member", OWN), Statement("refresh", OWN, self.incarnation))
            return None
        if self._refuted_at is not None and self.now - self._refuted_at < pause:
            self._owed = (incarnation, is_signed)
            self._timers.set("refutation", "", self._refuted_at + pause)
            return None
        self._refuted_at, self._owed = self.now, None
        self.incarnation += 1
        self.note_change()
        if is_signed:
            self._link.worsen()
        self._say(f"incarnation {self.incarnation}")
        self._spread(("member", OWN), Statement("refresh", OWN, self.incarnation))
        return None

    def _timer_refutation(self, _: str) -> None:
        owed, self._owed = self._owed, None
        if owed is not None and owed[0] >= self.incarnation:
            self._claimed(*owed)

    def _is_about_present(self, claim: Statement, entry: Optional[Entry]) -> bool:
        """Corrects an older claim (P-15.6)."""
        if entry is None:
            self._say("counts unknownTarget")
            return False
        if claim.incarnation > entry.incarnation:
            self._say("counts aheadOfUs")
            return False
        if claim.incarnation < entry.incarnation:
            accuser = self._by_nid(claim.accusers)[0] if claim.accusers else None
            known = self.entries.get(accuser)
            if known and known.is_living and self._may_correct(known):
                self._say(f"to {accuser}: {self._full(claim.member)}")
            return False
        return True

    def _may_correct(self, entry: Entry) -> bool:
        """P-15.8."""
        if entry.corrected is not None and self.now - entry.corrected < rules.TELLING_PAUSE:
            return False
        entry.corrected = self.now
        return True

    def _tell(self, name: str) -> None:
        """P-15.7."""
        entry = self.entries[name]
        if entry.state == "suspect" and entry.is_word_spent:
            return
        if self._may_correct(entry):
            self._say(f"to {name}: {self._held_against(name)}")

    def _held_against(self, name: str) -> Statement:
        entry, suspicion = self.entries[name], self._suspicions.get(name)
        if suspicion and suspicion.accusers:
            return Statement("suspect", name, entry.incarnation, (self._by_nid(suspicion.accusers)[0],))
        return Statement("dead", name, entry.incarnation, tuple(sorted(self._verdicts.get(name, ()))))

    def _by_nid(self, names) -> List[str]:
        return sorted(names, key=self._nids.__getitem__)

    def _full(self, name: str) -> Statement:
        entry = self.entries[name]
        return Statement("full", name, entry.incarnation)

    # --- section 3: states --------------------------------------------------------------------------------

    def _settle(self, name: str, state: str, event: str) -> None:
        entry = self.entries[name]
        before, was_living = self._bearer(self._name(name)), entry.is_living
        self._note_doubt(name, state, entry.state)
        if entry.state != state:
            entry.state, entry.since = state, self.now
        self._tell_names(name, before, is_news=not was_living)
        if state != "suspect":
            self._tellers.pop(name, None)
            if self._suspicions.pop(name, None) is not None:
                self._timers.cancel("suspicion", name)
                self._drop_rumors(name)
        if state != "dead":
            self._verdicts.pop(name, None)
        if state in ("dead", "left"):
            self._end_probe(name)
        if event:
            self._say(f"{event} {name}")

    def _learn(self, record: Statement) -> None:
        """A record of another member: P-3.4, P-3.7, P-3.8, P-3.15."""
        entry = self.entries.get(record.member)
        if entry is None and record.kind == "full":
            return self._meet(record)
        if entry is None:
            return self._say("counts aheadOfUs")
        if self._is_too_early(record, entry):
            return self._say("counts unansweredClaim")
        is_left = record.kind == "left"
        is_newer = record.incarnation > entry.incarnation or (
            record.incarnation == entry.incarnation and is_left and entry.state != "left")
        if not is_newer:
            return None
        if record.incarnation - entry.incarnation > rules.LONGEST_STEP:
            return self._say("counts incarnationJump")
        if entry.state == "left":
            return self._say("counts revivedLeft")
        if record.is_forged:
            return self._say("counts badSignature")
        if not self._admits(record):
            return self._say("counts tooManyStatements")
        if self._needs_answer(record, entry):
            return self._hear_claim(record, entry)
        return self._adopt(record, entry, is_left)

    def _admits(self, record: Statement) -> bool:
        """P-29.4."""
        account = self._statements.setdefault(record.member, [rules.STATEMENTS, self.now, None])
        gained, rest = divmod(self.now - account[1], rules.STATEMENT_PAUSE)
        account[0] = min(rules.STATEMENTS, account[0] + gained)
        account[1] = self.now if account[0] == rules.STATEMENTS else self.now - rest
        if account[2] is not None or account[0] == 0:
            if account[2] is None:
                self._timers.set("statement", record.member, account[1] + rules.STATEMENT_PAUSE)
            if account[2] is None or record.incarnation > account[2].incarnation:
                account[2] = record
            return False
        account[0] -= 1
        return True

    def _timer_statement(self, name: str) -> None:
        waiting, self._statements[name][2] = self._statements[name][2], None
        self._learn(waiting)

    def _adopt(self, record: Statement, entry: Entry, is_left: bool) -> None:
        is_believed = not self._outlasts(record, entry)
        if is_believed:
            self._note_refutation(record, entry)
            self._note_late(record.member, entry, is_left)
            self._note_word(record, entry)
        entry.incarnation = record.incarnation
        self.note_change()
        before = entry.state
        state = "left" if is_left else "alive"
        event = "left" if is_left else {"alive": "", "suspect": "recovered", "dead": "joined"}[before]
        if is_believed:
            self._settle(record.member, state, event)
        else:
            self._suspicions[record.member].carry_over()
            self._look(record.member)
        self._drop_rumors(record.member)
        kind = "left" if is_left else "refresh"
        self._spread(("member", record.member), Statement(kind, record.member, record.incarnation))
        return None

    def _meet(self, record: Statement) -> None:
        """P-3.1: a newcomer."""
        if record.is_forged:
            return self._say("counts badSignature")
        before = self._bearer(self._name(record.member))
        entry = self.entries[record.member] = Entry(self.now)
        entry.incarnation = record.incarnation
        self.note_change()
        self._claim(record.member)
        self._tell_names(record.member, before, is_news=True)
        self._say(f"joined {record.member}")
        return self._spread(("member", record.member), record)

    def _note_refutation(self, record: Statement, entry: Entry) -> None:
        """P-28.1."""
        if record.kind == "left" or record.incarnation <= entry.incarnation:
            return
        if record.member in self._suspicions:
            accusers = self._suspicions[record.member].accusers
        elif record.member in self._verdicts and self.now - entry.since < self._longest:
            accusers = list(self._verdicts[record.member])
        else:
            return
        self._note_false(accusers, record.member)

    def _note_late(self, name: str, entry: Entry, is_left: bool) -> None:
        """P-8.1."""
        dead = sum(one.state == "dead" for one in self.entries.values())
        is_late = not is_left and (
            entry.state == "suspect" and self.now - self._suspicions[name].start > self._shortest // 2
            or entry.state == "dead" and dead * 4 < len(self.entries) + 1)
        if is_late:
            entry.slow_until = self.now + rules.SLOW_FOR

    # --- what comes in -------------------------------------------------------------------------------------

    def heard_from(self, sender: str) -> None:
        """Any datagram of a member, after its items were read (P-15.7)."""
        if self.entries[sender].state in ("suspect", "dead"):
            self._tell(sender)

    def received(self, sender: str, statements: List[Statement]) -> None:
        """A GOSSIP with these rumors."""
        for one in statements:
            if self.now < self._forgeries.get(sender, [0, 0, 0])[2]:
                self._say("counts distrustedSender")
            elif not self.entries[sender].is_living and not self._concerns(one, sender):
                self._say("counts senderNotLiving")
            else:
                before = len(self.done)
                self._take_in(one, sender)
                self._charge(sender, sum(text == "counts badSignature" for _, text in self.done[before:]))
        self.heard_from(sender)

    def _charge(self, sender: str, forgeries: int) -> None:
        """P-29.2."""
        if forgeries == 0:
            return
        count, last, until = self._forgeries.get(sender, [0, 0, 0])
        count = forgeries + (count if self.now - last < rules.DISTRUST else 0)
        if count >= rules.FORGERIES:
            count, until = 0, self.now + rules.DISTRUST
        self._forgeries[sender] = [count, self.now, until]

    def _concerns(self, one: Statement, sender: str) -> bool:
        """P-29.3."""
        if one.kind in ("full", "refresh", "left"):
            return one.member == sender
        return one.kind in ("suspect", "dead") and one.member == OWN

    def _take_in(self, one: Statement, sender: str) -> None:
        if one.kind in ("suspect", "dead") and one.member == OWN:
            self._claimed(one.incarnation, self._is_signed_claim(one))
        elif one.kind == "full" and self._nids[one.member] == self._nids[OWN]:
            self._meet_twin(one)
        elif one.kind == "suspect":
            entry = self.entries.get(one.member)
            if self._is_about_present(one, entry) and entry.is_living and one.accusers != (OWN,):
                self._hear_accusation(one.member, one.accusers[0], one.is_forged)
        elif one.kind == "dead":
            self._hear_verdict(one, sender)
        elif one.kind == "degraded":
            self._hear_degraded(one)
        elif one.kind == "user":
            self._hear_message(one)
        else:
            self._learn(one)

    def _hear_degraded(self, one: Statement) -> None:
        """P-9.2."""
        entry = self.entries[one.member]
        if entry.incarnation > one.incarnation + 1:
            return self._say("counts staleStatement")
        if (one.incarnation, one.counter) <= entry.newest_degraded:
            return None
        if one.is_forged:
            return self._say("counts badSignature")
        entry.newest_degraded = (one.incarnation, one.counter)
        entry.slow_until = self.now + rules.SLOW_FOR
        return self._spread(("slow", one.member), one)

    # --- section 18: first waves ---------------------------------------------------------------------------

    def _spread(self, subject: Tuple[str, ...], statement: Statement) -> None:
        if self._count < 2:
            return
        is_busy = len(self._rumors) >= rules.BUSY_RUMORS
        self._rumors.pop(subject, None)
        due = self.now + rules.COALESCE * (rules.BUSY_FACTOR if is_busy else 1)
        self._rumors[subject] = (due, f"wave {statement}")

    def _drop_rumors(self, name: str) -> None:
        """P-18.1."""
        dropped: Set = {subject for subject in self._rumors
                        if subject == ("member", name) or subject[:2] == ("accusation", name)}
        for subject in dropped:
            del self._rumors[subject]

    def _send_rumors(self) -> None:
        for subject in [subject for subject, (due, _) in self._rumors.items() if due <= self.now]:
            self._say(self._rumors.pop(subject)[1])
