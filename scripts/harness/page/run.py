"""The page of a run: what was judged, what each member was over time, how fast news went, what it cost."""

from html import escape
from typing import Any, Dict, List, Sequence, Tuple

from . import history
from .frame import facts, legend, section, table, word
from .svg import Chart, color, cumulative, histogram, lanes, meter

_MOST_ROWS = 40


def run_sections(report: Dict[str, Any]) -> List[str]:
    """The parts of the page, first to last."""
    return [
        _head(report), _verdicts(report), _lanes(report), _convergence(report), _detection(report),
        _traffic(report), _suspicions(report),
    ]


def _head(report: Dict[str, Any]) -> str:
    counts = report["counts"]
    verdict = "PASS" if report["passed"] else "FAIL"
    title = f"{report.get('action') or 'run'} of {report.get('nodes', '?')} nodes"
    machine = report.get("machine") or {}
    shown = facts([
        ("seed", report.get("seed")), ("profile", report.get("profile")), ("build", report.get("build")),
        ("version", report.get("version")), ("minutes", report.get("minutes")), ("at", report.get("at")),
        *(report.get("parameters") or {}).items(), ("cores", machine.get("cores")), ("load before", machine.get("load_1m")),
        ("system", machine.get("system")),
    ])
    said = f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"
    return f"<h1>{word(verdict)} {escape(title)}</h1><p>{escape(said)}</p>{shown}"


def _verdicts(report: Dict[str, Any]) -> str:
    rows = []
    for verdict in report["verdicts"]:
        took, limit = verdict["took_ms"], verdict["limit_ms"]
        said = escape(verdict["outcome"])
        if verdict["note"]:
            said += f" · {escape(verdict['note'])}"
        if verdict["complaint"]:
            said += f'<div class="complaint">{escape(verdict["complaint"])}</div>'
        rows.append([
            word(verdict["verdict"]), escape(verdict["title"]), said,
            "" if took is None else _seconds(took), "" if limit is None else _seconds(limit),
            "" if limit is None else meter((limit if took is None else took) / limit, verdict["verdict"] == "PASS"),
        ])
    head = ["", "what", "result", "took", "limit", "of the limit"]
    return section("Verdicts", "", table(head, rows, numbers=(3, 4)))


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def _lanes(report: Dict[str, Any]) -> str:
    names = history.own_names(report)[:64]
    done = history.faults(report)
    rows = []
    for name in names:
        segments: List[Tuple[float, float, str, float, str]] = []
        for share in history.shares(report, name):
            span = f"{share.start:.1f}–{share.end:.1f} s"
            segments.append((share.start, share.end, "alive", 1.0, f"{name} {span}"))
            height = 0.0
            for count, fill, state in (
                (share.suspect + share.dead + share.left, "left", "left"),
                (share.suspect + share.dead, "dead", "dead"), (share.suspect, "suspect", "suspect"),
            ):
                height = count / max(1, share.observers)
                if height > 0:
                    title = f"{name} {state} to {count} of {share.observers}, {span}"
                    segments.append((share.start, share.end, fill, height, title))
        rows.append((name, segments, [_span(fault) for fault in done if fault.node == name]))
    if not rows:
        return ""
    key = legend([
        ("fault", "a fault of the member, or of the network"), ("alive", "alive to all"), ("suspect", "suspect"),
        ("dead", "dead"), ("left", "left"),
    ])
    network = [_span(fault) for fault in done if fault.node is None]
    drawn = lanes(rows, network, history.end_of(report))
    explanation = (
        "Each lane is one member. The coloured share of its height is the share of the other members that "
        "held it suspect, dead or left. The strip above a lane says what was done to the member; a shaded "
        "band across all lanes is a fault of the network."
    )
    return section("How the others saw each member", explanation, key + f'<div class="scroll">{drawn}</div>')


def _span(fault: history.Fault) -> Tuple[float, float, str]:
    return (fault.start, fault.end, fault.what)


_CHANGES = (
    ("Killed or stopped → dead", ("kill", "pause"), ("failed",)),
    ("Asked to leave → left", ("leave",), ("left",)),
    ("Started → alive", ("start",), ("joined", "restarted", "recovered")),
    ("Went on → alive", ("resume",), ("joined", "recovered")),
    ("Changed its metadata → known", ("update",), ("updated",)),
    ("Sent a message → delivered", ("message",), ("message",)),
)


