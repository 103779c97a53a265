"""The numbers and the formulas of Specs/Protocol.md. Moments and times are whole nanoseconds."""

from typing import Dict, List, Optional

from .text import MS

S = 1_000 * MS

PERIOD = 1 * S
SHORTEST_T1, LONGEST_T1, T1_MARGIN = 50 * MS, 500 * MS, 30 * MS
SHORTEST_T2, T2_OF_SLOW = 100 * MS, 3_500 * MS
HIGH_LOSS, ROUNDS_UNDER_LOSS = 150, 3
HEARTBEAT_AGE = 5 * S
LATE_TIMER, GRACE, SLOW_ANSWER = 100 * MS, 1 * S, 400 * MS
WORST_HEALTH = 8
OWN_LINK_RUN, OWN_LINK_PATIENCE = 3, 30 * S
RESTART_RUN, RESTART_SILENCE = 6, 3 * S
SLOW_FOR, SHORTEST_OF_SLOW, DEGRADED_PAUSE, DEGRADED_RUN = 60 * S, 6 * S, 30 * S, 3
RECHECK = LISTENING_PAUSE = 250 * MS
TELLING_PAUSE, LONGEST_REFUTATION_PAUSE = 200 * MS, 200 * MS
OPEN_SUSPICIONS, ACCUSERS = 8, 5
REFUTED, REFUTATION_MEMORY = 3, 600 * S
COALESCE, BUSY_RUMORS, BUSY_FACTOR, BULK_RECORDS, BULK_FACTOR = 2 * MS, 4, 5, 12, 20
FIRST_WAVE, LATER_WAVE, REPAIR_GAP, WAVE_PAUSE = 6, 2, 8 * MS, MS // 10
GOSSIP_A_SECOND, QUEUE, PLAINTEXT, ITEMS, HEARTBEAT_BYTES = 200, 1_024, 1_280, 64, 512
WORDS, LOOKS, UNANSWERING_PROBES, CLAIM_PAUSE = 2, 8, 8, 1 * S
CALLS, CALL_PATIENCE = 4, 3 * S
FORGERIES, DISTRUST = 3, 60 * S
LONGEST_STEP = 1 << 32
QUIET, LONGEST_QUIET, LONGEST_REST, SYNCS, STREAM_PATIENCE = 1 * S, 2 * S, 30 * S, 4, 30 * S
WINDOW = 1_024
BEHIND, BEHIND_PAUSE = 8, 5 * S
LINES, LINES_ACCEPTED, CIRCLE_PAUSE, LONGEST_LINE_PAUSE = 2, 16, 20 * MS, 30 * S
W, KNOCKS, MASS, SHOWING, FRESH, DOUBT, MORE_OF_GONE = 150 * MS, 16, 3, 550 * MS, 3 * S, 10 * S, 3
QUIET_AFTER_GONE = 250 * MS
STATES_AT_ONCE, STATE_PAUSE, STATE_RUMOR, STATE_WHOLE, VERSIONS_TOLD = 20, 100 * MS, 1_000, 256, 2
FETCH_DELAY, FETCH_PAUSE, QUIET_OF_STATES = 20 * MS, 100 * MS, 500 * MS
# Codes of STREAM_END: Specs/Wire.md, section 5.2.
CODES = {"busy": 4, "leaving": 7, "moved": 14, "held dead": 15, "old boot": 16, "no lifelines": 17}
NAME_RACE, LONGEST_KEYS, KEYS_PATIENCE = 5 * S, 300 * S, 10 * S
RELAYS_FOR_ONE, TWIN_PAUSE = 8, 5 * S
STATEMENTS, STATEMENT_PAUSE = 20, 200 * MS
QUESTIONS, INTRODUCTION_PAUSE = 50, 100 * MS
JOIN_PATIENCE, JOIN_CONFIRMATIONS, SHORTEST_JOIN_PAUSE, LONGEST_JOIN_PAUSE = 3 * S, 4, 80 * MS, 160 * MS
QUIET_WHILE_JOINING, LEAVE_PATIENCE, TWIN_SPAN = 100 * MS, 400 * MS, 30 * S
UNHEARD, ADDRESS_REPORT_PAUSE, TOLD_PROBE_PAUSE = 3, 60 * S, 1 * S
UNPROVED, UNPROVED_PAUSE = 8, 1 * S
TOMBSTONE_CHECK, TOMBSTONE_SHARED, TOMBSTONE_KEPT = 60 * S, 3_600 * S, 86_400 * S
NEWCOMERS, NEWCOMERS_A_SECOND, LOOKS_AFTER_FAILURE = 64, 5, 2
MESSAGES, MESSAGES_OF_ONE, MESSAGE_HOPS = 1_000, 100, 16
CHECKS, CHECK_PAUSE = 1_000, 5 * MS
CLAIM_CALL_PAUSE, RENEWAL_PAUSE = 1 * S, 60 * S


