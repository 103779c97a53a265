"""Section 18 of Specs/Protocol.md: rumors, and their copies on heartbeats and acks."""

from typing import Dict, List, Optional, Set, Tuple

from . import rules
from .parts import OWN
from .rules import Bucket
from .states import size
from .text import Statement, some

Subject = Tuple[str, ...]

# P-18.5, most urgent first.
REFUTATION, GONE, SUSPICION, VERDICT, RECORD, STATE, USER = range(7)


class Rumor:
    def __init__(self, serial: int, subject: Subject, statement: Statement, urgency: int, sends: int, due: int) -> None:
        self.serial, self.subject, self.statement, self.urgency = serial, subject, statement, urgency
        self.sends, self.due, self.waves = sends, due, 0

    @property
    def is_waiting(self) -> bool:
        return self.waves == 0

    @property
    def rank(self) -> Tuple[int, int]:
        return self.urgency, self.serial


class Spreading:
    """A part of `Member`."""

    def begin_spreading(self) -> None:
        self._rumors: Dict[Subject, Rumor] = {}
        self._rumor_serial = 0
        self._rumors_at: Optional[int] = None
        self._rumors_slack = 0
        # P-18.6.
        self._budget = Bucket(rules.GOSSIP_A_SECOND, rules.GOSSIP_A_SECOND, self.now)

    # --- news ----------------------------------------------------------------------------------------------------

    def _urgency(self, statement: Statement) -> int:
        """A new incarnation of a known core, and all that the node states about itself, is most urgent."""
        if statement.kind in ("full", "left") and statement.is_full and statement.member != OWN:
            return RECORD
        return {"suspect": SUSPICION, "degraded": SUSPICION, "dead": VERDICT, "user": USER, "gone": GONE,
                "state": STATE}.get(statement.kind, REFUTATION)

    def _spread(self, subject: Subject, statement: Statement, more: int = 0) -> None:
        """P-18.1 to P-18.3; `more`: further sends where little waits."""
        if self._count < 2:
            return
        waiting = [one for one in self._rumors.values() if one.is_waiting]
        is_busy = len(waiting) >= rules.BUSY_RUMORS
        if is_busy and subject[0] == "accusation" and ("gone", subject[1]) in self._rumors:
            return
        urgency = self._urgency(statement)
        is_bulk = urgency == RECORD and sum(one.urgency == RECORD for one in waiting) >= rules.BULK_RECORDS
        due = self.now + rules.COALESCE * (rules.BULK_FACTOR if is_bulk else rules.BUSY_FACTOR if is_busy else 1)
        sends = rules.FIRST_WAVE if is_bulk else self._sends + (0 if is_busy else more)
        self._rumors.pop(subject, None)
        if self._rumors_at is None or due < self._rumors_at:
            self._rumors_at, self._rumors_slack = due, self.slack
        self._rumor_serial += 1
        rumor = Rumor(self._rumor_serial, subject, statement, urgency, sends, due)
        if len(self._rumors) >= rules.QUEUE and not self._make_room(rumor):
            return self._say("counts queueFull")
        self._rumors[subject] = rumor

    @property
    def _sends(self) -> int:
        """P-18.3; N is that of P-12.2."""
        others = max(1, len(self._counted))
        return min((others.bit_length() * 693 + 999) // 1000 + 5, 2 * others)

    def _make_room(self, rumor: Rumor) -> bool:
        """P-18.7."""
        victim = max(self._rumors.values(), key=lambda one: (one.urgency, one.waves))
        if victim.urgency < rumor.urgency:
            return False
        del self._rumors[victim.subject]
        if victim.is_waiting:
            self._say("counts queueFull")
        return True

    def _drop_rumors(self, name: str) -> None:
        """P-18.1."""
        dropped: Set[Subject] = {subject for subject in self._rumors
                                 if subject == ("member", name) or subject[:2] == ("accusation", name)}
        for subject in dropped:
            del self._rumors[subject]

    # --- waves ----------------------------------------------------------------------------------------------------

    def _send_rumors(self) -> None:
        """P-18.4 to P-18.6: first waves, then later ones."""
        self._rumors_at, later = None, self.now
        for is_first in (True, False):
            due = sorted((one for one in self._rumors.values() if one.due <= self.now and one.is_waiting == is_first),
                         key=lambda one: one.rank)
            if due:
                later = self._wave(due, is_first)
        if self._rumors:
            self._rumors_at = max(min(one.due for one in self._rumors.values()), self.now + rules.WAVE_PAUSE, later)

    def _wave(self, due: List[Rumor], is_first: bool) -> int:
        """Until when the next one must wait, if the measure is used up."""
        targets = rules.FIRST_WAVE if is_first else rules.LATER_WAVE
        count = min(targets, len(self._living))
        if count == 0:
            self._rumors.clear()
            return self.now
        budget = self._budget.available(self.now) // count
        if budget == 0:
            return self.now + -(-(count * rules.S - self._budget.level) // rules.GOSSIP_A_SECOND)
        companions = [] if len(due) >= rules.BUSY_RUMORS else [
            one for one in self._rumors.values() if one.subject[0] == "gone" and one not in due
            and any(other.subject[:2] == ("accusation", one.subject[1]) for other in due)]
        for packed in self._packed(companions + due)[:budget]:
            self._budget.take(self.now, count)
            if count == len(self._living):
                for name in self._living:
                    self._may_send(name)
            self._show_wave(packed, count, is_first)
            for rumor in packed:
                if rumor not in companions:
                    rumor.due = self.now + (rules.REPAIR_GAP << min(rumor.waves, 10))
                    rumor.waves += 1
                    self._count_sends(rumor, count)
        return self.now

    def _count_sends(self, rumor: Rumor, count: int) -> None:
        rumor.sends -= count
        if rumor.sends <= 0:
            self._rumors.pop(rumor.subject, None)

    def _packed(self, due: List[Rumor]) -> List[List[Rumor]]:
        """In as few datagrams as hold them."""
        datagrams: List[List[Rumor]] = [[]]
        size = 2
        for rumor in due:
            more = self._size(rumor.statement)
            if size + more > rules.PLAINTEXT or len(datagrams[-1]) == rules.ITEMS:
                datagrams.append([])
                size = 2
            datagrams[-1].append(rumor)
            size += more
        return datagrams

    def _show_wave(self, packed: List[Rumor], count: int, is_first: bool) -> None:
        texts = [str(rumor.statement) for rumor in packed]
        if "waves" in self._shows:
            self._say(f"wave {'; '.join(texts)}: {some(count, self._living)}")
        elif is_first:
            for text in texts:
                self._say(f"wave {text}")

    # --- copies ---------------------------------------------------------------------------------------------------

    def _ride(self, name: str, size: int, limit: int, carried: List[Statement]) -> List[Statement]:
        """P-18.8: what a heartbeat or ack of this size takes along."""
        taken: List[Statement] = []
        for rumor in sorted(self._rumors.values(), key=lambda one: one.rank):
            more = self._size(rumor.statement)
            if size + more > limit or rumor.subject == ("member", name) or rumor.statement in carried:
                continue
            size += more
            taken.append(rumor.statement)
            self._count_sends(rumor, 1)
        return taken

    def _size(self, statement: Statement) -> int:
        """Specs/Wire.md, section 3: of the item, with its header."""
        if statement.kind == "state":
            return 3 + 129 + size(statement.changes)
        record = statement.record or statement.member
        core = 80 + len(self._names.get(record, statement.member)) + ("+data" in record) + 11 * ("+key" in record)
        core += 3 * (record != OWN or self._has_lifelines)
        value = {"full": 73 + core, "refresh": 89, "left": 73 + core if statement.is_full else 89, "suspect": 96,
                 "dead": 25 + 72 * len(statement.accusers), "degraded": 84, "gone": 96,
                 "user": 83 + len(f"{statement.incarnation}/{statement.counter}"), }[statement.kind]
        return 3 + value
