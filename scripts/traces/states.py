"""Section 35 of Specs/Protocol.md: the states that members publish."""

from typing import Dict, List, Optional, Set, Tuple

from . import rules
from .parts import OWN
from .rules import Measure
from .text import Statement, text_of

# Keys and values; a value of None says that the key was removed.
Map = Dict[str, str]
Changes = Dict[str, Optional[str]]


def size(changes: Changes) -> int:
    """Specs/Wire.md, section 3.4."""
    return sum(2 + len(key) + (0 if value is None else 2 + len(value)) for key, value in changes.items())


def applied(base: Map, changes: Changes) -> Map:
    result = {**base, **changes}
    return {key: value for key, value in sorted(result.items()) if value is not None}


class Held:
    """The state of one member."""

    def __init__(self, process: str, version: int, entries: Map, is_shown: bool) -> None:
        self.process, self.version, self.entries, self.is_shown = process, version, entries, is_shown


class OwnState:
    """P-35.4 and P-35.5."""

    def __init__(self, now: int) -> None:
        self.draft: Map = {}
        self.version = 0
        self.changed_in: Dict[str, int] = {}
        self.unpublished: Set[str] = set()
        self.must_publish = False
        # A version that others have passed: what changed before is not known to them.
        self.floor = 0
        self.measure: Optional[Measure] = None


