"""Passed or not, by which limit, and whom to blame: the outcome of one scenario as a value."""

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence


@dataclass
class Verdict:
    """One line of the run.

    `seconds` is what was measured and `limit` what it was held against; None where the scenario
    measures no time. `blamed` names the node whose log explains a failure best.
    """

    scenario: str
    title: str
    outcome: str
    passed: bool
    seconds: Optional[float] = None
    limit: Optional[float] = None
    note: str = ""
    complaint: str = ""
    blamed: Optional[str] = None
    skipped: bool = False
    # The defence is known to be missing: not passed is not a failure, until the mark is removed.
    known_gap: bool = False
    measurements: Dict[str, Any] = field(default_factory=dict)

    @property
    def word(self) -> str:
        """PASS, FAIL, SKIP, or OPEN for a known gap."""
        if self.skipped:
            return "SKIP"
        if self.passed:
            return "PASS"
        return "OPEN" if self.known_gap else "FAIL"


def within(seconds: Optional[float], limit: float) -> bool:
    """Whether something took place, and in time."""
    return seconds is not None and seconds <= limit


def median(values: Sequence[float]) -> Optional[float]:
    """The middle value, or the mean of the two middle ones; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


@dataclass(frozen=True)
class Spread:
    """How long it took each of several observers to learn something."""

    values: Sequence[float]

    @property
    def count(self) -> int:
        """How many learnt it."""
        return len(self.values)

    @property
    def p50(self) -> Optional[float]:
        """The median, in seconds."""
        return median(self.values)

    @property
    def first(self) -> Optional[float]:
        """The quickest, in seconds."""
        return min(self.values, default=None)

    @property
    def last(self) -> Optional[float]:
        """The slowest, in seconds."""
        return max(self.values, default=None)

    def as_json(self) -> Dict[str, Optional[float]]:
        """For the report; milliseconds."""
        return {
            "count": self.count,
            "first_ms": milliseconds(self.first),
            "p50_ms": milliseconds(self.p50),
            "max_ms": milliseconds(self.last),
        }


def milliseconds(seconds: Optional[float]) -> Optional[float]:
    """To a tenth of a millisecond; null stays null."""
    return None if seconds is None else round(seconds * 1000, 1)


def name_list(names: Sequence[str], most: int = 4) -> str:
    """`n1, n2 and 3 more`."""
    shown = list(names[:most])
    hidden = len(names) - len(shown)
    if hidden > 0:
        return f"{', '.join(shown)} and {hidden} more"
    return ", ".join(shown) if shown else "nobody"


def counted(count: int, word: str) -> str:
    """`1 node`, `5 nodes`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def failed_verdicts(verdicts: Sequence[Verdict]) -> List[Verdict]:
    """Those that neither passed nor were skipped, known gaps aside."""
    return [verdict for verdict in verdicts if verdict.word == "FAIL"]
