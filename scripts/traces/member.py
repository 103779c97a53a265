"""One member that decides: Specs/Protocol.md, time, claims about itself, and what a datagram brings. The other files are parts
of it, each with the sections that it has.

Inputs are methods; everything that the member does is appended to `done` as a moment and a text, and to `wants`
as a request to the world: `heartbeat`, `relay` and `call`, with the names that it is for.
"""

from typing import Dict, List, Optional, Set, Tuple

from . import rules
from .addresses import Addresses
from .answering import Answering
from .boots import Boots
from .comparing import Comparing
from .joining import Joining
from .judging import Judging
from .keyrings import ComparingKeys
from .learning import Learning
from .lifelines import Lifelines
from .messages import Messaging
from .names import Naming
from .parts import OWN, Entry, Probe, Timers, Want
from .probing import Probing
from .rules import Link, Measure, Suspicion, Trust
from .rumors import Spreading
from .serving import Serving
from .states import States
from .text import MS, Statement


class Member(Probing, Addresses, Boots, Spreading, Judging, Answering, Learning, Lifelines, States, Joining, Comparing,
             ComparingKeys, Messaging, Naming, Serving):
    """Made with the members that it knows; `run_timers` is to be called at `next_timer`."""

    def __init__(self, known: Dict[str, Dict], trace: Dict, others: List[str], tolerance: int, unix: Optional[int],
                 now: int) -> None:
        """`known`: Specs/traces/members.json. `unix`: the time of day at the moment 0, if the node has a clock."""
        self.now = now
        self._timers = Timers()
        self._draws_left = dict(trace.get("draws", {}))
        self._nids, self._boots, self._unix = known["nids"], known["boots"], unix
        self._shortest, self._longest = tolerance, 4 * tolerance
        self.entries = {name: Entry(now, name) for name in others}
        self.incarnation = 1
        self.done: List[Tuple[int, str, int]] = []
        self.wants: List[Want] = []
        self._link = Link(self._longest)
        self._probes: Dict[str, Probe] = {}
        self._suspicions: Dict[str, Suspicion] = {}
        self._verdicts: Dict[str, Tuple[str, ...]] = {}
        # Verdicts that a list has brought, with accusations that this member has not checked.
        self._unchecked: Set[str] = set()
        self._trust, self._teller_trust = Trust(), Trust()
        self._tellers: Dict[str, str] = {}
        # Accusers that a member has refuted before it ever answered.
        self._unconfirmed: Dict[str, List[str]] = {}
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
        # Of each sender: the signatures that it may make this member check.
        self._checks: Dict[str, Measure] = {}
        self._looked_for: Dict[str, int] = {}
        self.begin_probing(trace.get("shows", []))
        self.begin_addresses()
        self.begin_boots()
        self._has_lifelines = trace.get("lifelines", False)
        self.begin_spreading()
        self.begin_lifelines()
        self.begin_states(known["roots"])
        self.begin_joining()
        self.begin_comparing()
        self.begin_comparing_keys()
        self.begin_messaging()
        self.begin_naming(known["names"])
        self.begin_learning(known["cores"])
        self.begin_serving()
        self._plan()
        self._circle_changed()
        self._timers.set("tombstones", "", now + rules.TOMBSTONE_CHECK)

    @property
    def slack(self) -> int:
        """How much later than `now` the present moment may be, where it follows from chance."""
        return self._timers.slack_now

    @slack.setter
    def slack(self, slack: int) -> None:
        self._timers.slack_now = slack

    def _draws(self, what: str, share: int, of: int) -> bool:
        """A choice with the chance share/of: the trace says when it is taken, so that it can be taken at all."""
        left = self._draws_left.get(what, [])
        is_taken = bool(left) and self.now >= left[0] * MS and share > 0
        if is_taken:
            self._draws_left[what] = left[1:]
        return is_taken

    # --- time ---------------------------------------------------------------------------------

    @property
    def next_timer(self) -> Optional[int]:
        rumors = [] if self._rumors_at is None else [self._rumors_at]
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
            self.slack = self._timers.slack(purpose)
            getattr(self, "_timer_" + purpose[0])(purpose[1])
        if self._rumors_at is not None and self._rumors_at <= now:
            self.slack = self._rumors_slack
            self._send_rumors()

    def _say(self, text: str) -> None:
        self.done.append((self.now, text, self.slack))

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

    def change_metadata(self) -> None:
        """P-15.9."""
        self.incarnation += 1
        self.note_change()
        self._say(f"incarnation {self.incarnation}")
        self._spread(("member", OWN), Statement("full", OWN, self.incarnation, record=OWN, is_full=True))

    def _timer_refutation(self, _: str) -> None:
        owed, self._owed = self._owed, None
        if owed is not None and owed[0] >= self.incarnation:
            self._claimed(*owed)

    def _is_about_present(self, claim: Statement, entry: Optional[Entry]) -> bool:
        """Corrects an older claim (P-15.6)."""
        if entry is None:
            self._say("counts unknownTarget")
            return False
        if claim.incarnation > entry.incarnation or claim.incarnation == entry.incarnation and claim.record != entry.record:
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
        if self._may_correct(entry) and self._may_send(name):
            self._say(f"to {name}: {self._held_against(name)}")

    def _held_against(self, name: str) -> Statement:
        entry, suspicion = self.entries[name], self._suspicions.get(name)
        if suspicion and suspicion.accusers:
            return Statement("suspect", name, entry.incarnation, (self._by_nid(suspicion.accusers)[0],), record=entry.record)
        return Statement("dead", name, entry.incarnation, tuple(sorted(self._verdicts.get(name, ()))),
                         record=entry.record)

    def _by_nid(self, names) -> List[str]:
        return sorted(names, key=self._nids.__getitem__)

    def _full(self, name: str) -> Statement:
        entry = self.entries[name]
        return Statement("left" if entry.state == "left" else "full", name, entry.incarnation, record=entry.record)

    # --- section 3: states --------------------------------------------------------------------------------

    def _settle(self, name: str, state: str, event: str, is_gone: bool = False) -> None:
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
            self._unchecked.discard(name)
        if state in ("dead", "left"):
            self._end_probe(name)
        if event:
            self._say(f"{event} {name}")
        self._note_for_lines(name, entry.record, was_living, is_gone)
        self._note_for_states(name)

    def _timer_tombstones(self, _: str) -> None:
        """P-3.14 and P-34.1."""
        for name in self._by_nid(self.entries):
            entry = self.entries[name]
            if not entry.is_living and self.now - entry.since >= rules.TOMBSTONE_KEPT:
                self._say(f"removed {name}")
                del self.entries[name]
                self._states.pop(name, None)
                self._origins.pop(name, None)
            elif not entry.is_living and self.now - entry.since >= rules.TOMBSTONE_SHARED and entry.is_shared:
                entry.is_shared = False
                self.note_change()
        self._timers.set("tombstones", "", self.now + rules.TOMBSTONE_CHECK)

    def forget(self, name: str) -> None:
        """P-3.14: by command."""
        if not self.entries[name].is_living:
            self._say(f"removed {name}")

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
            elif one.kind == "user" and not self._may_check(sender, one):
                self._say("counts tooManyChecks")
            elif not self.entries[sender].is_living and not self._concerns(one, sender):
                self._say("counts senderNotLiving")
            else:
                before = len(self.done)
                self._take_in(one, sender)
                self._charge(sender, sum(text == "counts badSignature" for _, text, _ in self.done[before:]))
        self.heard_from(sender)

    def _may_check(self, sender: str, message: Statement) -> bool:
        """P-29.1, for messages: the traces have no other items in such numbers."""
        account = self._checks.setdefault(sender, Measure(rules.CHECKS, rules.CHECK_PAUSE, self.now))
        return not self._is_new_message(message) or account.take(self.now)

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
        if one.kind == "state":
            return one.member == sender
        return one.kind in ("suspect", "dead", "gone") and one.member == OWN

    def _take_in(self, one: Statement, sender: str) -> None:
        if one.kind in ("suspect", "dead") and one.member == OWN:
            if one.kind == "dead":
                self._note_called_in_vain(list(one.accusers))
            self._claimed(one.incarnation, self._is_signed_claim(one))
        elif one.kind == "full" and self._nids[one.member] == self._nids[OWN]:
            self._meet_twin(one)
        elif one.kind == "suspect":
            entry = self.entries.get(one.member)
            if self._is_about_present(one, entry) and entry.is_living and one.accusers != (OWN,):
                self._hear_accusation(one.member, one.accusers[0], one.is_forged)
        elif one.kind == "dead":
            self._hear_verdict(one, sender)
        elif one.kind == "state":
            self._hear_state(one, sender)
        elif one.kind == "gone":
            self._hear_gone(one)
        elif one.kind == "degraded":
            self._hear_degraded(one)
        elif one.kind == "user":
            self._hear_message(one)
        else:
            self._learn(one, teller=sender)

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