def direct_timeout(health: int, round_trip: Optional[int]) -> int:
    """P-6.2."""
    if round_trip is None:
        return LONGEST_T1
    return min(max((1 + health) * (4 * round_trip + T1_MARGIN), SHORTEST_T1), LONGEST_T1)


def indirect_timeout(t1: int) -> int:
    """P-6.5."""
    return max(2 * t1, SHORTEST_T2)


class Measure:
    """So many at once, and one more after each pause."""

    def __init__(self, burst: int, pause: int, now: int) -> None:
        self._burst, self._pause, self._left, self._at = burst, pause, burst, now

    @property
    def refill(self) -> int:
        """When one more will be there, if none is."""
        return self._at + self._pause

    def take(self, now: int, ahead: int = 0) -> bool:
        """`ahead`: how many may be taken before they are there."""
        earned = (now - self._at) // self._pause
        self._left, self._at = min(self._burst, self._left + earned), self._at + earned * self._pause
        if self._left <= -ahead:
            return False
        self._left -= 1
        return True


class Bucket:
    """So many a second, evenly, and so many at once."""

    def __init__(self, a_second: int, burst: int, now: int) -> None:
        self.a_second, self._burst, self.level, self._at = a_second, burst * S, burst * S, now

    def available(self, now: int) -> int:
        self.level, self._at = min(self._burst, self.level + (now - self._at) * self.a_second), now
        return self.level // S

    def take(self, now: int, count: int = 1) -> bool:
        if self.available(now) < count:
            return False
        self.level -= count * S
        return True


