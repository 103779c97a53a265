"""Section 24 of Specs/Protocol.md: who bears a name that several members state."""

from typing import Dict, List, Optional

from . import rules


class Naming:
    """A part of `Member`."""

    def begin_naming(self, names: Dict[str, str]) -> None:
        """`names`: the members that state another name than the one that the trace calls them by."""
        self._names = names
        # By name: the members that state it, in the order of coming, and when they came.
        self._claims: Dict[str, List] = {}
        for member in self.entries:
            self._claims[self._name(member)] = [(member, self.now, True)]

    def _name(self, member: str) -> str:
        record = self.entries[member].record if member in self.entries else member
        return self._names.get(record, member)

    def _bearer(self, name: str) -> Optional[str]:
        """P-24.1."""
        for member, *_ in self._claims.get(name, []):
            if self.entries[member].is_living:
                return member
        return None

    def _claim(self, member: str, is_listed: bool) -> None:
        """P-24.2 to P-24.4: a newcomer goes behind all that came before, but for a race."""
        order = self._claims.setdefault(self._name(member), [])
        place = len(order)
        while place > 0 and not is_listed:
            other, since, is_newcomer = order[place - 1]
            if self.now - since >= rules.NAME_RACE or is_newcomer and self._nids[member] > self._nids[other]:
                break
            place -= 1
        order.insert(place, (member, self.now, True))

    def _claim_again(self, member: str) -> None:
        """P-24.2: the former claim ended with the farewell, or an hour after the death."""
        name = self._name(member)
        self._claims[name] = [claim for claim in self._claims[name] if claim[0] != member]
        self._claim(member, is_listed=False)

    def _rename(self, member: str, old: str) -> None:
        """P-24.2 and P-24.3: a claim ends with the name, and another one begins, behind all others."""
        if self._name(member) != old:
            self._claims[old] = [claim for claim in self._claims.get(old, []) if claim[0] != member]
            self._claims.setdefault(self._name(member), []).append((member, self.now, False))

    def _tell_names(self, member: str, before: Optional[str], is_news: bool) -> None:
        """The state of this member, or that it is there, is new; `before` bore its name until now."""
        order = [one for one, *_ in self._claims[self._name(member)]]
        if len(order) < 2:
            return
        bearer = self._bearer(self._name(member))
        for other in (before, bearer):
            is_changed = other is not None and before != bearer and other != member
            if is_changed and self.entries[other].state == "alive":
                self._say(f"updated {other}")
        if not is_news or not self.entries[member].is_living:
            return
        if bearer != member:
            self._contest(bearer, member)
        elif before is not None and before != member:
            self._contest(member, before)

    def _contest(self, bearer: str, other: str) -> None:
        self._say("counts nameTaken")
        self._say(f"contested: {bearer} before {other}")
