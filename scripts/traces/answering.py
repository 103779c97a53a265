"""Section 12 of Specs/Protocol.md: members that do not answer."""

from typing import List

from . import rules
from .parts import OWN, Entry, Probe
from .text import Statement


class Answering:
    """A part of `Member`."""

    @property
    def _counted(self) -> List[str]:
        """P-12.1, without the node itself."""
        return [name for name in self._living if not self.entries[name].is_unanswering]

    @property
    def _is_mixed(self) -> bool:
        """P-12.3, for probes."""
        living = len(self._living) + 1
        return (living - len(self._counted) - 1) * rules.UNANSWERING_PROBES > living

    def _count_with(self, accused: str) -> int:
        """N of the quorum (P-12.2)."""
        return len(self._counted) + 1 + (self.entries[accused].is_unanswering or not self.entries[accused].is_living)

    def _alive_counted(self, *without: str) -> List[str]:
        """Of whom P-12.2 draws."""
        alive = self._alive(*without)
        return [name for name in alive if name in self._counted] or alive

    def _has_room_for_look(self) -> bool:
        return sum(not probe.was_answering for probe in self._probes.values()) < rules.LOOKS

    def _look(self, name: str) -> None:
        if self._has_room_for_look():
            self._begin_probe(name)

    def _look_at_newcomers(self, after: str) -> None:
        """P-12.5."""
        if not self.entries[after].has_answered:
            for name in [name for name, entry in self.entries.items() if entry.is_new and entry.state == "alive"][:2]:
                self._look(name)

    def _says_something_of_own_link(self, probe: Probe) -> bool:
        """P-12.4."""
        return probe.was_answering or self._link.newest_answered is None

    # --- words ----------------------------------------------------------------------------------

    def _needs_answer(self, record: Statement, entry: Entry) -> bool:
        """P-12.7."""
        return (entry.state == "dead" and record.kind != "left" and entry.has_revived_by_word
                and not entry.has_answered_since_death)

    def _is_too_early(self, record: Statement, entry: Entry) -> bool:
        return (self._needs_answer(record, entry) and entry.claimed_at is not None
                and self.now - entry.claimed_at < rules.CLAIM_PAUSE)

    def _outlasts(self, record: Statement, entry: Entry) -> bool:
        """P-12.6."""
        return entry.state == "suspect" and record.kind != "left" and entry.is_word_spent

    def _hear_claim(self, record: Statement, entry: Entry) -> None:
        self._say("counts unansweredClaim")
        entry.claim, entry.claimed_at = record, self.now
        self._look(record.member)

    def _note_word(self, record: Statement, entry: Entry) -> None:
        if record.kind == "left":
            return
        if entry.state == "suspect" and entry.is_unanswering:
            entry.words += 1
        if entry.state == "dead":
            entry.has_revived_by_word = entry.has_revived_by_word or not entry.has_answered_since_death
            entry.claim = None

    def _note_answer(self, name: str) -> None:
        """P-12.8."""
        entry = self.entries[name]
        entry.has_answered = entry.has_answered_since_death = True
        entry.is_unanswering = entry.is_new = entry.has_revived_by_word = False
        entry.words = 0
        for accuser in self._unconfirmed.pop(name, []):
            self._trust.note_refutation(accuser, name, self.now)

    def _believe_claim(self, name: str) -> None:
        entry = self.entries[name]
        claim, entry.claim = entry.claim, None
        if entry.state == "dead" and claim is not None:
            self._learn(claim)

    def _note_doubt(self, name: str, state: str, before: str) -> None:
        """P-12.1."""
        entry = self.entries[name]
        if state == "suspect" and before != "suspect":
            entry.is_unanswering, entry.is_new = True, False
        if state == "dead":
            entry.has_answered_since_death, entry.claim = False, None

    def _note_false(self, accusers: List[str], member: str) -> None:
        """P-28.1: refuted by that member."""
        for accuser in accusers:
            if accuser == OWN:
                continue
            if self.entries[member].has_answered:
                self._trust.note_refutation(accuser, member, self.now)
            elif len(self._unconfirmed.setdefault(member, [])) < rules.ACCUSERS:
                self._unconfirmed[member].append(accuser)