class States:
    """A part of `Member`."""

    def begin_states(self, roots: Dict[str, str]) -> None:
        """`roots`: the root of each map of the traces that is compared with another one of its version."""
        self._roots = roots
        self._own_state = OwnState(self.now)
        self._states: Dict[str, Held] = {}
        self._state_rates: Dict[str, Measure] = {}
        # Versions that cannot be applied: the statement, its sender, and whether that one was asked.
        self._state_news: Dict[str, List] = {}
        self._next_fetch = self.now
        self._states_changed_at = self.now
        self._other_states: Dict[str, bool] = {}
        self._pending_states: Optional[Tuple[str, int, int]] = None
        self._state_rests: Dict[str, Tuple[int, int]] = {}

    # --- the state of this member --------------------------------------------------------------------------------------------------

    def write(self, changes: Changes) -> None:
        own = self._own_state
        own.unpublished |= {key for key, value in changes.items() if own.draft.get(key) != value}
        own.draft = applied(own.draft, changes)
        self._timer_own_state("")

    def _timer_own_state(self, _: str) -> None:
        own = self._own_state
        if not own.unpublished and not own.must_publish:
            return
        own.measure = own.measure or Measure(rules.STATES_AT_ONCE, rules.STATE_PAUSE, self.now)
        if not own.measure.take(self.now):
            return self._timers.set("own_state", "", own.measure.refill)
        own.version += 1
        own.changed_in.update(dict.fromkeys(own.unpublished, own.version))
        own.unpublished, own.must_publish = set(), False
        self._states[OWN] = Held(OWN, own.version, own.draft, True)
        self._states_changed_at = self.now
        self._say(f"state of own: {text_of(own.draft)}")
        return self._spread(("state", OWN), self._announced())

    def _announced(self) -> Statement:
        """P-35.5: the whole map where that is small, else the changes of the newest versions, or the news alone."""
        own = self._own_state
        whole = Statement("state", OWN, own.version, record=OWN, entries=own.draft)
        since, changes = self._newest_changes()
        if size(own.draft) <= min(max(rules.STATE_WHOLE, size(changes)), rules.STATE_RUMOR):
            return whole._replace(changes=own.draft, since=0)
        return whole._replace(changes=dict(sorted(changes.items())), since=max(1, since))

    def _newest_changes(self) -> Tuple[int, Changes]:
        """Of two versions, of one, or of none: as many as fit; and the version that they begin from."""
        own, changes = self._own_state, {}
        oldest = max(own.version - min(own.version, rules.VERSIONS_TOLD), own.floor)
        for key, version in sorted(own.changed_in.items(), key=lambda item: (-item[1], item[0])):
            if version <= max(1, oldest):
                break
            changes[key] = own.draft.get(key)
            if size(changes) > rules.STATE_RUMOR:
                return version, {one: value for one, value in changes.items() if own.changed_in[one] != version}
        return (oldest, changes) if changes else (own.version, {})

    def _announce_again(self) -> None:
        """P-35.5: when a join is complete."""
        own = self._own_state
        if OWN in self._states:
            one = Statement("state", OWN, own.version, record=OWN, entries=own.draft)
            is_whole = size(own.draft) <= rules.STATE_RUMOR
            self._spread(("state", OWN), one._replace(since=0 if is_whole else own.version, changes=own.draft if is_whole else {}))

    # --- statements ------------------------------------------------------------------------------------------------------

    def _hear_state(self, one: Statement, sender: str) -> None:
        """A rumor."""
        outcome = self._take_state(one, is_rumor=True)
        if outcome == "behind" and one.member == OWN:
            self._timer_own_state("")
        elif outcome == "behind":
            self._note_behind(one, sender)
        elif outcome == "taken":
            self._state_news.pop(one.member, None)
            self._spread(("state", one.member), one)

    def _take_state(self, one: Statement, is_rumor: bool) -> str:
        """P-35.1 to P-35.3: known, refused, behind, or taken."""
        entry = self.entries.get(one.member)
        if one.member != OWN and (entry is None or entry.state == "left"):
            self._say("counts unknownTarget")
            return "refused"
        process = OWN if one.member == OWN else entry.record
        if self._process(one.record) != self._process(process):
            self._say("counts stateOfOtherProcess")
            return "refused"
        if one.member == OWN:
            return self._meet_own_state(one)
        held = self._states.get(one.member)
        if held and not self._is_newer_state(one, held.version, held.entries):
            return "known"
        news = self._state_news.get(one.member)
        if news and not self._is_applicable(one, held) and not self._is_newer_state(one, news[0].incarnation, news[0].entries):
            return "known"
        rate = self._state_rates.setdefault(one.member, Measure(2 * rules.STATES_AT_ONCE, rules.STATE_PAUSE // 2, self.now))
        if is_rumor and not rate.take(self.now):
            self._say("counts stateRate")
            return "refused"
        if one.is_forged:
            self._say("counts badSignature")
            return "refused"
        base = {} if one.since == 0 else held.entries if held else {}
        if not self._is_applicable(one, held) or applied(base, one.changes) != one.entries:
            if one.since == 0:
                self._say("counts badSignature")
            return "refused" if one.since == 0 else "behind"
        self._states[one.member] = Held(self._process(one.record), one.incarnation, one.entries, entry.is_living)
        self._states_changed_at = self.now
        if entry.is_living:
            self._say(f"state of {one.member}: {text_of(one.entries)}")
        return "taken"

    def _meet_own_state(self, one: Statement) -> str:
        """P-35.10."""
        own = self._own_state
        if one.incarnation < own.version or one.incarnation == own.version and one.entries == own.draft:
            return "known"
        if one.is_forged:
            self._say("counts badSignature")
            return "refused"
        own.version, own.changed_in, own.must_publish = one.incarnation, {}, True
        own.floor = own.version
        return "behind"

    @staticmethod
    def _process(record: str) -> str:
        """A renewed boot key, other metadata and the like are the same process."""
        return record.partition("+")[0] + ("+boot" if "+boot" in record else "")

    @staticmethod
    def _is_applicable(one: Statement, held: Optional[Held]) -> bool:
        return one.since == 0 or held is not None and one.since < one.incarnation and one.since <= held.version

    def _is_newer_state(self, one: Statement, version: int, entries: Map) -> bool:
        if one.incarnation != version or one.entries == entries:
            return one.incarnation > version
        return self._roots[text_of(one.entries)] > self._roots[text_of(entries)]

    # --- P-35.6 -----------------------------------------------------------------------------------------------------------

    def _note_behind(self, one: Statement, sender: str) -> None:
        news = self._state_news.get(one.member)
        if news is None or self._is_newer_state(one, news[0].incarnation, news[0].entries):
            self._state_news[one.member] = [one, sender, False]
            self._timers.set_no_later("fetch", "", max(self.now + rules.FETCH_DELAY, self._next_fetch))

    def _timer_fetch(self, _: str) -> None:
        waiting = [name for name in self._by_nid(self._state_news) if not self._state_news[name][2]]
        if not waiting:
            return
        sender = self._state_news[waiting[0]][1]
        for name in waiting:
            self._state_news[name][2] |= self._state_news[name][1] == sender
        self._next_fetch = self.now + rules.FETCH_PAUSE
        if any(not news[2] for news in self._state_news.values()):
            self._timers.set("fetch", "", self._next_fetch)
        if self.entries[sender].is_living:
            self._open_stream(sender, "states", rules.STREAM_PATIENCE)

    def states_listed(self, sender: str, items: List[Statement]) -> None:
        """A stream with purpose 4 has brought these."""
        for one in items:
            before = self._states.get(one.member)
            outcome = self._take_state(one, is_rumor=False)
            news = self._state_news.get(one.member)
            if outcome != "taken":
                continue
            if news and not self._is_newer_state(news[0], one.incarnation, one.entries):
                del self._state_news[one.member]
                is_same = news[0].incarnation == one.incarnation
                self._spread(("state", one.member), news[0] if is_same else one)
            elif before and before.process == self._states[one.member].process:
                # P-35.7: in place of an older version of the same process.
                self._spread(("state", one.member), one)

    # --- P-35.7 -----------------------------------------------------------------------------------------------------------

    def note_states(self, name: str, is_different: bool) -> None:
        """STATE_VIEW of a member."""
        self._other_states[name] = is_different
        if not is_different:
            if self._pending_states and self._pending_states[0] == name:
                self._pending_states = None
            self._state_rests.pop(name, None)
            return
        is_resting = name in self._state_rests and self.now < self._state_rests[name][1]
        if self._pending_states is None and not is_resting:
            holds_none = not any(held.is_shown for held in self._states.values())
            patience = rules.QUIET_WHILE_JOINING if holds_none or self._join else rules.QUIET_OF_STATES
            self._pending_states = (name, self.now, patience)
            self._timers.set("states", "", self.now + patience)

    def _timer_states(self, _: str) -> None:
        if self._pending_states is None:
            return
        name, since, patience = self._pending_states
        if not self._other_states[name] or self.entries[name].state == "left":
            self._pending_states = None
            return
        quiet = min(max(self._states_changed_at, self.changed_at) + patience, since + min(rules.LONGEST_QUIET, 3 * patience))
        if self.now < quiet:
            return self._timers.set("states", "", quiet)
        self._pending_states = None
        rest = min(max(2 * self._state_rests[name][0], rules.S), rules.LONGEST_REST) if name in self._state_rests else patience
        self._state_rests[name] = (rest, self.now + rest)
        return self._open_stream(name, "states", rules.STREAM_PATIENCE)

    # --- P-35.1 and P-35.8 ------------------------------------------------------------------------------------------------

    def _note_for_states(self, name: str) -> None:
        """The record or the state of a member has changed."""
        entry, held, news = self.entries[name], self._states.get(name), self._state_news.get(name)
        process = self._process(entry.record)
        if news and (self._process(news[0].record) != process or not entry.is_living):
            del self._state_news[name]
        if held is None:
            return
        if held.process != process or entry.state == "left":
            del self._states[name]
            self._states_changed_at = self.now
            if held.is_shown:
                self._say(f"state of {name}: none")
        elif entry.is_living != held.is_shown:
            held.is_shown = entry.is_living
            self._states_changed_at = self.now
            self._say(f"state of {name}: {text_of(held.entries) if held.is_shown else 'none'}")
