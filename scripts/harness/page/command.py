"""`scripts/local-cluster report`: report.html from the JSON that runs and comparisons leave."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Dict, List

from ..compare.compare import SCHEMA as COMPARE
from ..run.options import Parser
from .diff import diff_sections
from .frame import page
from .run import run_sections
from .systems import comparison_sections
from .report import SCHEMA as RUN

# The schema of `iridium simulate run --report`.
SIMULATED = "iridium.simulated-run/1"

DESCRIPTION = """\
Writes pages from the JSON that runs and comparisons leave.

  scripts/local-cluster report FILE…           a page beside each report.json, compare.json or file of
                                               `iridium simulate run --report`
  scripts/local-cluster report diff A B -o P   a page of two files of the same kind
"""


def html(made: Dict[str, Any]) -> str:
    """The page of a run, real or simulated, or of a comparison. Throws ValueError for anything else."""
    if made.get("schema") == RUN:
        return page(f"local-cluster, seed {made.get('seed')}", run_sections(made))
    if made.get("schema") == COMPARE:
        return page(f"comparison, seed {made.get('seed')}", comparison_sections(made))
    if made.get("schema") == SIMULATED:
        return page("a simulated run", run_sections(made))
    raise ValueError(f"no report of ours: schema {made.get('schema')!r}")


def write_beside(path: Path, made: Dict[str, Any]) -> Path:
    """The page of `path`, next to it."""
    target = path.with_suffix(".html")
    target.write_text(html(made), encoding="utf-8")
    return target


def report(arguments: List[str]) -> int:
    """The exit status."""
    parser = Parser(
        prog="scripts/local-cluster report", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE", help="or: diff A B")
    parser.add_argument("-o", "--output", type=Path, help="where the page goes")
    options = parser.parse_args(arguments)
    try:
        if options.files[0] == "diff":
            if len(options.files) != 3:
                parser.error("diff takes two files")
            first, second = (_read(name) for name in options.files[1:])
            target = options.output or _file(options.files[2]).with_name("diff.html")
            target.write_text(page("before and after", diff_sections(first, second)), encoding="utf-8")
            print(target)
            return 0
        if options.output is not None and len(options.files) > 1:
            parser.error("one output, several files")
        for name in options.files:
            made = _read(name)
            if options.output is not None:
                options.output.write_text(html(made), encoding="utf-8")
            print(options.output or write_beside(_file(name), made))
        return 0
    except (OSError, ValueError, KeyError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        place = f" {error.filename}" if isinstance(error, OSError) and error.filename else ""
        sys.stderr.write(f"local-cluster: cannot make a report:{place} {reason}\n")
        return 65


def _file(name: str) -> Path:
    """A directory stands for the report in it."""
    path = Path(name)
    if not path.is_dir():
        return path
    return next((path / file for file in ("report.json", "compare.json") if (path / file).is_file()), path)


def _read(name: str) -> Dict[str, Any]:
    made = json.loads(_file(name).read_text())
    if not isinstance(made, dict):
        raise ValueError(f"{name} holds no report")
    return made
