"""Sections 30 and 31 of Specs/Protocol.md: whose a boot is, and a new boot key of this member."""

from typing import Optional, Set

from . import rules
from .parts import OWN, Want
from .text import Statement, base


class Boots:
    """A part of `Member`."""

    def begin_boots(self) -> None:
        # Records that a handshake has shown together with their boot.
        self._shown: Set[str] = set()
        self._claim_call: Optional[int] = None
        self._claim_call_until = 0
        self._renewal_asked: Optional[int] = None

    def _holder(self, boot: int) -> Optional[str]:
        """P-30.1."""
        if boot == self._boots[OWN]:
            return OWN
        return next((name for name, entry in self.entries.items() if self._boots.get(entry.record) == boot), None)

    def _meet_claim(self, record: Statement) -> None:
        """P-30.3 and P-30.4: a record was refused because another entry holds its boot."""
        holder = self._holder(self._boots[record.record])
        if holder == OWN:
            if self._renewal_asked is None or self.now - self._renewal_asked >= rules.RENEWAL_PAUSE:
                if record.is_forged:
                    return self._say("counts badSignature")
                self._renewal_asked = self.now
                self._say(f"own boot claimed: {record.member}")
            return None
        is_resting = self._claim_call is not None and self.now - self._claim_call < rules.CLAIM_CALL_PAUSE
        if self.entries[holder].record in self._shown or is_resting or self.now < self._claim_call_until:
            return None
        if record.is_forged:
            return self._say("counts badSignature")
        self._claim_call, self._claim_call_until = self.now, self.now + rules.CALL_PATIENCE
        self._say(f"call {record.member}")
        self.wants.append(Want("claim", record.record))
        return None

    def claim_answered(self, record: str) -> None:
        """P-30.2, by a call of this member."""
        self._claim_call_until = 0
        self._show_boot(record)
        self._learn(Statement("full", base(record), 1, record=record, is_full=True))

    def _show_boot(self, record: str) -> None:
        """A handshake has shown this record together with its boot."""
        holder = self._holder(self._boots[record])
        if holder not in (None, OWN, base(record)) and self.entries[holder].record not in self._shown:
            self._say("counts foreignBoot")
            if self.entries[holder].is_living:
                self._settle(holder, "dead", "failed")
            self._say(f"removed {holder}")
            self.note_change()
            del self.entries[holder]
        self._shown.add(record)

    def offered_keys(self, record: str) -> None:
        """P-30.5: a member calls for keys."""
        entry = self.entries.get(base(record))
        if entry and self._boots[record] != self._boots[entry.record]:
            return self._say("counts unexpectedStreamMessage")
        self._show_boot(record)
        return self._say(f"takes the keys of {base(record)}")

    def renew(self) -> None:
        """P-31.1 and P-15.9."""
        self._boots = {**self._boots, OWN: -1}
        self._end_lines("old boot")
        self.change_metadata()
        self._circle_changed()
