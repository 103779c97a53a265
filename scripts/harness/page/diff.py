"""Two runs, or two comparisons, beside each other."""

from html import escape
from typing import Any, Dict, List, Optional

from .frame import facts, section, table, word


def diff_sections(first: Dict[str, Any], second: Dict[str, Any]) -> List[str]:
    """The parts of the page. Throws ValueError if they are not of one kind."""
    if first["schema"] != second["schema"]:
        raise ValueError(f"{first['schema']} and {second['schema']} cannot be compared")
    head = "<h1>Before and after</h1>" + facts([
        ("before: seed", first.get("seed")), ("at", first.get("at")),
        ("after: seed", second.get("seed")), ("at", second.get("at")),
    ])
    return [head, _figures(first, second) if "tables" in first else _verdicts(first, second)]


def _verdicts(first: Dict[str, Any], second: Dict[str, Any]) -> str:
    def by_scenario(report: Dict[str, Any]) -> Dict[str, Dict[str, Any]]:
        found: Dict[str, Dict[str, Any]] = {}
        for verdict in report["verdicts"]:
            number = sum(key.split("#")[0] == verdict["scenario"] for key in found)
            found[f"{verdict['scenario']}#{number}" if number else verdict["scenario"]] = verdict
        return found

    before, after = by_scenario(first), by_scenario(second)
    rows = []
    for name in [*before, *(key for key in after if key not in before)]:
        one, other = before.get(name), after.get(name)
        rows.append([
            escape(name.replace("#", " ")), word(one["verdict"]) if one else "–",
            word(other["verdict"]) if other else "–",
            _took(one), _took(other),
            _change(one and one["took_ms"], other and other["took_ms"]),
            escape((other or one or {}).get("complaint") or ""),
        ])
    head = ["", "before", "after", "took before", "took after", "change", ""]
    return section("Verdicts", "", table(head, rows, numbers=(3, 4, 5)))


def _figures(first: Dict[str, Any], second: Dict[str, Any]) -> str:
    def by_place(result: Dict[str, Any]) -> Dict[tuple, Dict[str, Any]]:
        return {
            (one["nodes"], system, name): figure
            for one in result["tables"] for system, figures in one["systems"].items()
            for name, figure in figures.items()
        }

    before, after = by_place(first), by_place(second)
    rows = []
    for place in [*before, *(key for key in after if key not in before)]:
        one, other = before.get(place), after.get(place)
        unit = (one or other or {}).get("unit", "")
        rows.append([
            escape(str(place[0])), escape(place[1]), escape(place[2]), _value(one, unit), _value(other, unit),
            _change(one and one["median"], other and other["median"]),
        ])
    head = ["nodes", "system", "figure", "median before", "median after", "change"]
    return section("Figures", "", table(head, rows, numbers=(3, 4, 5)))


def _took(verdict: Optional[Dict[str, Any]]) -> str:
    return "–" if verdict is None or verdict["took_ms"] is None else f"{verdict['took_ms']:.0f} ms"


def _value(figure: Optional[Dict[str, Any]], unit: str) -> str:
    return "–" if figure is None or figure["median"] is None else f"{figure['median']:.3g} {escape(unit)}"


def _change(before: Optional[float], after: Optional[float]) -> str:
    if before is None or after is None:
        return ""
    if before == 0:
        return "" if after == 0 else "from 0"
    return f"{(after - before) / before:+.0%}"
