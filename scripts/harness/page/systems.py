"""The page of a comparison: systems side by side, and the bars that were met or missed."""

from html import escape
from typing import Any, Dict, List, Optional

from ..compare.compare import beside, shown_figure
from .frame import facts, legend, section, table, word
from .svg import color, ranges


def comparison_sections(result: Dict[str, Any]) -> List[str]:
    """The parts of the page, first to last."""
    sections = [_head(result)]
    for one in result["tables"]:
        sections.append(_figures(one))
        sections.append(_pictures(one))
        sections.append(_bars(one))
    return sections


def _head(result: Dict[str, Any]) -> str:
    machine = result.get("machine") or {}
    busy = [trial["busy"] for trial in result["trials"] if trial["busy"] is not None]
    shown = facts([
        ("seed", result["seed"]), ("at", result["at"]), ("cores", machine.get("cores")),
        ("system", machine.get("system")),
        ("in use by others before a trial", f"{min(busy):.0%} to {max(busy):.0%}" if busy else None),
        *((f"{name}:", version) for name, version in result["versions"].items()),
    ])
    failures = [
        f"<p class='complaint'>{escape(trial['system'])} N={trial['nodes']}: {escape(failure)}</p>"
        for trial in result["trials"] for failure in trial["failures"]
    ]
    systems = " beside ".join(result["versions"])
    return f"<h1>{escape(systems)}</h1>{shown}{''.join(failures)}"


def _names(one: Dict[str, Any]) -> List[str]:
    names: List[str] = []
    for figures in one["systems"].values():
        names += [name for name in figures if name not in names]
    return names


def _figures(one: Dict[str, Any]) -> str:
    rows = []
    for name in _names(one):
        cells = [figures.get(name) for figures in one["systems"].values()]
        rows.append([escape(name)] + [
            "–" if cell is None else escape(shown_figure(cell, cell["unit"])) + f" <small>of {cell['count']}</small>"
            for cell in cells
        ])
    explanation = "Median (least–greatest) of so many; far off: more than three times the median."
    return section(f"{one['nodes']} nodes", explanation, table(["", *one["systems"]], rows))


def _pictures(one: Dict[str, Any]) -> str:
    bars: Dict[str, float] = {
        bar["figure"]: bar["bar"] for bar in one["bars"] if bar["statistic"] == "median"
    }
    drawn = []
    for name in _names(one):
        figures = {system: found.get(name) for system, found in one["systems"].items()}
        known = [figure for figure in figures.values() if figure is not None]
        unit = known[0]["unit"]
        # Short times read better in milliseconds.
        short = unit == "s" and all(figure["max"] < 2 for figure in known)
        scale, unit = (1000, "ms") if short else (1, unit)
        rows = []
        for number, (system, figure) in enumerate(figures.items()):
            values = [] if figure is None else [figure[key] * scale for key in ("min", "median", "max")]
            rows.append((system, color(number), values))
        bar = bars.get(name)
        chart = ranges(rows, unit, None if bar is None else bar * scale)
        if chart:
            drawn.append(f"<div><h3>{escape(name)}</h3>{chart}</div>")
    key = legend([("good", "the bar")]) if bars else ""
    return key + f'<div class="row">{"".join(drawn)}</div>'


def _judgement(met: Optional[bool]) -> str:
    if met is None:
        return "not measured"
    return word("met", "met") if met else word("short", "short")


def _bars(one: Dict[str, Any]) -> str:
    rows = [
        [
            escape(bar["figure"]), escape(bar["statistic"]),
            "–" if bar["reached"] is None else f"{bar['reached']:.3g} {escape(bar['unit'])}",
            f"{bar['bar']:g} {escape(bar['unit'])}", _judgement(bar["met"]),
            escape(beside(bar)) or "–",
        ]
        for bar in one["bars"]
    ]
    return section(
        f"Bars at {one['nodes']} nodes", "",
        table(["figure", "of it", "reached", "bar", "", "best other system"], rows, numbers=(2, 3)),
    )