def _convergence(report: Dict[str, Any]) -> str:
    charts = []
    for title, deeds, kinds in _CHANGES:
        heard = history.news(report, deeds, kinds)
        values = [value for found in heard.values() for value in found]
        if not values:
            continue
        small = max(values) < 1
        scale, unit = (1000, "ms") if small else (1, "s")
        chart = Chart(520, 220, max(values) * scale, 1, f"{unit} since then", "share of the other members")
        for number, (key, found) in enumerate(list(heard.items())[:_MOST_ROWS]):
            points = [(at * scale, share) for at, share in cumulative(found)]
            chart.steps(points, color(number), key, 1.2, 0.6)
        everything = [(at * scale, share) for at, share in cumulative(values)]
        chart.steps(everything, "var(--ink)", "all changes", 2.2)
        times = "once" if len(heard) == 1 else f"{len(heard)} times"
        charts.append(f'<div class="scroll"><h3>{escape(title)}, {times}</h3>{chart.text}</div>')
    body = f'<div class="row">{"".join(charts)}</div>' if charts else ""
    return section("How news spread", "A thin line for each change, a thick line for all changes together.", body)


def _detection(report: Dict[str, Any]) -> str:
    heard = history.news(report, ("kill", "pause"), ("failed",))
    values = [value for found in heard.values() for value in found]
    if not values:
        return ""
    bins = histogram(values, 0.25)
    chart = Chart(1080, 220, max(values), max(count for _, count in bins), "s from the fault", "observers")
    for start, count in bins:
        chart.bar(start, start + 0.25, count, "var(--s0)", f"{start:g}–{start + 0.25:g} s: {count}")
    ordered = sorted(values)
    chart.upright(ordered[len(ordered) // 2], "var(--ink)", f"median {ordered[len(ordered) // 2]:.2f} s")
    explanation = "How many observers declared a killed or stopped member dead, by the time since the fault."
    return section("Detection", explanation, f'<div class="scroll">{chart.text}</div>')


def _traffic(report: Dict[str, Any]) -> str:
    samples = {name: series for name, series in report.get("samples", {}).items() if name.startswith("n")}
    until = history.end_of(report)
    drawn = []
    for title, key, label in (
        ("Bytes sent", "octets", "B/s, with IP headers"), ("Datagrams sent", "datagrams", "1/s"),
    ):
        lines = {name: _rates(series["at_ms"], series[key]) for name, series in samples.items()}
        drawn.append(_time_chart(title, label, lines, until))
    memory = {
        name: [(at / 1000, size / 1024) for at, size in zip(s["at_ms"], s["rss_kib"]) if size is not None]
        for name, s in samples.items()
    }
    drawn.append(_time_chart("Memory", "MiB resident", memory, until))
    cpu = {name: _rates(series["at_ms"], series["cpu_ms"], 60 / 1000) for name, series in samples.items()}
    drawn.append(_time_chart("Processor time", "s per minute", cpu, until))
    body = "".join(drawn)
    names = legend([(f"s{number % 8}", name) for number, name in enumerate(samples)][:16]) if body else ""
    return section("Cost of each node", "", names + body)


def _rates(at: Sequence[float], counted: Sequence[Any], scale: float = 1.0) -> List[Tuple[float, float]]:
    """Change a second; a counter that went back belongs to a new process and is left out."""
    found = []
    for before, after, first, second in zip(at, at[1:], counted, counted[1:]):
        if first is not None and second is not None and second >= first and after > before:
            found.append((after / 1000, (second - first) * 1000 / (after - before) * scale))
    return found


def _time_chart(
    title: str, label: str, lines: Dict[str, List[Tuple[float, float]]], until: float
) -> str:
    most = max((value for points in lines.values() for _, value in points), default=0)
    if most <= 0:
        return ""
    chart = Chart(1080, 200, until, most, "s", label)
    for number, (name, points) in enumerate(lines.items()):
        for part in _unbroken(points):
            chart.line(part, color(number), name, 1.3, 0.85)
    return f'<h3>{escape(title)}</h3><div class="scroll">{chart.text}</div>'


def _unbroken(points: List[Tuple[float, float]]) -> List[List[Tuple[float, float]]]:
    """A node that was away leaves a gap, not a line across it."""
    spans = sorted(after[0] - before[0] for before, after in zip(points, points[1:]))
    usual = spans[len(spans) // 2] if spans else 0.0
    parts: List[List[Tuple[float, float]]] = []
    for point in points:
        if not parts or point[0] - parts[-1][-1][0] > 2.5 * usual:
            parts.append([])
        parts[-1].append(point)
    return parts


def _suspicions(report: Dict[str, Any]) -> str:
    found = history.false_suspicions(report)
    rows = [
        [f"{event['at_ms'] / 1000:.2f} s", escape(event["observer"]), escape(event["member"]), escape(event["why"] or "")]
        for event in found[:_MOST_ROWS]
    ]
    body = table(["at", "observer", "member", "why"], rows) or "<p>None.</p>"
    if len(found) > _MOST_ROWS:
        body += f"<p>and {len(found) - _MOST_ROWS} more</p>"
    explanation = "Suspicions of members that had no fault, neither then nor in the ten seconds before."
    return section(f"False suspicions: {len(found)}", explanation, body)
