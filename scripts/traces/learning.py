"""Section 3 of Specs/Protocol.md: what a member states about itself, and what changes with it."""

from typing import Dict, Optional, Set

from . import rules
from .parts import Entry
from .rules import Bucket
from .text import Statement, base


class Learning:
    """A part of `Member`.

    A record is called by its member, `t`, or by what differs in its core: `t+boot` is another process of t, `t+key`
    the same process under a renewed boot key, `t+data`, `t+name` and `t+address` have other metadata, another name
    and another address.
    """

    def begin_learning(self, cores: Dict[str, str]) -> None:
        """`cores`: the core hash of each record."""
        self._cores = cores
        # Of each member: how many statements may be taken in, since when, and the newest that waits.
        self._statements: Dict[str, list] = {}
        self._equivocated: Set[str] = set()
        # Of each teller: how many newcomers it may bring.
        self._newcomers: Dict[str, Bucket] = {}

    def _learn(self, record: Statement, verdict: Optional[Statement] = None, is_listed: bool = False,
               teller: str = "") -> None:
        """A record: from a datagram of `teller`, from a stream with perhaps a verdict beside it, or from the first list."""
        entry = self.entries.get(record.member)
        if entry is None and record.is_full:
            return self._meet(record, verdict, is_listed, teller)
        if entry is None or not record.is_full and record.record != entry.record:
            return self._say("counts aheadOfUs")
        self._note_equivocation(record, entry)
        if verdict is None and self._is_too_early(record, entry):
            return self._say("counts unansweredClaim")
        if not self._is_newer(record, entry):
            return None
        if self._is_refused(record, entry):
            return None
        if not self._admits(record):
            return self._say("counts tooManyStatements")
        if verdict and not entry.is_living and record.kind != "left" and verdict.incarnation == record.incarnation:
            return self._bury(record, entry, verdict)
        if self._needs_answer(record, entry):
            return self._hear_claim(record, entry)
        return self._adopt(record, entry, is_listed)

    def _is_newer(self, record: Statement, entry: Entry) -> bool:
        """P-3.15."""
        def rank(incarnation: int, is_left: bool, core: str):
            return incarnation, is_left, self._cores.get(core, "")
        return (rank(record.incarnation, record.kind == "left", record.record)
                > rank(entry.incarnation, entry.state == "left", entry.record))

    def _refusal(self, record: Statement, entry: Optional[Entry]) -> Optional[str]:
        """P-3.16 and P-3.17: the bounds, then whose the boot is, then the signature."""
        boot = self._boots.get(record.record)
        if entry and record.incarnation - entry.incarnation > rules.LONGEST_STEP:
            return "incarnationJump"
        if entry and entry.state == "left" and boot == self._boots.get(entry.record):
            return "revivedLeft"
        if boot and self._holder(boot) not in (None, record.member):
            return "foreignBoot"
        return "badSignature" if record.is_forged else None

    def _is_refused(self, record: Statement, entry: Optional[Entry]) -> bool:
        refusal = self._refusal(record, entry)
        if refusal:
            self._say(f"counts {refusal}")
        if refusal == "foreignBoot":
            self._meet_claim(record)
        return refusal is not None

    def _admits_newcomer(self, teller: str) -> bool:
        """P-12.9."""
        fresh = Bucket(rules.NEWCOMERS_A_SECOND, rules.NEWCOMERS, self.now)
        return self._newcomers.setdefault(teller, fresh).take(self.now)

    def _note_equivocation(self, record: Statement, entry: Entry) -> None:
        """P-28.4."""
        is_alike = record.incarnation == entry.incarnation and (record.kind == "left") == (entry.state == "left")
        if is_alike and record.record != entry.record and record.member not in self._equivocated and not record.is_forged:
            self._equivocated.add(record.member)
            self._say("counts equivocation")
            self._say(f"contradicts itself: {record.member}")

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

    def _adopt(self, record: Statement, entry: Entry, is_listed: bool) -> None:
        old, before = entry.record, entry.state
        old_name = self._name(record.member)
        is_left = record.kind == "left"
        is_same_boot = self._boots.get(record.record) == self._boots.get(old)
        is_believed = not (is_same_boot and self._outlasts(record, entry))
        if is_believed and is_same_boot:
            self._note_refutation(record, entry)
            self._note_late(record.member, entry, is_left)
            self._note_word(record, entry)
        entry.incarnation, entry.record = record.incarnation, record.record
        self.note_change()
        if not is_same_boot:
            self._begin_boot(record, entry, old)
        elif record.record != old and "+address" in record.record + old:
            entry.note_move()
        self._rename(record.member, old_name)
        if before == "left" or before == "dead" and not entry.is_shared:
            self._claim_again(record.member)
        if is_believed:
            state = "left" if is_left else "alive"
            event = {"left": "" if before == "left" else "left",
                     "alive": "joined" if before in ("dead", "left") else "recovered" if before == "suspect" else ""}[state]
            self._settle(record.member, state, event)
        else:
            self._suspicions[record.member].carry_over()
            self._look(record.member)
        self._note_for_lines(record.member, old, before in ("alive", "suspect"), is_gone=False)
        self._note_for_states(record.member)
        self._rumors.pop(("gone", record.member), None)
        if before in ("alive", "suspect") and not is_left:
            self._tell_changes(record, old)
        if is_listed:
            return
        self._drop_rumors(record.member)
        kind = "left" if is_left else "full" if record.record != old else "refresh"
        self._spread(("member", record.member), Statement(kind, record.member, record.incarnation, record=record.record,
                                                      is_full=record.record != old),
                     more=0 if is_same_boot or not self._has_lifelines else rules.MORE_OF_GONE)

    def _begin_boot(self, record: Statement, entry: Entry, old: str) -> None:
        """P-3.18, and P-20.5 where it is another process."""
        entry.forget_contact()
        self._end_probe(record.member)
        if self._is_other_process(record.record, old):
            self._begin_messages(record.member, record.incarnation, is_over=record.kind == "left")

    @staticmethod
    def _is_other_process(record: str, old: str) -> bool:
        return ("+boot" in record) != ("+boot" in old)

    def _tell_changes(self, record: Statement, old: str) -> None:
        """P-3.10 to P-3.12, of a living member."""
        if self._is_other_process(record.record, old):
            self._say(f"restarted {record.member}")
        if any(what in one for what in ("+data", "+name", "+address") for one in {record.record} ^ {old}):
            self._say(f"updated {record.member}")

    def _bury(self, record: Statement, entry: Entry, verdict: Statement) -> None:
        """P-3.20."""
        entry.incarnation, entry.record = record.incarnation, record.record
        self.note_change()
        self._settle(record.member, "dead", "")
        self._verdicts[record.member] = verdict.accusers
        self._unchecked.add(record.member)

    def _meet(self, record: Statement, verdict: Optional[Statement], is_listed: bool, teller: str) -> None:
        """P-3.1 and P-3.2: a newcomer."""
        if self._is_refused(record, None):
            return None
        if teller and not self._admits_newcomer(teller):
            return self._say("counts tooManyNewcomers")
        before = self._bearer(self._name(record.member))
        entry = self.entries[record.member] = Entry(self.now, record.record)
        entry.incarnation = record.incarnation
        self.note_change()
        self._claim(record.member, is_listed)
        is_dead = verdict is not None and verdict.incarnation == record.incarnation
        if is_dead or record.kind == "left":
            entry.state = "dead" if is_dead else "left"
            entry.is_new = False
            self._begin_messages(record.member, record.incarnation, is_over=True)
            if is_dead:
                self._verdicts[record.member] = verdict.accusers
                self._unchecked.add(record.member)
                return None
        else:
            self._begin_messages(record.member, record.incarnation, is_over=False)
            self._order.append(record.member)
            self._tell_names(record.member, before, is_news=True)
            self._say(f"joined {record.member}")
            self._circle_changed()
        is_tombstone_of_stream = not teller and record.kind == "left"
        if not is_listed and not is_tombstone_of_stream:
            self._spread(("member", record.member), record)
        return None

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
