"""Charts as SVG text. Colours are names of the page's style, so that a chart follows light and dark."""

import math
from html import escape
from typing import Callable, List, Optional, Sequence, Tuple

Points = Sequence[Tuple[float, float]]


def color(number: int) -> str:
    """Colour of the n-th line."""
    return f"var(--s{number % 8})"


def nice_ticks(most: float, about: int = 5) -> List[float]:
    """Round numbers from 0 up to at least `most`."""
    if most <= 0:
        return [0.0, 1.0]
    raw = most / about
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    count = math.ceil(most / step - 1e-9)
    return [index * step for index in range(count + 1)]


def plain(value: float) -> str:
    """A tick's label: no needless digits, thousands as k."""
    if abs(value) >= 10_000:
        return f"{value / 1000:g}k"
    return f"{round(value, 6):g}"


class Chart:
    """One plot with axes from 0, into which lines and bars are put."""

    def __init__(
        self, width: int, height: int, x_most: float, y_most: float, x_label: str, y_label: str,
        x_least: float = 0.0,
    ):
        self._left, self._right, self._top, self._bottom = 52, 14, 22, 36
        self._width, self._height = width, height
        self._x_ticks = [x_least + tick for tick in nice_ticks(x_most - x_least, max(3, width // 110))]
        self._y_ticks = nice_ticks(y_most, 4)
        self._x_least, self._x_span = x_least, self._x_ticks[-1] - x_least
        self._parts: List[str] = []
        self._axes(x_label, y_label)

    def x(self, value: float) -> float:
        """Where it stands, in pixels."""
        inner = self._width - self._left - self._right
        return round(self._left + inner * (value - self._x_least) / self._x_span, 1)

    def y(self, value: float) -> float:
        """The same upwards."""
        inner = self._height - self._top - self._bottom
        return round(self._height - self._bottom - inner * value / self._y_ticks[-1], 1)

    def line(self, points: Points, stroke: str, title: str = "", width: float = 1.6, opacity: float = 1) -> None:
        """From point to point."""
        if points:
            path = " ".join(f"{self.x(a)},{self.y(b)}" for a, b in points)
            self._parts.append(
                f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="{width}" '
                f'stroke-opacity="{opacity}" stroke-linejoin="round">{_title(title)}</polyline>'
            )

    def steps(self, points: Points, stroke: str, title: str = "", width: float = 1.6, opacity: float = 1) -> None:
        """Level until the next point, then up: a cumulative share."""
        walked: List[Tuple[float, float]] = []
        for at, value in points:
            if walked:
                walked.append((at, walked[-1][1]))
            walked.append((at, value))
        self.line(walked, stroke, title, width, opacity)

    def bar(self, start: float, end: float, value: float, fill: str, title: str = "") -> None:
        """From the ground up."""
        left, right = self.x(start), self.x(end)
        self._parts.append(
            f'<rect x="{left + 0.5}" y="{self.y(value)}" width="{max(1.0, right - left - 1):.1f}" '
            f'height="{max(0.0, self.y(0) - self.y(value)):.1f}" fill="{fill}">{_title(title)}</rect>'
        )

    def upright(self, at: float, stroke: str, text: str) -> None:
        """A line across with a word at its head."""
        place = self.x(at)
        anchor = "end" if place > self._width * 0.7 else "start"
        shift = -4 if anchor == "end" else 4
        self._parts.append(
            f'<line x1="{place}" x2="{place}" y1="{self._top}" y2="{self.y(0)}" stroke="{stroke}" '
            f'stroke-dasharray="3 3"/><text x="{place + shift}" y="{self._top - 8}" '
            f'text-anchor="{anchor}">{escape(text)}</text>'
        )

    @property
    def text(self) -> str:
        """The whole chart."""
        return framed(self._width, self._height, self._parts)

    def _axes(self, x_label: str, y_label: str) -> None:
        for tick in self._y_ticks:
            height = self.y(tick)
            self._parts.append(
                f'<line class="axis" x1="{self._left}" x2="{self._width - self._right}" y1="{height}" y2="{height}"/>'
                f'<text x="{self._left - 6}" y="{height + 4}" text-anchor="end">{plain(tick)}</text>'
            )
        for tick in self._x_ticks:
            self._parts.append(
                f'<text x="{self.x(tick)}" y="{self._height - self._bottom + 16}" text-anchor="middle">{plain(tick)}</text>'
            )
        self._parts.append(f'<text x="4" y="12">{escape(y_label)}</text>')
        self._parts.append(
            f'<text x="{self._width - self._right}" y="{self._height - 4}" text-anchor="end">{escape(x_label)}</text>'
        )


Segment = Tuple[float, float, str, float, str]
Span = Tuple[float, float, str]

# Of a letter of a label, at most: a label that would run into the next one is left to its tooltip.
_LETTER = 6.0


def lanes(
    rows: Sequence[Tuple[str, Sequence[Segment], Sequence[Span]]], bands: Sequence[Span], until: float,
    width: int = 1080,
) -> str:
    """Lanes over one common time.

    A row is a name, its segments (from, to, colour, share of the height, title) and its spans (from, to,
    label), drawn as labelled strips above the lane. A band is a span of all lanes.
    """
    left, height, gap = 52, 20, 20
    top = 34 if bands else 18
    ticks = [tick for tick in nice_ticks(until, 10) if tick <= until]
    span = max(until, 1e-9)
    total = top + len(rows) * (height + gap) + 30

    def x(value: float) -> float:
        return left + (width - left - 14) * min(max(value, 0), span) / span

    parts: List[str] = []
    for tick in ticks:
        parts.append(
            f'<line class="axis" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{top}" y2="{total - 28}"/>'
            f'<text x="{x(tick):.1f}" y="{total - 12}" text-anchor="middle">{plain(tick)}</text>'
        )
    parts.append(f'<text x="4" y="{total - 12}">s</text>')
    for start, end, label in bands:
        parts.append(
            f'<rect class="band" x="{x(start):.1f}" y="{top - 14}" width="{max(0.8, x(end) - x(start)):.1f}" '
            f'height="{total - top - 14}">{_title(label)}</rect>'
        )
    parts += _labels(bands, x, 14)
    for number, (name, segments, spans) in enumerate(rows):
        base = top + number * (height + gap)
        parts.append(f'<text class="name" x="{left - 8}" y="{base + 14}" text-anchor="end">{escape(name)}</text>')
        for start, end, fill, share, title in segments:
            tall = height * share
            parts.append(_box(x(start), x(end), base + height - tall, tall, f"var(--{fill})", title))
        for start, end, label in spans:
            parts.append(_box(x(start), x(end), base - 4, 4, "var(--fault)", f"{name}: {label}, {start:.1f}–{end:.1f} s"))
        parts += _labels(spans, x, base - 6)
    return framed(width, total, parts)


def _labels(spans: Sequence[Span], x: Callable[[float], float], baseline: float) -> List[str]:
    """The labels that have room, each at the start of its span."""
    parts: List[str] = []
    free = 0.0
    for start, _, label in sorted(spans):
        if x(start) >= free:
            parts.append(f'<text class="label" x="{x(start):.1f}" y="{baseline:.1f}">{escape(label)}</text>')
            free = x(start) + _LETTER * (len(label) + 1)
    return parts


def _box(start: float, end: float, top: float, height: float, fill: str, title: str) -> str:
    return (
        f'<rect x="{start:.1f}" y="{top:.1f}" width="{max(0.8, end - start):.1f}" height="{height:.1f}" '
        f'fill="{fill}">{_title(title)}</rect>'
    )


def ranges(
    rows: Sequence[Tuple[str, str, Sequence[float]]], unit: str, bar: Optional[float], width: int = 520
) -> str:
    """For each row (name, colour, values) its least, its median and its greatest on one logarithmic scale,
    and a line where the bar is."""
    seen = [value for _, _, values in rows for value in values if value > 0] + ([bar] if bar else [])
    if not seen:
        return ""
    low, high = math.log10(min(seen)), math.log10(max(seen))
    low, high = math.floor(low * 2 - 0.2) / 2, math.ceil(high * 2 + 0.2) / 2
    left, right, height = 70, 110, 24
    total = len(rows) * height + 34

    def x(value: float) -> float:
        return left + (width - left - right) * (math.log10(max(value, 10**low)) - low) / (high - low)

    parts: List[str] = []
    for power in range(math.ceil(low), math.floor(high) + 1):
        place = x(10**power)
        parts.append(
            f'<line class="axis" x1="{place:.1f}" x2="{place:.1f}" y1="4" y2="{total - 26}"/>'
            f'<text x="{place:.1f}" y="{total - 10}" text-anchor="middle">{plain(10**power)} {escape(unit)}</text>'
        )
    for number, (name, fill, values) in enumerate(rows):
        middle_y = 4 + number * height + height / 2
        parts.append(f'<text class="name" x="{left - 8}" y="{middle_y + 4}" text-anchor="end">{escape(name)}</text>')
        if not values:
            parts.append(f'<text x="{left}" y="{middle_y + 4}">not measured</text>')
            continue
        least, middle, most = values
        parts.append(
            f'<line x1="{x(least):.1f}" x2="{max(x(most), x(least) + 1):.1f}" y1="{middle_y}" y2="{middle_y}" '
            f'stroke="{fill}" stroke-width="6" stroke-opacity="0.45"/>'
            # A logarithmic scale has no place for nothing.
            + (f'<circle cx="{x(middle):.1f}" cy="{middle_y}" r="5" fill="{fill}"/>' if middle > 0 else "") +
            f'<text class="name" x="{width - right + 10}" y="{middle_y + 4}">{_figure(middle)} {escape(unit)}</text>'
        )
    if bar:
        place = x(bar)
        parts.append(
            f'<line x1="{place:.1f}" x2="{place:.1f}" y1="0" y2="{total - 24}" stroke="var(--good)" '
            f'stroke-width="1.5" stroke-dasharray="4 3"><title>bar {plain(bar)} {escape(unit)}</title></line>'
        )
    return framed(width, total, parts)


def _figure(value: float) -> str:
    return "0" if value == 0 else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def meter(share: float, good: bool) -> str:
    """How much of a limit was used."""
    fill = "var(--good)" if good else "var(--bad)"
    length = 110 * min(1.0, max(0.0, share))
    return framed(112, 10, [
        '<rect x="0.5" y="0.5" width="110" height="9" fill="none" class="axis"/>'
        f'<rect x="1" y="1" width="{length:.1f}" height="8" fill="{fill}"/>'
    ])


def framed(width: int, height: float, parts: Sequence[str]) -> str:
    """The element around it."""
    return (
        f'<svg viewBox="0 0 {width} {height:g}" width="{width}" height="{height:g}" role="img">'
        + "".join(parts) + "</svg>"
    )


def cumulative(values: Sequence[float]) -> List[Tuple[float, float]]:
    """How large a share of the values had come by when."""
    ordered = sorted(values)
    return [(0.0, 0.0)] + [(value, (index + 1) / len(ordered)) for index, value in enumerate(ordered)]


def histogram(values: Sequence[float], width: float) -> List[Tuple[float, int]]:
    """The start of each bin of that width that is not empty, and how many fell into it."""
    bins: dict = {}
    for value in values:
        start = math.floor(value / width) * width
        bins[start] = bins.get(start, 0) + 1
    return sorted(bins.items())


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""
