"""The limits that this project has set itself, as figures of a comparison: met, missed by how much, or not
measured."""

from dataclasses import dataclass
from typing import Any, Dict, List, Optional


@dataclass(frozen=True)
class Bar:
    """A figure's statistic ("median" or "max") may be at most that; `large`: the limit above 64 nodes."""

    figure: str
    statistic: str
    most: float
    unit: str
    large: Optional[float] = None

    def limit(self, nodes: int) -> float:
        return self.most if self.large is None or nodes <= 64 else self.large


BARS: List[Bar] = [
    Bar("form", "max", 15.0, "s"),
    Bar("kill", "median", 0.25, "s", large=0.4),
    Bar("kill", "max", 0.5, "s", large=0.8),
    Bar("silent kill", "median", 3.2, "s"),
    Bar("silent kill", "max", 5.0, "s"),
    Bar("update", "median", 0.060, "s"),
    Bar("update", "max", 0.300, "s"),
    Bar("leave", "median", 0.030, "s"),
    Bar("leave", "max", 0.100, "s"),
    Bar("join", "median", 0.090, "s"),
    Bar("join", "max", 1.0, "s"),
    Bar("idle CPU", "median", 0.03, "s/min"),
    Bar("idle cores", "max", 0.15, ""),
    Bar("idle: suspected", "max", 0.0, ""),
    Bar("RSS", "median", 12.0, "MiB"),
    Bar("PSS", "median", 5.0, "MiB"),
    Bar("idle datagrams", "median", 2.1, "1/s"),
    Bar("idle UDP bytes", "median", 300.0, "B/s"),
    Bar("stops", "max", 0.0, ""),
    Bar("loss 30 %: failed", "max", 0.0, ""),
    Bar("noise: harmed", "max", 0.0, ""),
    Bar("state kill: lost", "max", 0.0, ""),
    Bar("state partition: lost", "max", 0.0, ""),
    Bar("state loss 30 %: lost", "max", 0.0, ""),
    Bar("state rolling: lost", "max", 0.0, ""),
]


def judge(systems: Dict[str, Dict[str, Dict[str, Any]]], nodes: int) -> List[Dict[str, Any]]:
    """For each bar: what was reached and whether that will do, and the best of the other systems; None where
    nothing was measured."""
    judged = []
    for bar in BARS:
        reached = {
            system: found for system, figures in systems.items()
            if (found := _statistic(figures, bar)) is not None
        }
        own = reached.pop("iridium", None)
        best = min(reached, key=lambda system: reached[system], default=None)
        name = next((name for name in systems.get("iridium", {}) if _is_of(name, bar)), bar.figure)
        judged.append({
            "figure": name, "statistic": bar.statistic, "bar": bar.limit(nodes), "unit": bar.unit,
            "reached": own, "met": None if own is None else own <= bar.limit(nodes),
            "best_other": None if best is None else {"system": best, "reached": reached[best]},
        })
    return judged


def _statistic(figures: Dict[str, Dict[str, Any]], bar: Bar) -> Optional[float]:
    return next((figures[name][bar.statistic] for name in figures if _is_of(name, bar)), None)


def _is_of(name: str, bar: Bar) -> bool:
    # The number of stopped nodes is in the figure's name.
    return name == bar.figure or (bar.figure == "stops" and name.startswith("stops of"))
