"""P-28.6 and P-28.7 of Specs/Protocol.md: how much is sent to an address that is not proved."""

from typing import Dict, Set

from . import rules
from .rules import Measure


class Addresses:
    """A part of `Member`."""

    def begin_addresses(self) -> None:
        # Of each address: how many frames may be sent.
        self._trials: Dict[str, Measure] = {}
        self._proved: Set[str] = set()

    def prove(self, name: str) -> None:
        """A frame of the present boot came from the address, an ack to a heartbeat there, or an answer to a call."""
        self._proved.add(self.entries[name].record)

    def _may_send(self, name: str, is_call: bool = False) -> bool:
        """Whether one more frame, or call, may go to the address of this member; a call may exceed the measure by one."""
        entry = self.entries[name]
        if entry.record in self._proved:
            return True
        trial = self._trials.setdefault(entry.address, Measure(rules.UNPROVED, rules.UNPROVED_PAUSE, self.now))
        if trial.take(self.now, ahead=int(is_call)):
            return True
        self._say("counts unprovenAddress")
        return False
