"""`scripts/local-cluster compare` and `bench`: figures, of several systems side by side or of Iridium alone."""

import argparse
import json
import os
import random
import shutil
from pathlib import Path
from typing import List

from ..suite.build import OUT
from .cells import CELLS, LONG_CELLS, Effort
from .compare import BUSY_SHARE, Comparison, busy_share, table_lines
from ..suite.install import install
from ..run.interrupt import Interrupts
from ..nodes.network import missing_for_namespaces
from ..run.options import Parser, add_common, chosen_binary, seconds, whole
from .peers import Peer, Unavailable
from .peers.iridium import Iridium
from .peers.kinship import Kinship
from .peers.memberlist import LIBRARY, Memberlist
from .peers.serf import Serf
from .state_cells import STATE_CELLS
from ..page.command import write_beside
from ..suite.terminal import Terminal

SYSTEMS = ("iridium", "serf", "kinship", "memberlist")
# serf is memberlist too; the library alone is for what an application builds on it.
USUAL_SYSTEMS = SYSTEMS[:3]
# Those that take minutes each are asked for.
USUAL_CELLS = [name for name in CELLS if name not in LONG_CELLS]
# All that the bars ask for, once, within 50 minutes.
EVERYTHING = {
    "sizes": [8, 32, 64], "long_sizes": [32], "alone": [256], "rounds": 1, "cells": list(CELLS), "repeats": 2,
    "updates": 10, "idle": 60.0, "grid": 120.0,
}
# The values that members publish, put through faults.
STATES = {"sizes": [8], "long_sizes": [8], "cells": list(STATE_CELLS)}

DESCRIPTION = """\
Runs real clusters in network namespaces and does the same to each, in turns (A B C, C B A, …). Latencies come
from the output of the processes, traffic from counters in their namespaces, the rest from /proc.

  scripts/local-cluster compare --sizes 8,32 --rounds 2
  scripts/local-cluster compare --all             all cells at 8, 32 and 64 nodes, in 50 minutes
  scripts/local-cluster compare --states          the values that members publish, beside the same on memberlist
  scripts/local-cluster compare --systems iridium --before PATH --cells idle,calls
                                                  beside another build of the program, for example an older one
  scripts/local-cluster bench                     Iridium alone, with the limits that it has been set
"""


