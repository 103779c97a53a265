"""`scripts/local-cluster chaos`: random faults for some minutes, by a seed."""

import argparse
import random
from pathlib import Path
from typing import List

from . import schedule
from .chaos import Chaos
from ..suite.install import install
from ..run.interrupt import Interrupts
from ..nodes.network import missing_for_namespaces
from ..run.options import Parser, add_common, build_kind, chosen_binary, whole
from ..scenarios import FIRST
from ..run.session import session
from ..suite.terminal import Terminal

DESCRIPTION = """\
Plays random faults from a seed: nodes are killed, stopped or asked to leave; the network is cut, or loses
datagrams in one or both directions. No healthy node may hold another healthy node dead for longer than the
stated bound. No process may end or grow. After the last fault all views must be equal within the bound.

  scripts/local-cluster chaos --minutes 10 --seed 3
  scripts/local-cluster chaos --schedule out/run-3/schedule.json      the same faults, or your changes of them
"""


def parse(arguments: List[str]) -> argparse.Namespace:
    """Throws SystemExit(64) with a message for what makes no sense."""
    parser = Parser(
        prog="scripts/local-cluster chaos", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=1.0, help="how long faults are played; default 1")
    parser.add_argument("--nodes", type=whole(3, 256), default=7, metavar="N", help="default 7")
    parser.add_argument("--schedule", type=Path, metavar="FILE", help="play this schedule instead of a random one")
    add_common(parser)
    options = parser.parse_args(arguments)
    if not 0 < options.minutes <= 24 * 60:
        parser.error("--minutes must be more than 0 and at most 1440")
    return options


def chaos(arguments: List[str], interrupts: Interrupts) -> int:
    """The exit status."""
    options = parse(arguments)
    terminal = Terminal()
    seed = random.SystemRandom().randrange(1, 100_000) if options.seed is None else options.seed
    if options.install:
        install(["ip", "nft"], terminal.line)
    binary = chosen_binary(options, interrupts, terminal)
    facts = {
        "action": "chaos", "seed": seed, "nodes": options.nodes, "profile": options.profile, "lifelines": options.lifelines,
        "build": build_kind(options), "version": None, "minutes": options.minutes,
    }
    lasting = options.minutes * 60
    disturbable = options.network == "auto"
    with session(
        binary, interrupts, terminal, facts, disturbable=disturbable,
        sample_seconds=1.0 if lasting <= 300 else 5.0,
    ) as made:
        names, network = made.stage.names, made.stage.network.can_disturb
        if not network:
            terminal.line(f"  without faults of the network: {missing_for_namespaces() or 'on loopback'}")
        deeds = (
            schedule.make(names, lasting, seed, network) if options.schedule is None
            else schedule.read(options.schedule.read_text())
        )
        path = made.workspace.directory / "schedule.json"
        path.write_text(schedule.write(deeds))
        terminal.stamped(f"{len(deeds)} faults in {options.minutes:g} min · schedule {made.place}/schedule.json")
        run = made.run
        run.play([FIRST])
        if run.passed:
            terminal.doing("chaos")
            play = Chaos(made.stage, deeds, terminal.stamped)
            run.judge(play.play(lasting, lambda: made.sampler.series))
        run.write_report()
        terminal.line(f"{run.summary()} · report {made.place}/report.html")
        if not run.passed:
            terminal.line(f"  Replay: scripts/local-cluster chaos --seed {seed} --minutes {options.minutes:g}"
                          f" --nodes {options.nodes}")
            made.workspace.keep_data()
        return 0 if run.passed else 1
