"""The page around the sections: style, headings, tables. Everything that comes from outside is escaped."""

from html import escape
from typing import Any, Iterable, List, Optional, Sequence

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #5b6570; --line: #d6dbe0; --ground: #ffffff;
  --panel: #f5f7f9; --good: #1a7f4b; --bad: #c62f2f; --warn: #a86400; --alive: #cfe8d9; --suspect: #f0b429;
  --dead: #d64545; --left: #9aa5b1; --fault: #6b4fbb; --s0: #2563b0; --s1: #c2571a; --s2: #2b8a57;
  --s3: #8e44ad; --s4: #b0892b; --s5: #1b8a9a; --s6: #b03060; --s7: #5f6b7a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #9aa6b2; --line: #3a424b;
  --ground: #14181c; --panel: #1c2228; --good: #4cc38a; --bad: #ff7b72; --warn: #e3a53a; --alive: #1f4a35;
  --suspect: #d99a1b; --dead: #e05252; --left: #66717d; --fault: #a58cf0; --s0: #6aa6f0; --s1: #f08d52;
  --s2: #5cc58d; --s3: #c58ae0; --s4: #dcb95c; --s5: #58c4d4; --s6: #e97ba0; --s7: #a7b2bf; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 20px 60px; max-width: 1120px; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 8px; }
h3 { font-size: 15px; margin: 16px 0 4px; }
p { margin: 4px 0 10px; color: var(--soft); max-width: 78ch; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; } td.number, th.number { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; } .PASS, .met { color: var(--good); font-weight: 600; }
.FAIL, .short { color: var(--bad); font-weight: 600; } .SKIP { color: var(--warn); font-weight: 600; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 28px; background: var(--panel); padding: 10px 14px;
  border-radius: 6px; margin: 12px 0; } .facts div { white-space: nowrap; } .facts span { color: var(--soft); }
.row { display: flex; flex-wrap: wrap; gap: 16px 24px; } .legend { font-size: 13px; color: var(--soft); }
.legend i { display: inline-block; width: 14px; height: 10px; margin: 0 5px 0 14px; border-radius: 2px; }
svg { display: block; max-width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 12px; }
svg .name { fill: var(--ink); } svg .axis { stroke: var(--line); fill: none; }
svg .label { fill: var(--fault); font-size: 11px; } svg .band { fill: var(--fault); fill-opacity: 0.12; }
@media (max-width: 720px) {
  body { padding: 16px 12px 40px; } table { font-size: 12px; } th, td { padding-right: 6px; } .facts div { white-space: normal; overflow-wrap: anywhere; }
  .scroll > svg { width: auto; max-width: none; }
  .scroll:has(> svg)::before { content: "wider than this window: scroll →"; color: var(--soft); font-size: 12px; }
}
.complaint { color: var(--bad); }
"""


def page(title: str, sections: Iterable[str]) -> str:
    """The whole file."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(section for section in sections if section)
        + "\n</body></html>\n"
    )


def facts(pairs: Sequence[Sequence[Any]]) -> str:
    """Name and value, side by side; those without a value are left out."""
    shown = [
        f"<div><span>{escape(str(name))}</span> {escape(str(value))}</div>"
        for name, value in pairs if value not in (None, "")
    ]
    return f'<div class="facts">{"".join(shown)}</div>'


def section(title: str, explanation: str, body: str) -> str:
    """Empty if there is nothing to show."""
    if not body:
        return ""
    said = f"<p>{escape(explanation)}</p>" if explanation else ""
    return f"<section><h2>{escape(title)}</h2>{said}{body}</section>"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """`rows` are HTML, cell by cell; the columns in `numbers` stand to the right."""
    if not rows:
        return ""

    def cell(kind: str, column: int, text: str) -> str:
        mark = ' class="number"' if column in numbers else ""
        return f"<{kind}{mark}>{text}</{kind}>"

    lines: List[str] = ["<tr>" + "".join(cell("th", c, escape(text)) for c, text in enumerate(head)) + "</tr>"]
    for row in rows:
        lines.append("<tr>" + "".join(cell("td", c, text) for c, text in enumerate(row)) + "</tr>")
    return f'<div class="scroll"><table>{"".join(lines)}</table></div>'


def word(text: str, kind: Optional[str] = None) -> str:
    """PASS and its like in their colours."""
    return f'<span class="{escape(kind or text)}">{escape(text)}</span>'


def legend(entries: Sequence[Sequence[str]]) -> str:
    """Colour (of the style's names) and meaning."""
    shown = [f'<i style="background:var(--{color})"></i>{escape(text)}' for color, text in entries]
    return f'<div class="legend">{"".join(shown)}</div>'