def parse(action: str, arguments: List[str]) -> argparse.Namespace:
    """Throws SystemExit(64) with a message for what makes no sense."""
    parser = Parser(
        prog=f"scripts/local-cluster {action}", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = USUAL_SYSTEMS if action == "compare" else SYSTEMS[:1]
    parser.add_argument(
        "--systems", type=_names(SYSTEMS), default=list(default), metavar="A,B",
        help=f"of {', '.join(SYSTEMS)}; default: {', '.join(default)}",
    )
    parser.add_argument(
        "--before", type=Path, metavar="PATH", help="another iridium program, as the system \"before\""
    )
    parser.add_argument("--sizes", type=_sizes, default=[8, 32], metavar="N,N", help="default 8,32")
    parser.add_argument(
        "--long-sizes", type=_sizes, metavar="N,N",
        help="sizes at which stops, loss and states are played; default: all",
    )
    parser.add_argument(
        "--alone", type=_sizes, default=[], metavar="N,N",
        help="sizes at which Iridium is measured at rest and by a kill, without the others; --all: 256",
    )
    parser.add_argument("--rounds", type=whole(1, 100), default=2, help="default 2")
    parser.add_argument(
        "--cells", type=_names(tuple(CELLS)), default=USUAL_CELLS, metavar="A,B",
        help=f"of {', '.join(CELLS)}; default: all but {', '.join(LONG_CELLS)}",
    )
    parser.add_argument("--repeats", type=whole(1, 100), default=3, help="deaths, leaves and faults of states per round")
    parser.add_argument("--updates", type=whole(1, 1000), default=15, help="updates and messages per round")
    parser.add_argument("--idle", type=seconds, default=60.0, metavar="S", help="how long to measure at rest; default 60 s")
    parser.add_argument(
        "--rest", type=seconds, default=30.0, metavar="S",
        help="from the last join until the window of idle begins; default 30 s",
    )
    parser.add_argument("--grid", type=seconds, default=120.0, metavar="S", help="how long stops and loss are played; default 120 s")
    parser.add_argument(
        "--all", action="store_true",
        help="all cells once at 8, 32 and 64 nodes, stops, loss and states at 32, Iridium alone at 256; "
        "other options still apply",
    )
    parser.add_argument(
        "--states", action="store_true",
        help="8 members of Iridium and of memberlist publish values through a kill, a partition, loss and a "
        "rolling restart; other options still apply",
    )
    parser.add_argument("--smoke", action="store_true", help="3 nodes, one round, a few seconds per cell")
    parser.add_argument(
        "--even-if-busy", action="store_true", help="measure even if other processes use this machine"
    )
    add_common(parser)
    if "--all" in arguments:
        parser.set_defaults(**EVERYTHING)
    elif "--states" in arguments:
        parser.set_defaults(**STATES, systems=["iridium", "memberlist"] if action == "compare" else ["iridium"])
    options = parser.parse_args(arguments)
    options.long_sizes = options.long_sizes or options.sizes
    if options.smoke:
        options.sizes, options.rounds, options.repeats, options.updates = [3], 1, 1, 2
        options.idle, options.grid, options.even_if_busy = 5.0, 10.0, True
        options.rest = 3.0
        options.cells = ["join", "idle", "update", "message", "kill", "leave"]
    return options


def _names(known: tuple) -> object:
    def parse_names(text: str) -> List[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"there is no '{name}' (there are {', '.join(known)})")
        return names

    return parse_names


def _sizes(text: str) -> List[int]:
    return [whole(3, 256)(part) for part in text.split(",")]


_sizes.__name__ = "list of sizes"


def compare(action: str, arguments: List[str], interrupts: Interrupts) -> int:
    """The exit status: 0 also where a bar is short or a peer fails; it is a measurement, not a test."""
    options = parse(action, arguments)
    terminal = Terminal()
    if options.install:
        tools = ["ip", "nft"] + [name for name in options.systems if name == "serf"]
        tools += ["go", LIBRARY] if "memberlist" in options.systems else []
        install(tools, terminal.line)
    missing = missing_for_namespaces()
    if missing is not None:
        terminal.line(f"SKIP {action}: {missing}")
        return 0 if options.smoke else 69
    share = busy_share(2.0)
    if share is not None and share > BUSY_SHARE and not options.even_if_busy:
        terminal.line(
            f"local-cluster: {share:.0%} of this machine is in use by others; figures would be theirs\n"
            "  try: again when it is quiet, or --even-if-busy"
        )
        return 69
    seed = random.SystemRandom().randrange(1, 100_000) if options.seed is None else options.seed
    binary = chosen_binary(options, interrupts, terminal)
    peers = _peers(options, binary, terminal)
    if action == "compare" and len(peers) < 2:
        terminal.line("SKIP compare: there is nothing to compare with")
        return 0 if options.smoke else 69
    directory = OUT / f"{action}-{seed}"
    shutil.rmtree(directory, ignore_errors=True)
    effort = Effort(options.repeats, options.updates, options.idle, options.rest, options.grid)
    comparison = Comparison(
        peers, directory, seed, effort, options.cells, options.long_sizes, terminal, interrupts
    )
    terminal.restart_clock()
    try:
        comparison.play(options.sizes, options.rounds)
        comparison.play_alone(options.alone)
    finally:
        result = comparison.result()
        directory.mkdir(parents=True, exist_ok=True)
        text = json.dumps(result, indent=1, ensure_ascii=False)
        (directory / "compare.json").write_text(text + "\n")
        write_beside(directory / "compare.json", result)
    for table in result["tables"]:
        for line in table_lines(table):
            terminal.line(line)
    # A cell that another system cannot do here is not a failure; it is named above and in the result.
    failures = [trial for trial in comparison.trials if trial.failures and trial.system == "iridium"]
    shares = [trial.busy for trial in comparison.trials if trial.busy is not None]
    if shares:
        terminal.line(f"machine in use before each trial: {min(shares):.0%} to {max(shares):.0%}")
    short = sum(not bar["met"] for table in result["tables"] for bar in table["bars"] if bar["reached"] is not None)
    said = "FAIL" if failures else "DONE"
    bars = f", {short} of the bars not met" if short else ""
    terminal.line(f"{said} {action}{bars} · out/{directory.name}/compare.html")
    return 1 if failures else 0


def _peers(options: argparse.Namespace, binary: Path, terminal: Terminal) -> List[Peer]:
    peers: List[Peer] = []
    for name in options.systems:
        try:
            if name == "iridium":
                peers.append(Iridium(binary, options.profile, options.lifelines))
            elif name == "serf":
                peers.append(Serf())
            elif name == "kinship":
                peers.append(Kinship(OUT / "kinship"))
            else:
                peers.append(Memberlist(OUT / "memberlist"))
        except Unavailable as reason:
            terminal.line(f"without {name}: {reason}")
    if options.before is not None:
        before = Path(os.path.abspath(options.before))
        peers.append(Iridium(before, options.profile, options.lifelines, "before"))
    return peers