class RoundTrips:
    """P-6.2: the last five of one member."""

    def __init__(self) -> None:
        self._last: List[int] = []

    def note(self, time: int) -> None:
        self._last = (self._last + [time])[-5:]

    @property
    def longest(self) -> Optional[int]:
        return max(self._last, default=None)

    @property
    def median(self) -> Optional[int]:
        return sorted(self._last)[len(self._last) // 2] if self._last else None


class Suspicion:
    """Section 11."""

    def __init__(self, now: int, shortest: int, longest: int, counted: int, is_slow: bool, is_repeated: bool) -> None:
        self.start = now
        self.usual = (shortest, longest)
        self.shortest = max(4 * shortest, SHORTEST_OF_SLOW) if is_slow else shortest
        self.longest = max(self.shortest, longest)
        self.quorum = max(1, min(3, counted - 2))
        self.is_repeated = is_repeated
        self.overtaken: List[str] = []
        self._latest: Optional[int] = None
        self.accusers: List[str] = []
        self.final_check: Optional[int] = None

    def _patience(self, shortest: int, longest: int) -> int:
        """P-11.2."""
        count = len(self.accusers)
        if count == 0:
            return longest
        if count >= self.quorum:
            return shortest
        thousandths = {(1, 2): 0, (1, 3): 0, (2, 3): 631}[count, self.quorum]
        return longest - (longest - shortest) * thousandths // 1_000

    @property
    def deadline(self) -> int:
        deadline = self.start + self._patience(self.shortest, self.longest)
        return deadline if self._latest is None else min(self._latest, deadline)

    def carry_over(self) -> None:
        """P-12.6: a newer incarnation that is not believed."""
        self._latest = self.deadline
        self.overtaken, self.accusers = sorted({*self.overtaken, *self.accusers}), []

    def restart(self, now: int) -> None:
        """P-10.4."""
        self.start, self.accusers, self.final_check, self._latest = now, [], None, None

    def had_time_to_refute(self, now: int) -> bool:
        """P-14.2: with the usual bounds, also for a slow member."""
        return now - self.start >= self._patience(*self.usual) // 2

    def end_patience(self) -> None:
        """P-8.4."""
        self.shortest = min(self.shortest, self.usual[0])
        self.longest = min(self.longest, self.usual[1])


class Trust:
    """P-28.1 to P-28.3."""

    def __init__(self) -> None:
        self._refuted: Dict[str, List] = {}

    def note_refutation(self, of: str, by: str, now: int) -> None:
        self._refuted[of] = (self._refuted.get(of, []) + [(by, now)])[-REFUTED:]

    def _is_discounted(self, accuser: str, target: str, now: int) -> bool:
        last = self._refuted.get(accuser, [])
        if len(last) < REFUTED or last[-1][1] - last[0][1] > REFUTATION_MEMORY:
            return False
        if now - last[-1][1] >= REFUTATION_MEMORY:
            return False
        return last[0][0] == target or len({by for by, _ in last}) > 1

    def counts(self, accuser: str, target: str, counted: List[str], now: int) -> bool:
        if not self._is_discounted(accuser, target, now):
            return True
        silent = [one for one in self._refuted if one in counted and self._is_discounted(one, target, now)]
        return len(silent) > 1 and len(silent) * 4 > len(counted)


class Link:
    """Section 10, and the loss of P-6.7: how well the node hears."""

    def __init__(self, longest_suspicion: int) -> None:
        self.health = 0
        self.loss = 0
        self.grace_until = -10 ** 18
        self.newest_answered: Optional[int] = None
        self.mean: Optional[int] = None
        self._failed: List[str] = []
        self._failing_since = 0
        self._patience = max(2 * longest_suspicion, OWN_LINK_PATIENCE)

    @property
    def is_down(self) -> bool:
        return len(self._failed) >= OWN_LINK_RUN

    def may_accuse(self, now: int) -> bool:
        if now < self.grace_until:
            return False
        return not self.is_down or now - self._failing_since >= self._patience

    def note_failure(self, target: str, relays_answered: bool, now: int) -> None:
        if not relays_answered:
            self.worsen()
        if not self._failed:
            self._failing_since = now
        if target not in self._failed and len(self._failed) < RESTART_RUN:
            self._failed.append(target)

    def worsen(self) -> None:
        self.health = min(WORST_HEALTH, self.health + 1)

    def note_ack(self, sent: int, round_trip: int) -> None:
        self.newest_answered = max(self.newest_answered or sent, sent)
        self.mean = round_trip if self.mean is None else (7 * self.mean + round_trip) // 8

    def note_answer(self, ends_probe: bool, is_late: bool, now: int) -> bool:
        """Whether it ends a silence so long that the suspicions of the node begin again (P-10.4)."""
        if ends_probe:
            step = (1_000 if is_late else 0) - self.loss
            self.loss += abs(step) // 16 * (1 if step > 0 else -1)
            self.health = max(0, self.health - 1)
        return self._end_run(now)

    def _end_run(self, now: int) -> bool:
        was_long = len(self._failed) >= RESTART_RUN and now - self._failing_since >= RESTART_SILENCE
        self._failed = []
        return was_long

    def oversleep(self, now: int) -> None:
        self.grace_until = now + GRACE
        self._end_run(now)
